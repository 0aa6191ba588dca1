"""Hebrew in visual order. Expected strings are what a terminal draws from left to right."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text

from tizmor.cli.controls import clean
from tizmor.cli.terminal.bidi import is_right_to_left, reorders, visual, visual_text


def drawn(text: str, *, right_to_left: bool = True) -> str:
    return visual_text(text, right_to_left=right_to_left)


def backwards(text: str) -> str:
    return text[::-1]


def test_hebrew_is_drawn_from_its_last_letter() -> None:
    assert drawn("שלום עולם") == backwards("שלום עולם")


def test_numbers_and_latin_words_keep_their_own_order() -> None:
    shown = drawn("פגישה עם Yoav ב-15:00")
    assert shown == "15:00-ב Yoav " + backwards("פגישה עם")


@pytest.mark.parametrize("bracketed", ["(אושר)", "[חדש]", "{א}"])
def test_brackets_around_hebrew_are_mirrored(bracketed: str) -> None:
    """Rule L4: the opening bracket still opens towards its text."""
    shown = drawn(bracketed)
    assert (shown[0], shown[-1]) == (bracketed[0], bracketed[-1])
    assert shown[1:-1] == backwards(bracketed[1:-1])


def test_a_bracketed_latin_word_at_the_end_keeps_both_its_brackets() -> None:
    """Rule N0: a pair of brackets has one direction."""
    assert drawn("פגישה עם Yoav (CEO)") == "Yoav (CEO) " + backwards("פגישה עם")


def test_points_stay_on_their_letters() -> None:
    """Rule L3: a terminal puts a combining mark on the cell before it."""
    assert drawn("שָׁלוֹם") == "םוֹלש" + "\u05b8\u05c1"


def test_hebrew_within_english_is_turned_in_place() -> None:
    shown = drawn("found יואב כהן in contacts", right_to_left=False)
    assert shown == f"found {backwards('יואב כהן')} in contacts"


def test_styles_follow_their_letters() -> None:
    text = Text.assemble(("פעולה", "bold"), ": קביעת פגישה")
    (shown,) = visual([text], right_to_left=True)
    bold = {shown.plain[i] for span in shown.spans for i in range(span.start, span.end)}
    assert bold == set("פעולה")
    assert shown.plain.endswith(backwards("פעולה"))


def test_a_line_without_hebrew_is_left_alone() -> None:
    lines = [Text("plain (text)")]
    assert visual(lines, right_to_left=False) is lines


def test_directions_are_those_of_the_whole_paragraph_wherever_it_is_wrapped() -> None:
    """The bracket that closes on the second line is drawn as on one line."""
    lines = [Text("עם Yoav (the"), Text("boss) מחר")]
    assert visual(lines, right_to_left=True)[1].plain == backwards("מחר") + " boss)"


@given(st.text("abcאבג ()[]19.,:-ָ", max_size=30), st.booleans())
def test_nothing_is_lost_and_nothing_is_added(text: str, right_to_left: bool) -> None:
    """Up to mirroring, the same characters are drawn."""
    alike = str.maketrans(")]", "([")
    shown = drawn(text, right_to_left=right_to_left)
    assert sorted(shown.translate(alike)) == sorted(text.translate(alike))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("שלום", True), ("1. נקודה", True), ("Yoav יואב", False), ("15:00", False), ("", False)],
)
def test_the_first_strong_character_says_how_a_paragraph_reads(text: str, expected: bool) -> None:
    assert is_right_to_left(text) is expected


@pytest.mark.parametrize(
    ("setting", "environment", "expected"),
    [
        ("auto", {}, True),
        ("auto", {"TERM_PROGRAM": "WezTerm"}, True),
        ("auto", {"VTE_VERSION": "5602"}, True),
        ("auto", {"VTE_VERSION": "5800"}, False),
        ("auto", {"VTE_VERSION": "7006"}, False),
        ("auto", {"KONSOLE_VERSION": "230805"}, False),
        ("auto", {"TERM_PROGRAM": "Apple_Terminal"}, False),
        ("auto", {"VTE_VERSION": "?"}, True),
        ("on", {"VTE_VERSION": "7006"}, True),
        ("off", {}, False),
    ],
)
def test_terminals_that_order_text_themselves_get_it_as_it_is(
    setting: str, environment: dict[str, str], expected: bool
) -> None:
    assert reorders(setting, environment) is expected


@pytest.mark.parametrize(
    "hostile",
    ["\x1b[2J", "\x9b2J", "\r", "\b", "\x00", "\u202e", "\u2066", "\u200f", "\x1b]0;title\x07"],
)
def test_what_could_steer_a_terminal_is_taken_out(hostile: str) -> None:
    cleaned = clean(f"a{hostile}b\n\tc")
    assert not set(cleaned) & set("\x1b\x9b\r\b\x00\x07\u202e\u2066\u200f")
    assert cleaned.startswith("a")
    assert cleaned.endswith("b\n\tc")
