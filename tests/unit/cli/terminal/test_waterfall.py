"""A trace as lines and bars, in both languages, at any width."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from tests.replay.recording import EXECUTION, read, recorded

from tizmor.cli.terminal.page import Page
from tizmor.cli.terminal.waterfall import waterfall
from tizmor.observability.projection import projected

ALL = dict(recorded())


def drawn(name: str, language: str = "en", width: int = 80) -> list[tuple[str, ...]]:
    return waterfall(projected(EXECUTION, read(ALL[name])), language, width=width)


def test_a_whole_stands_above_its_parts_and_each_bar_where_it_was_in_time() -> None:
    assert drawn("paused_and_resumed", width=60) == [
        ("100 ms", "request 0000000000007", "█" * 28),
        ("0 ms", "┊ planning", "▏"),
        ("50 ms", "┊ a · Note", "█" * 14),
        ("50 ms", "┊ ┊ call 1", "█" * 14),
        ("50 ms", "┊ paused", "█" * 14),
        ("50 ms", "┊ b · Read", "·" * 14 + "█" * 14),
        ("50 ms", "┊ ┊ call 1", "·" * 14 + "█" * 14),
    ]


def test_what_goes_on_and_what_went_wrong_says_so() -> None:
    rows = drawn("adopted_after_a_crash")
    assert rows[0][0] == "90 ms …"
    assert rows[0][2].endswith("█…")
    assert "┊ ┊ call 1 (interrupted)" in [label for _, label, _ in rows]


def test_a_step_that_did_not_end_well_says_how_it_ended() -> None:
    labels = {label for name in ("gate_rejected", "dry_run") for _, label, _ in drawn(name)}
    assert {"┊ meet · Meet (rejected)", "┊ meet · Meet (would be done)"} <= labels
    assert "┊ meet · Meet (נדחה)" in {label for _, label, _ in drawn("gate_rejected", "he")}


def test_in_hebrew_it_says_the_same() -> None:
    labels = [label for _, label, _ in drawn("rolled_back_by_human", "he")]
    assert labels[:4] == ["בקשה 0000000000007", "┊ תכנון", "┊ book · Book", "┊ ┊ קריאה 1"]
    assert "┊ ┊ מחכה לאישור" in labels
    assert "┊ ┊ ביטול: second, 1 (נכשל)" in labels
    english = drawn("rolled_back_by_human")
    assert [row[0] for row in english] == [row[0] for row in drawn("rolled_back_by_human", "he")]


@pytest.mark.parametrize("width", [20, 60, 80, 120, 400])
@pytest.mark.parametrize("name", ["retried", "rolled_back_by_human", "adopted_after_a_crash"])
def test_no_bar_is_wider_than_there_is_room(name: str, width: int) -> None:
    rows = drawn(name, width=width)
    taken = sum(max(cell_len(row[column]) for row in rows) + 2 for column in (0, 1))
    room = max(17, width - taken)
    assert max(cell_len(row[2]) for row in rows) <= min(room, 61)


@pytest.mark.parametrize("name", ALL)
def test_every_journal_can_be_drawn_in_both_languages(name: str) -> None:
    rows = [drawn(name, language) for language in ("en", "he")]
    assert len(rows[0]) == len(rows[1]) == len(projected(EXECUTION, read(ALL[name])))


def test_long_times_are_told_in_large_units() -> None:
    spans = projected(EXECUTION, [(at * 3_700, event) for at, event in read(ALL["retried"])])
    assert waterfall(spans, "en", width=80)[0][0] == "31 h 30 min"


def test_before_anything_was_said_there_is_nothing_to_draw() -> None:
    assert waterfall([], "en", width=80) == []


def test_on_paper_the_parts_stay_below_their_whole(capsys: pytest.CaptureFixture[str]) -> None:
    Page.on_stdout().table(drawn("paused_and_resumed"))
    assert "  ┊ ┊ call 1 " in capsys.readouterr().out
