"""A document's own date goes by what the document says of itself."""

from __future__ import annotations

import datetime as dt

import pytest

from tizmor.agents.files.dating import date_in, document_date

THIRD = dt.date(2025, 12, 3)


@pytest.mark.parametrize(
    "line",
    [
        "Date: 3 December 2025",
        "date: 2025-12-03",
        "**Date:** December 3, 2025",
        "Meeting date: Wed, 3rd Dec 2025 10:00",
        "תאריך: 3.12.2025",
        "תאריך הפגישה: יום רביעי, 3 בדצמבר 2025",
        "תאריך: 3/12/25",
        "| Date | 3.12.2025 |",
        "Date: 03-12-2025",
        "3 בדצמבר 2025",
        "Tel Aviv, 3 December 2025",
        "יום רביעי 3.12.2025",
    ],
)
def test_dates_are_read_in_the_ways_people_write_them(line: str) -> None:
    assert document_date(f"# Notes\n\n{line}\n\nWe met on 7 May 2024 too.") == THIRD


def test_an_ambiguous_date_is_day_first_and_an_impossible_one_month_first() -> None:
    assert date_in("04/03/2025") == dt.date(2025, 3, 4)
    assert date_in("12/25/2025") == dt.date(2025, 12, 25)


def test_a_date_in_running_text_is_about_something_else() -> None:
    assert document_date("The launch was moved to 7 May 2024 because of the supplier.") is None


def test_the_label_goes_before_the_title_and_the_title_before_the_name() -> None:
    assert document_date("Date: 3.12.2025", title="Notes 2025-11-01") == THIRD
    assert document_date("x", title="Notes 3.12.2025", name="2025-11-01.md") == THIRD
    assert document_date("x", title="Notes", name="notes-2025-12-03-final.md") == THIRD
    assert document_date("x", name="20251203_protocol.pdf") == THIRD


def test_a_month_without_a_day_is_its_first_and_weaker_than_a_full_date() -> None:
    assert document_date("x", title="Summary of December 2025") == dt.date(2025, 12, 1)
    assert document_date("x", title="סיכום חודש דצמבר 2025") == dt.date(2025, 12, 1)
    assert document_date("3.12.2025\n\nx", title="Summary of December 2025") == THIRD
    assert document_date("x", name="reports/2025-12.md") == dt.date(2025, 12, 1)


@pytest.mark.parametrize("text", ["Date: 32.13.2025", "Version 1.2.3", "Date: soon", "12/2025/99"])
def test_what_is_no_date_gives_none(text: str) -> None:
    assert document_date(text) is None
