"""The example's calendars, whatever the day they are made on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from importlib.resources import files
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events

from tizmor.workspaces.files import NewFile
from tizmor.workspaces.tevuot.calendar import calendar_files
from tizmor.workspaces.tevuot.timeline import Timeline, last_december

ZONE = ZoneInfo("Asia/Jerusalem")
DAY = dt.timedelta(days=1)
TODAY = dt.date(2026, 11, 21)
SPREAD = [TODAY + n * DAY for n in range(0, 731, 29)]
"""Every 29th day: all days of the week and all months of two years."""
AROUND_CLOCK_CHANGES = [dt.date(2027, 3, 25), dt.date(2027, 10, 28), dt.date(2028, 3, 23)]
YOAV = "calendar/people/yoav.cohen@tevuot.example/"
TOML = (files("tizmor.workspaces.tevuot") / "calendar.toml").read_text(encoding="utf-8")


def _files(today: dt.date) -> list[NewFile]:
    return calendar_files(TOML, timeline=Timeline(today), zone=ZONE, me="me@example.com")


def _events(file: NewFile) -> list[icalendar.Event]:
    return list(icalendar.Calendar.from_ical(file.content).walk("VEVENT"))


def test_a_file_holds_one_event_and_is_named_by_its_uid() -> None:
    for file in _files(TODAY):
        (event,) = _events(file)
        assert file.path.endswith(f"/{event['UID']}.ics")
        assert "DTEND" in event
        assert b"\r\nBEGIN:VTIMEZONE\r\nTZID:Asia/Jerusalem\r\n" in file.content


def test_the_same_day_gives_the_same_bytes() -> None:
    assert _files(TODAY) == _files(TODAY)


def test_a_calendar_has_every_kind_of_event() -> None:
    events = [event for file in _files(TODAY) for event in _events(file)]
    assert any("RRULE" in e and "EXDATE" in e for e in events)
    assert any(not isinstance(e.decoded("DTSTART"), dt.datetime) for e in events)
    assert any(e["TRANSP"] == "TRANSPARENT" for e in events)
    assert any(e["STATUS"] == "CANCELLED" for e in events)
    assert any("ATTENDEE" in e and "LOCATION" in e for e in events)


def test_events_of_one_owner_have_different_uids() -> None:
    paths = [file.path for file in _files(TODAY)]
    assert len(set(paths)) == len(paths)


@pytest.mark.parametrize("today", SPREAD)
def test_meetings_lie_behind_and_ahead_on_every_day(today: dt.date) -> None:
    mine = [file for file in _files(today) if "people" not in file.path]
    start, end = last_december(today)
    assert len(_busy(mine, today - 60 * DAY, today)) > 40
    assert len(_busy(mine, today + DAY, today + 15 * DAY)) >= 15
    tevuot = [file for file in mine if "/tevuot-" in file.path]
    assert len(_busy(tevuot, start, min(end + DAY, today))) == 3


@pytest.mark.parametrize("today", [*SPREAD, *AROUND_CLOCK_CHANGES])
def test_the_first_slot_with_yoav_is_neither_the_first_hour_nor_far(today: dt.date) -> None:
    """My own first free half hour is another one, so that his calendar is seen to matter."""
    calendars = _files(today)
    mine = [file for file in calendars if "people" not in file.path]
    yoav = [file for file in calendars if file.path.startswith(YOAV)]
    alone, together = _first_free(mine, today), _first_free(mine + yoav, today)
    assert alone < together
    assert together.time() > dt.time(8, 30)
    assert together.date() <= today + 4 * DAY


def test_a_wall_time_stays_the_same_across_a_clock_change() -> None:
    today = dt.date(2027, 3, 25)
    standups = _busy(
        [f for f in _files(today) if "/daily-standup" in f.path], today, today + 7 * DAY
    )
    assert {start.time() for start, _ in standups} == {dt.time(9)}
    assert {start.utcoffset() for start, _ in standups} == {
        dt.timedelta(hours=2),
        dt.timedelta(hours=3),
    }


def _busy(
    calendars: list[NewFile], start: dt.date, end: dt.date
) -> list[tuple[dt.datetime, dt.datetime]]:
    return [
        (_moment(event.start), _moment(event.end))
        for file in calendars
        for event in recurring_ical_events.of(icalendar.Calendar.from_ical(file.content)).between(
            start, end
        )
        if event["TRANSP"] != "TRANSPARENT" and event["STATUS"] != "CANCELLED"
    ]


def _moment(time: dt.date) -> dt.datetime:
    return time if isinstance(time, dt.datetime) else dt.datetime.combine(time, dt.time(), ZONE)


def _first_free(calendars: list[NewFile], today: dt.date) -> dt.datetime:
    busy = _busy(calendars, today + DAY, today + 15 * DAY)
    length = dt.timedelta(minutes=30)
    return next(
        slot
        for slot in _half_hours(today + DAY)
        if all(end <= slot or slot + length <= start for start, end in busy)
    )


def _half_hours(day: dt.date) -> Iterator[dt.datetime]:
    for date in (day + n * DAY for n in range(14)):
        if date.weekday() not in (4, 5):
            opening = dt.datetime.combine(date, dt.time(8, 30), ZONE)
            yield from (opening + n * dt.timedelta(minutes=30) for n in range(19))
