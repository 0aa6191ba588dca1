"""The example's calendar: `calendar.toml` as iCalendar objects (RFC 5545), one event in each."""

from __future__ import annotations

import datetime as dt
import tomllib
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import msgspec

from tizmor.workspaces.files import NewFile
from tizmor.workspaces.tevuot.timeline import Timeline, last_december

_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_DOMAIN = "orot.example"
_YEAR = dt.timedelta(days=366)


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One event as `calendar.toml` has it; its head explains the fields."""

    uid: str
    title: str
    week: int = 0
    day: str = "sun"
    story_day: int | None = None
    at: str = "00:00"
    minutes: int = 0
    whole_days: int = 0
    every: str = ""
    on: tuple[str, ...] = ()
    apart: int = 1
    except_weeks: tuple[int, ...] = ()
    calendar: str = ""
    location: str = ""
    attendees: tuple[str, ...] = ()
    free: bool = False
    cancelled: bool = False


def calendar_files(toml: str, *, timeline: Timeline, zone: ZoneInfo, me: str) -> list[NewFile]:
    """Every event as a file named by its UID; `me` is the e-mail address of their organizer."""
    entries = msgspec.convert(tomllib.loads(toml)["event"], list[Entry])
    known_zone = _known_zone(timeline, zone)
    return [_file(entry, timeline, zone, known_zone, me) for entry in entries]


def _known_zone(timeline: Timeline, zone: ZoneInfo) -> icalendar.Timezone:
    start, _ = last_december(timeline.today)
    return icalendar.Timezone.from_tzid(
        zone.key, first_date=start - _YEAR, last_date=timeline.today + 3 * _YEAR
    )


def _file(
    entry: Entry, timeline: Timeline, zone: ZoneInfo, known_zone: icalendar.Timezone, me: str
) -> NewFile:
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Tizmor//Example//EN")
    calendar.add("version", "2.0")
    calendar.add_component(known_zone)
    calendar.add_component(_event(entry, timeline, zone, me))
    folder = f"calendar/people/{entry.calendar}" if entry.calendar else "calendar"
    return NewFile(f"{folder}/{_uid(entry)}.ics", calendar.to_ical())


def _event(entry: Entry, timeline: Timeline, zone: ZoneInfo, me: str) -> icalendar.Event:
    start, end = _times(entry, timeline, zone)
    event = icalendar.Event()
    event.add("uid", _uid(entry))
    event.add("dtstamp", dt.datetime.combine(timeline.today, dt.time(), dt.UTC))
    event.add("dtstart", start)
    event.add("dtend", end)
    event.add("summary", entry.title)
    event.add("status", "CANCELLED" if entry.cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if entry.free else "OPAQUE")
    if entry.location:
        event.add("location", entry.location)
    if entry.every:
        event.add("rrule", _rule(entry))
    for week in entry.except_weeks:
        date = timeline.in_week(week, _DAYS.index(entry.day))
        event.add("exdate", dt.datetime.combine(date, dt.time.fromisoformat(entry.at), zone))
    if entry.attendees:
        event.add("organizer", f"mailto:{me}")
        for address in entry.attendees:
            event.add("attendee", f"mailto:{address}")
    return event


def _times(entry: Entry, timeline: Timeline, zone: ZoneInfo) -> tuple[dt.date, dt.date]:
    if entry.story_day is not None:
        date = timeline.story_day(entry.story_day)
    else:
        date = timeline.in_week(entry.week, _DAYS.index(entry.day))
    if entry.whole_days:
        return date, date + dt.timedelta(days=entry.whole_days)
    start = dt.datetime.combine(date, dt.time.fromisoformat(entry.at), zone)
    return start, start + dt.timedelta(minutes=entry.minutes)


def _rule(entry: Entry) -> dict[str, Any]:
    return {"freq": "weekly", "interval": entry.apart, "byday": [day[:2] for day in entry.on]}


def _uid(entry: Entry) -> str:
    return f"{entry.uid}@{_DOMAIN}"
