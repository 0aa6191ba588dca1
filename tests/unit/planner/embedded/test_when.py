"""Dates and times in words, on Saturday 2026-11-21, 9:00, with working hours 8:30 to 18:00."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tizmor.planner.embedded import when
from tizmor.planner.embedded.tokens import clean, tokenize
from tizmor.planner.embedded.when import Mention, Wish
from tizmor.ports.workspace import Day, Workspace


def _mentions(text: str) -> list[Mention]:
    cleaned = clean(text)
    return when.mentions(tokenize(cleaned), cleaned)


def _period(text: str, now: dt.datetime, workspace: Workspace, *, past: bool) -> tuple[str, str]:
    found = when.period(_mentions(text), when.reference(now, workspace, past=past))
    assert found is not None
    return found.start.isoformat(), found.end.isoformat()


def _wish(text: str, now: dt.datetime, workspace: Workspace) -> Wish:
    return when.wish(_mentions(text), now, workspace)


def _start(text: str, now: dt.datetime, workspace: Workspace) -> str:
    wish = _wish(text, now, workspace).when
    assert wish is not None
    assert wish.start is not None
    return wish.start.strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("said", "first", "last"),
    [
        ("yesterday", "2026-11-20", "2026-11-20"),
        ("last month", "2026-10-01", "2026-10-31"),
        ("last week", "2026-11-08", "2026-11-14"),
        ("this week", "2026-11-15", "2026-11-21"),
        ("in December", "2025-12-01", "2025-12-31"),
        ("last December", "2025-12-01", "2025-12-31"),
        ("December 2024", "2024-12-01", "2024-12-31"),
        ("December last year", "2025-12-01", "2025-12-31"),
        ("in Q4", "2026-10-01", "2026-12-31"),
        ("Q3 2025", "2025-07-01", "2025-09-30"),
        ("the third quarter of 2025", "2025-07-01", "2025-09-30"),
        ("last quarter", "2026-07-01", "2026-09-30"),
        ("the last three months", "2026-08-21", "2026-11-21"),
        ("since March", "2026-03-01", "2026-11-21"),
        ("between January and March", "2026-01-01", "2026-03-31"),
        ("from December to February", "2025-12-01", "2026-02-28"),
        ("in 2024", "2024-01-01", "2024-12-31"),
        ("on 3/12", "2025-12-03", "2025-12-03"),
        ("12.11.2026", "2026-11-12", "2026-11-12"),
        ("2026-10-05", "2026-10-05", "2026-10-05"),
        ("three days ago", "2026-11-18", "2026-11-18"),
        ("בדצמבר", "2025-12-01", "2025-12-31"),
        ("בדצמבר האחרון", "2025-12-01", "2025-12-31"),
        ("דצמבר של שנה שעברה", "2025-12-01", "2025-12-31"),
        ("בחודש שעבר", "2026-10-01", "2026-10-31"),
        ("בשבוע שעבר", "2026-11-08", "2026-11-14"),
        ("השבוע", "2026-11-15", "2026-11-21"),
        ("השנה", "2026-01-01", "2026-12-31"),
        ("ברבעון האחרון", "2026-07-01", "2026-09-30"),
        ("ברבעון הרביעי של 2025", "2025-10-01", "2025-12-31"),
        ("השבועיים האחרונים", "2026-11-07", "2026-11-21"),
        ("אתמול", "2026-11-20", "2026-11-20"),
        ("שלשום", "2026-11-19", "2026-11-19"),
        ("מינואר עד מרץ", "2026-01-01", "2026-03-31"),
        ("בין ה-3/10 ל-5/10", "2026-10-03", "2026-10-05"),
        ("ב-12/11", "2026-11-12", "2026-11-12"),
        ("ביום שלישי שעבר", "2026-11-17", "2026-11-17"),
        ("בשנת 2024", "2024-01-01", "2024-12-31"),
        ("between May and July", "2026-05-01", "2026-07-31"),
        ("in the first half of October", "2026-10-01", "2026-10-15"),
        ("the first half of last year", "2025-01-01", "2025-06-30"),
        ("since the beginning of October", "2026-10-01", "2026-11-21"),
        ("early May", "2026-05-01", "2026-05-10"),
        ("mid-October", "2026-10-11", "2026-10-20"),
        ("the last week of October", "2026-10-24", "2026-10-31"),
        ("over the last few weeks", "2026-10-31", "2026-11-21"),
        ("last weekend", "2026-11-13", "2026-11-14"),
        ("recently", "2026-10-22", "2026-11-21"),
        ("מתחילת אוקטובר", "2026-10-01", "2026-11-21"),
        ("במחצית השנייה של אוקטובר", "2026-10-16", "2026-10-31"),
        ("באמצע מרץ", "2026-03-11", "2026-03-20"),
        ("בשבועות האחרונים", "2026-10-31", "2026-11-21"),
        ("לאחרונה", "2026-10-22", "2026-11-21"),
    ],
)
def test_what_was_is_looked_for_in_the_past(
    said: str, first: str, last: str, now: dt.datetime, workspace: Workspace
) -> None:
    assert _period(said, now, workspace, past=True) == (first, last)


@pytest.mark.parametrize(
    ("said", "first", "last"),
    [
        ("in December", "2026-12-01", "2026-12-31"),
        ("in January", "2027-01-01", "2027-01-31"),
        ("next month", "2026-12-01", "2026-12-31"),
        ("next week", "2026-11-22", "2026-11-28"),
        ("tomorrow", "2026-11-22", "2026-11-22"),
        ("the 26th", "2026-11-26", "2026-11-26"),
        ("on the 5th", "2026-12-05", "2026-12-05"),
        ("on 3/12", "2026-12-03", "2026-12-03"),
        ("on 3/1", "2027-01-03", "2027-01-03"),
        ("December 26th", "2026-12-26", "2026-12-26"),
        ("26 December 2027", "2027-12-26", "2027-12-26"),
        ("בדצמבר", "2026-12-01", "2026-12-31"),
        ("בשבוע הבא", "2026-11-22", "2026-11-28"),
        ("26 בדצמבר", "2026-12-26", "2026-12-26"),
        ("בראשון לדצמבר", "2026-12-01", "2026-12-01"),
        ("from today until the end of the month", "2026-11-21", "2026-11-30"),
        ("by the end of next week", "2026-11-21", "2026-11-28"),
        ("מהיום ועד סוף החודש", "2026-11-21", "2026-11-30"),
        ("before the end of the week", "2026-11-21", "2026-11-21"),
    ],
)
def test_what_will_be_is_looked_for_in_the_future(
    said: str, first: str, last: str, now: dt.datetime, workspace: Workspace
) -> None:
    assert _period(said, now, workspace, past=False) == (first, last)


@pytest.mark.parametrize(
    ("said", "start"),
    [
        ("tomorrow at 10", "2026-11-22 10:00"),
        ("next Tuesday at ten", "2026-11-24 10:00"),
        ("on Tuesday at half past three", "2026-11-24 15:30"),
        ("Tuesday 3pm", "2026-11-24 15:00"),
        ("tomorrow at 3", "2026-11-22 15:00"),
        ("tomorrow at 8", "2026-11-22 08:00"),
        ("tomorrow at 9 in the evening", "2026-11-22 21:00"),
        ("tomorrow evening at 9", "2026-11-22 21:00"),
        ("at noon tomorrow", "2026-11-22 12:00"),
        ("quarter to three tomorrow", "2026-11-22 14:45"),
        ("at ten thirty on Sunday", "2026-11-22 10:30"),
        ("on 3/12 at 10:00", "2026-12-03 10:00"),
        ("26.12 at 10:00", "2026-12-26 10:00"),
        ("at 10.30 on 26.12", "2026-12-26 10:30"),
        ("next week on Tuesday at 10", "2026-11-24 10:00"),
        ("the day after tomorrow at 11", "2026-11-23 11:00"),
        ("2026-12-01 at 16:00", "2026-12-01 16:00"),
        ("מחר ב-10:00", "2026-11-22 10:00"),
        ("מחר ב10", "2026-11-22 10:00"),
        ("מחרתיים בשעה 14:00", "2026-11-23 14:00"),
        ("ביום שלישי הבא בשלוש", "2026-11-24 15:00"),
        ("יום ג' הקרוב בעשר ורבע", "2026-11-24 10:15"),
        ("ב-26 לחודש בשלוש וחצי", "2026-11-26 15:30"),
        ("בעוד יומיים בעשר", "2026-11-23 10:00"),
        ("ב-3/12 ב-9:30", "2026-12-03 09:30"),
        ("מחר רבע לשלוש", "2026-11-22 14:45"),
        ("מחר ב-8 בערב", "2026-11-22 20:00"),
        ("מחר באחת עשרה", "2026-11-22 11:00"),
        ("לשעה 11:00 ביום חמישי", "2026-11-26 11:00"),
        ("ביום שלישי בשבוע הבא בעשר", "2026-11-24 10:00"),
        ("Monday 30 Nov at quarter past two", "2026-11-30 14:15"),
        ("on 2 December at 11am", "2026-12-02 11:00"),
        ("4 December, Friday, at 10", "2026-12-04 10:00"),
        ("tomorrow at ten to three", "2026-11-22 14:50"),
        ("ביום שני, 30 בנובמבר, ברבע לעשר", "2026-11-30 09:45"),
    ],
)
def test_a_day_with_an_hour_is_an_exact_time(
    said: str, start: str, now: dt.datetime, workspace: Workspace
) -> None:
    assert _start(said, now, workspace) == start


@pytest.mark.parametrize(
    ("said", "first", "last", "earliest", "latest"),
    [
        ("tomorrow morning", "2026-11-22", "2026-11-22", None, "12:00"),
        ("next week in the afternoon", "2026-11-22", "2026-11-28", "12:00", None),
        ("tomorrow between 10 and 12", "2026-11-22", "2026-11-22", "10:00", "12:00"),
        ("tomorrow after 3", "2026-11-22", "2026-11-22", "15:00", None),
        ("on Monday before noon", "2026-11-23", "2026-11-23", None, "12:00"),
        ("between Sunday and Tuesday", "2026-11-22", "2026-11-24", None, None),
        ("Tuesday or Wednesday", "2026-11-24", "2026-11-25", None, None),
        ("by Thursday", None, "2026-11-26", None, None),
        ("this week", "2026-11-21", "2026-11-21", None, None),
        ("next week at 10", "2026-11-22", "2026-11-28", "10:00", "10:30"),
        ("in two weeks", "2026-12-05", "2026-12-11", None, None),
        ("מחר בצהריים", "2026-11-22", "2026-11-22", "12:00", "14:00"),
        ("מחר אחר הצהריים", "2026-11-22", "2026-11-22", "12:00", None),
        ("מחר לפני הצהריים", "2026-11-22", "2026-11-22", None, "12:00"),
        ("מחר בין 10 ל-12", "2026-11-22", "2026-11-22", "10:00", "12:00"),
        ("בעוד שבועיים", "2026-12-05", "2026-12-11", None, None),
        ("עד יום חמישי", None, "2026-11-26", None, None),
        ("בדצמבר", "2026-12-01", "2026-12-31", None, None),
        ("Tuesday after one in the afternoon", "2026-11-24", "2026-11-24", "13:00", None),
        ("next week in the mornings", "2026-11-22", "2026-11-28", None, "12:00"),
        ("מחר אחרי אחת בצהריים", "2026-11-22", "2026-11-22", "13:00", None),
    ],
)
def test_less_than_an_exact_time_is_a_window(
    said: str,
    first: str | None,
    last: str | None,
    earliest: str | None,
    latest: str | None,
    now: dt.datetime,
    workspace: Workspace,
) -> None:
    found = _wish(said, now, workspace).when
    assert found is not None
    assert found.start is None
    days = [d.isoformat() if d else None for d in (found.first_day, found.last_day)]
    hours = [t.strftime("%H:%M") if t else None for t in (found.earliest, found.latest)]
    assert (*days, *hours) == (first, last, earliest, latest)


@pytest.mark.parametrize(
    ("said", "minutes"),
    [
        ("for an hour", 60),
        ("for half an hour", 30),
        ("for 45 minutes", 45),
        ("for an hour and a half", 90),
        ("for two hours", 120),
        ("a 30-minute call", 30),
        ("a half-hour call", 30),
        ("90 minutes", 90),
        ("לחצי שעה", 30),
        ("לשעה", 60),
        ("לשעה וחצי", 90),
        ("לשעה ורבע", 75),
        ("ל-45 דקות", 45),
        ("למשך שעתיים", 120),
        ("של ארבעים וחמש דקות", 45),
        ("שלושת רבעי שעה", 45),
        ("רבע שעה", 15),
    ],
)
def test_durations_are_minutes(
    said: str, minutes: int, now: dt.datetime, workspace: Workspace
) -> None:
    assert _wish(said, now, workspace).minutes == minutes


@pytest.mark.parametrize(
    "said",
    ["you may read it", "10 documents", "the second report", "דוח שני", "ל-10 אנשים", "31/31", ""],
)
def test_words_that_only_look_like_dates_are_none(said: str) -> None:
    assert _mentions(said) == []


@pytest.mark.parametrize(
    "said", ["yesterday at 10", "אתמול ב-10", "on 20/11/2026 at 10:00", "last week", "today at 8"]
)
def test_a_time_that_has_passed_is_known_to_have(
    said: str, now: dt.datetime, workspace: Workspace
) -> None:
    assert _wish(said, now, workspace).past


def test_the_first_next_day_is_after_today(workspace: Workspace) -> None:
    """On a Tuesday, next Tuesday is a week from now."""
    tuesday = dt.datetime(2026, 11, 24, 9, 0, tzinfo=workspace.zone)
    assert _start("next Tuesday at 10", tuesday, workspace) == "2026-12-01 10:00"
    assert _start("ביום שלישי הבא ב-10", tuesday, workspace) == "2026-12-01 10:00"


def test_weeks_begin_where_the_workspace_begins_them(now: dt.datetime) -> None:
    from_monday = tuple(Day(d) for d in range(5))
    workspace = Workspace(root=Path("workspace"), working_days=from_monday)
    found = when.period(_mentions("last week"), when.reference(now, workspace, past=True))
    assert found is not None
    assert (found.start.isoformat(), found.end.isoformat()) == ("2026-11-09", "2026-11-15")


@pytest.mark.parametrize(
    ("today", "first"),
    [("2026-11-30", "2025-12-01"), ("2026-12-01", "2025-12-01"), ("2026-12-02", "2026-12-01")],
)
def test_a_month_counts_as_past_from_its_second_day_on(
    today: str, first: str, workspace: Workspace
) -> None:
    """A month in the past tense is its last occurrence; on its first day that is last year's."""
    now = dt.datetime.combine(dt.date.fromisoformat(today), dt.time(9), workspace.zone)
    assert _period("in December", now, workspace, past=True)[0] == first
