"""vCard files that are damaged or no files at all."""

from __future__ import annotations

import os
import time
from pathlib import Path

from tizmor.agents.contacts.vcards import cards_in, read_cards
from tizmor.ports.workspace import Workspace

CARD = "BEGIN:VCARD\nVERSION:4.0\nFN:Yoav Cohen\nEMAIL:yoav@lotus.example\nEND:VCARD\n"


def test_a_pipe_is_named_and_not_waited_for(workspace: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "contacts"
    folder.mkdir()
    os.mkfifo(folder / "pipe.vcf")
    (folder / "yoav.vcf").write_text(CARD)
    read = read_cards(workspace)
    assert [c.names for c in read.cards] == [("Yoav Cohen",)]
    assert read.problems == (("contacts/pipe.vcf", "not a regular file"),)


def test_many_cards_without_an_end_are_read_in_linear_time() -> None:
    began = time.process_time()
    cards, problems = cards_in("BEGIN:VCARD\n" * 100_000, "x.vcf")
    assert time.process_time() - began < 2
    assert (cards, problems) == ([], ["no vCard in it"])


def test_a_card_that_is_cut_off_lends_nothing_to_the_next() -> None:
    text = f"BEGIN:VCARD\nFN:Dana Levi\n{CARD}"
    cards, problems = cards_in(text, "x.vcf")
    assert [c.names for c in cards] == [("Yoav Cohen",)]
    assert problems == ["a card in it is cut off"]


def test_every_kind_of_line_end_is_read() -> None:
    for end in ("\r\n", "\r", "\n"):
        cards, problems = cards_in(CARD.replace("\n", end), "x.vcf")
        assert ([c.email for c in cards], problems) == (["yoav@lotus.example"], [])
