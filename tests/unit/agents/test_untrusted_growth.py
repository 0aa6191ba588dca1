"""What strangers write is read in time that grows with its length and no faster.

Ten times the text may take at most twenty times the CPU: quadratic work takes a hundred times.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from pathlib import Path

import docx
import pytest
from docx.oxml.ns import qn

from tizmor.agents.analysis.cues import has_quantity
from tizmor.agents.contacts.vcards import cards_in
from tizmor.agents.files.formats import delimited, web_page, word
from tizmor.agents.files.formats.extracted import Unreadable
from tizmor.agents.files.reading import read_text
from tizmor.agents.text.evidence import search
from tizmor.cli.terminal.bidi import visual_text
from tizmor.text.instructions import addresses_machine, without_instructions
from tizmor.text.labels import without_label
from tizmor.text.names import closeness
from tizmor.text.passages import Kind, Passage, passages

_FEW = 3_000
_TIMES = 10
_AT_MOST = 20


def cpu(call: Callable[[int], object], size: int) -> float:
    """The least CPU time of three calls, in seconds; what is hard to measure counts as 2 ms."""
    taken = []
    for _ in range(3):
        begun = time.thread_time()
        call(size)
        taken.append(time.thread_time() - begun)
    return max(min(taken), 0.002)


def sentence(text: str) -> Passage:
    return Passage(text=text, kind=Kind.SENTENCE)


def web(text: str) -> str:
    return web_page.extract(text.encode()).text


PAGES: dict[str, Callable[[int], str]] = {
    "comments without an end": lambda n: "x" + "<!--" * n,
    "tags without an end": lambda n: "x" + "<a " * n,
    "quotes without an end": lambda n: "x" + "<a b='" * n,
    "end tags of nothing": lambda n: "<b>" * 900 + "</i>" * n,
    "tables side by side": lambda n: "<table><tr><td>x</table>" * n,
    "tables within tables, again and again": lambda n: (
        ("<table><tr><td>x" * 300 + "</table>" * 300) * (n // 300)
    ),
    "hidden parts between others": lambda n: "a<script></script>" * n,
    "a row of empty cells": lambda n: "<table><tr>" + "<td>" * n,
}
TEXTS: dict[str, Callable[[int], object]] = {
    "a heading with a long gap": lambda n: passages("# a" + " " * n + "b"),
    "a heading with many number signs": lambda n: passages("# a" + " #" * n + "b"),
    "abbreviations without end": lambda n: passages("etc. a " * n),
    "a paragraph of many lines": lambda n: passages("a\n" * n),
    "a wide header over short rows": lambda n: passages(
        "|a" * n + "|\n|" + "---|" * n + "\n" + "|x|\n" * n
    ),
    "a long heading over many passages": lambda n: without_instructions(
        passages("# " + "a " * n + "\n" + "Some words.\n\n" * (n // 10))
    ),
    "labels without end": lambda n: without_label("Decided: " * n + "x"),
    "one long word": lambda n: has_quantity(sentence("a" * n)),
    "one long number": lambda n: has_quantity(sentence("1" * n)),
    "one long Hebrew word": lambda n: search("מי אמר", [sentence("א" * n)], titles={}, dates={}),
    "a long word after an order": lambda n: addresses_machine("invite " * n + "a" * n),
    "commas": lambda n: delimited.extract(("," * n + "\na,b").encode()),
    "a card's line in quoted-printable": lambda n: cards_in(
        "BEGIN:VCARD\nFN;ENCODING=QUOTED-PRINTABLE:" + "=\n" * n + "\nEND:VCARD", "a.vcf"
    ),
    "brackets that stay open": lambda n: visual_text("א" + "(" * (n // 3), right_to_left=True),
}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES.keys())
def test_a_page_takes_time_by_its_length(page: Callable[[int], str]) -> None:
    once = cpu(lambda n: web(page(n)), _FEW)
    assert cpu(lambda n: web(page(n)), _TIMES * _FEW) < _AT_MOST * once


@pytest.mark.parametrize("read", TEXTS.values(), ids=TEXTS.keys())
def test_a_text_takes_time_by_its_length(read: Callable[[int], object]) -> None:
    assert cpu(read, _TIMES * _FEW) < _AT_MOST * cpu(read, _FEW)


@pytest.mark.parametrize("line", ["# a{gap}b\n", "---\ntitle: a{gap}b\n---\ntext\n"])
def test_a_title_takes_time_by_its_length(tmp_path: Path, line: str) -> None:
    path = tmp_path / "a.md"

    def read(gap: int) -> object:
        path.write_text(line.format(gap=" " * gap))
        path.touch()
        return read_text(path)

    assert cpu(read, _TIMES * _FEW) < _AT_MOST * cpu(read, _FEW)


def test_hundreds_of_tables_in_one_another_are_read_once_each() -> None:
    text = web("<table><tr><td>cell" * 300 + "</table>" * 300)
    assert text.count("cell") == 300


def test_a_page_that_is_nested_without_end_is_refused_by_name() -> None:
    with pytest.raises(Unreadable, match="nested too deeply"):
        web("<div>" * 100_000)


def test_a_merged_cell_is_repeated_within_bounds() -> None:
    """The file says how many columns a cell covers: it may say a thousand million."""
    document = docx.Document()
    table = document.add_table(rows=1, cols=1)
    cell = table._cells[0]
    cell.text = "once"
    cell._tc.get_or_add_tcPr().get_or_add_gridSpan().set(qn("w:val"), "1000000000")
    file = io.BytesIO()
    document.save(file)
    assert word.extract(file.getvalue()).text.count("once") < 100


@pytest.mark.parametrize("parameter", [";a", ";a=", ';a="', ";a=b,"])
def test_a_card_s_line_without_a_value_is_refused_at_once(parameter: str) -> None:
    """vobject's own pattern doubles its time with each parameter."""
    text = f"BEGIN:VCARD\nFN{parameter * 2_000}\nEND:VCARD\n"
    begun = time.thread_time()
    cards, problems = cards_in(text, "a.vcf")
    assert (cards, len(problems)) == ([], 1)
    assert time.thread_time() - begun < 1


def test_words_longer_than_any_name_are_not_compared_letter_by_letter() -> None:
    begun = time.thread_time()
    assert closeness("hcxzhcwz" * 20, "chczgjwh" * 20) == 0
    assert time.thread_time() - begun < 0.5
