"""A passage is taken for what its readers take it for."""

from __future__ import annotations

import pytest

from tizmor.agents.analysis.cues import (
    has_quantity,
    is_decision,
    is_open,
    progress_strength,
    strategy_strength,
)
from tizmor.text.passages import Kind, Passage, passages


def sentence(text: str, heading: str = "", kind: Kind = Kind.SENTENCE) -> Passage:
    return Passage(text=text, kind=kind, heading=heading)


@pytest.mark.parametrize(
    "text",
    [
        "We decided to raise the price.",
        "The board approved the budget.",
        "Agreed: two sites in May.",
        "הוחלט להעלות את המחיר.",
        "בישיבה סוכם שדנה מובילה.",
        "התקציב אושר על ידי הדירקטוריון.",
        "ההנהלה אישרה את ההצעה, והוחלט להתחיל.",
    ],
)
def test_decisions(text: str) -> None:
    assert is_decision(sentence(text))
    assert not is_open(sentence(text))


@pytest.mark.parametrize(
    "text",
    [
        "It was not yet decided who presents.",
        "The budget is to be approved in May.",
        "We must decide by Sunday.",
        "טרם הוחלט מי מציג.",
        "התקציב עדיין לא אושר.",
        "What was decided?",
        "פתוח: האם הוחלט על תאריך",
        "Risk: the supplier may be late",
        "צריך לבדוק את המחיר.",
        "ממתינים לתשובת הספק.",
    ],
)
def test_open_points_are_not_decisions(text: str) -> None:
    assert is_open(sentence(text))
    assert not is_decision(sentence(text))


def test_boxes_headings_and_tables_say_what_a_line_is() -> None:
    cut = passages(
        "## Tasks\n- [ ] call the bank\n- [x] sign the lease\n\n"
        "## Decisions\n- two sites in May\n\n## נקודות פתוחות\n- תמחור לאתר שני\n"
    )
    assert [is_open(p) for p in cut] == [True, False, False, True]
    assert [is_decision(p) for p in cut] == [False, False, True, False]
    assert progress_strength(cut[1]) == 2


@pytest.mark.parametrize(
    ("text", "heading", "strength"),
    [
        ("Strategy: move to a monthly service.", "", 3),
        ("The strategy is to sell decisions.", "", 3),
        ("האסטרטגיה: לעבור לשירות חודשי.", "", 3),
        ("המטרה שלנו היא עשרה לקוחות.", "", 3),
        ("Sell decisions, not data.", "Our strategy", 2),
        ("זה תואם את סדרי העדיפויות ואת היעדים.", "", 1),
        ("The sensors were replaced.", "", 0),
        ("What is the strategy?", "", 0),
    ],
)
def test_strategy_is_stated_headed_or_spoken_of(text: str, heading: str, strength: int) -> None:
    assert strategy_strength(sentence(text, heading)) == strength


@pytest.mark.parametrize(
    "text",
    [
        "Savings reached ₪273,000.",
        "Storage loss: 1.6%.",
        "Waiting fell to 38 minutes.",
        'חיסכון מצטבר: 340,000 ש"ח.',
        "ירד מ־11.8% ל־6.4%.",
        "שלחנו 14 הצעות.",
    ],
)
def test_amounts_shares_and_counts_are_numbers(text: str) -> None:
    assert has_quantity(sentence(text))


@pytest.mark.parametrize(
    "text",
    [
        "The meeting is on 3.12.2025 at 10:00.",
        "In 2026 we grow.",
        "Week 6 of 8 went well.",
        "נפגשים ב-3 בדצמבר 2025.",
        "See version 2 on slide 4.",
        "No numbers here.",
    ],
)
def test_dates_times_and_ordinals_are_not(text: str) -> None:
    assert not has_quantity(sentence(text))


def test_of_a_table_only_the_totals_are_numbers() -> None:
    assert has_quantity(sentence("Total: year 1,860,000", kind=Kind.ROW))
    assert has_quantity(sentence('סך הכול: שנה (ש"ח) 1860000', kind=Kind.ROW))
    assert not has_quantity(sentence("Staff: year 840,000", kind=Kind.ROW))
