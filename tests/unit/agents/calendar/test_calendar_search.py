"""CalendarSearch on real calendars."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from tizmor.agents.calendar.calendar_search import calendar_search
from tizmor.ports.vocabulary import Period


@pytest.fixture
def calendar(write_event: Any, times: Any) -> None:
    write_event("past", *times("1120T0900", "1120T1000"), "SUMMARY:Past")
    write_event(
        "lotus",
        *times("1123T1000", "1123T1100"),
        "SUMMARY:Lotus review",
        "LOCATION:Room 4",
        "ATTENDEE;CN=Yoav Cohen:mailto:yoav@lotus.example",
    )
    write_event("standup", *times("1115T0900", "1115T0915"), "RRULE:FREQ=WEEKLY", "SUMMARY:Standup")
    write_event("off", *times("1124T1000", "1124T1100"), "SUMMARY:Off", "STATUS:CANCELLED")
    write_event("far", *times("1210T1000", "1210T1100"), "SUMMARY:פגישה עם דנה")
    write_event("his", *times("1123T1200", "1123T1300"), person="yoav@lotus.example")


async def titles(context: Any, **arguments: Any) -> list[str]:
    return [event.title for event in (await calendar_search(**arguments, ctx=context)).events]


async def test_the_next_seven_days_are_listed_by_time(calendar: None, context: Any) -> None:
    ctx = context(said=[])
    found = (await calendar_search(ctx=ctx)).events
    assert [(e.title, f"{e.start:%d %H:%M}") for e in found] == [
        ("Standup", "22 09:00"),
        ("Lotus review", "23 10:00"),
    ]
    assert found[1].attendees == ("Yoav Cohen <yoav@lotus.example>",)
    assert (found[1].location, found[1].file) == ("Room 4", "calendar/lotus.ics")
    assert ctx.said == ["found 2 events"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"topics": ["לוטוס"]}, ["Lotus review"]),
        ({"people": ["יואב"]}, ["Lotus review"]),
        ({"people": ["Dana"]}, ["פגישה עם דנה"]),
        ({"topics": ["Gefen"]}, []),
        ({"topics": ["Lotus"], "people": ["Dana"]}, []),
    ],
)
async def test_topics_and_people_meet_across_scripts(
    calendar: None, context: Any, arguments: dict[str, list[str]], expected: list[str]
) -> None:
    period = Period(start=dt.date(2026, 11, 22), end=dt.date(2026, 12, 31))
    assert await titles(context(), period=period, **arguments) == expected


async def test_both_ends_of_a_period_count(calendar: None, context: Any) -> None:
    period = Period(start=dt.date(2026, 11, 20), end=dt.date(2026, 11, 22))
    assert await titles(context(), period=period) == ["Past", "Standup"]


async def test_a_period_of_many_years_is_cut_and_says_so(calendar: None, context: Any) -> None:
    period = Period(start=dt.date(2026, 1, 1), end=dt.date(9999, 12, 31))
    found = await calendar_search(period=period, ctx=context())
    assert found.warnings == ["the search is cut to 750 days"]


async def test_a_broken_file_is_named(calendar: None, context: Any, tmp_path: Path) -> None:
    (tmp_path / "calendar" / "broken.ics").write_bytes(b"\xff")
    found = await calendar_search(ctx=context(language="he"))
    assert len(found.events) == 2
    assert found.warnings[0].startswith("calendar/broken.ics לא נקרא במלואו")
