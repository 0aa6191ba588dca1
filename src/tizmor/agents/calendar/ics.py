"""Calendars on disk: iCalendar files (RFC 5545) read into occurrences within a window.

`calendar/*.ics` is the workspace owner's, `calendar/people/<e-mail>/*.ics` what is known of others.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar
import msgspec
import recurring_ical_events

from tizmor.agents.calendar.parsed import parsed
from tizmor.agents.calendar.recurrence import work_of
from tizmor.agents.calendar.slots import Interval
from tizmor.core.errors import Permanent
from tizmor.ports.workspace import Workspace

FOLDER = "calendar"
PEOPLE = f"{FOLDER}/people"
MAX_FILES = 5_000
MAX_FOLDER_BYTES = 40_000_000
MAX_OCCURRENCES = 20_000
MAX_WORK = 500_000
"""Steps of repeating events, for one reading of a folder."""

_DAY = dt.timedelta(days=1)


class Occurrence(msgspec.Struct, frozen=True, kw_only=True):
    """One occurrence of an event; `blocks` is False for what leaves its owner free."""

    start: dt.datetime
    end: dt.datetime
    title: str = ""
    attendees: tuple[str, ...] = ()
    """E-mail addresses and the names beside them."""
    location: str | None = None
    all_day: bool = False
    cancelled: bool = False
    blocks: bool = True
    uid: str = ""
    file: str = ""

    @property
    def interval(self) -> Interval:
        return Interval(self.start, self.end)


class Occurrences(msgspec.Struct, frozen=True, kw_only=True):
    """What was read, by time, and the files that could not be read in full, with the reasons."""

    found: tuple[Occurrence, ...] = ()
    files: int = 0
    problems: tuple[tuple[str, str], ...] = ()


def read_mine(workspace: Workspace, window: Interval) -> Occurrences:
    """The owner's occurrences that touch the window."""
    return _read_folder(workspace, FOLDER, workspace.me_email, window)


def read_person(workspace: Workspace, email: str, window: Interval) -> Occurrences | None:
    """What is known of a person's time within the window; None when nothing is."""
    folder = workspace.path(PEOPLE)
    if not folder.is_dir():
        return None
    wanted = email.casefold()
    name = next((p.name for p in sorted(folder.iterdir()) if p.name.casefold() == wanted), None)
    if name is None or not _names(folder / name):
        return None
    return _read_folder(workspace, f"{PEOPLE}/{name}", email, window)


def calendar_files(workspace: Workspace) -> list[str]:
    """The owner's calendar files, relative to the workspace, by name."""
    return [f"{FOLDER}/{name}" for name in _names(workspace.path(FOLDER))]


def _names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.glob("*") if p.suffix.lower() == ".ics")


def _read_folder(workspace: Workspace, folder: str, owner: str, window: Interval) -> Occurrences:
    names = _names(workspace.path(folder))
    problems: list[tuple[str, str]] = []
    found: list[Occurrence] = []
    left = _Left()
    for name in names[:MAX_FILES]:
        file = f"{folder}/{name}"
        try:
            content = parsed(workspace.path(file))
        except (OSError, ValueError, Permanent) as error:
            problems.append((file, _reason(error)))
            continue
        left.bytes -= content.size
        if left.bytes < 0 or len(found) > MAX_OCCURRENCES:
            break
        for calendar in content.calendars:
            occurrences, broken = _expand(calendar, window, owner, file, workspace.zone, left)
            found += occurrences
            problems += [(file, reason) for reason in broken]
    if len(names) > MAX_FILES or len(found) > MAX_OCCURRENCES or left.bytes < 0:
        problems.append((folder, "there is more in it than is read at once"))
    found.sort(key=lambda o: (o.start, o.end, o.uid))
    return Occurrences(
        found=tuple(found[:MAX_OCCURRENCES]), files=len(names), problems=tuple(problems)
    )


class _Left:
    """What may still be spent on one reading of a folder."""

    def __init__(self) -> None:
        self.bytes = MAX_FOLDER_BYTES
        self.work = MAX_WORK

    def spend(self, work: int) -> None:
        """Raises `ValueError` when there is less left."""
        if work > self.work:
            raise ValueError("it takes too long to repeat")
        self.work -= work


def _expand(
    calendar: icalendar.Calendar,
    window: Interval,
    owner: str,
    file: str,
    zone: ZoneInfo,
    left: _Left,
) -> tuple[list[Occurrence], list[str]]:
    """Occurrences that touch the window, and what is wrong with the events that were left out.

    The library compares floating times as if they were UTC, so it is asked for a day more on both
    sides, and the rest is cut off here.
    """
    problems: list[str] = []
    found = list(_free_busy(calendar, file, zone))
    for uid, series in _series(calendar).items():
        if len(found) > MAX_OCCURRENCES:
            break
        try:
            left.spend(work_of(series.events, window.end))
            query = recurring_ical_events.of(series)
            events = query.between(window.start - _DAY, window.end + _DAY)
            found += [_occurrence(event, owner, file, zone) for event in events]
        except Exception as error:
            problems.append(f"event {uid[:100]}: {_reason(error)}")
    return [o for o in found if o.interval.overlaps(window)], problems


def _series(calendar: icalendar.Calendar) -> dict[str, icalendar.Calendar]:
    """The events by UID, each with its own changed occurrences in a calendar of its own: so a
    broken one, which the library may answer with any error, spoils no other."""
    found: dict[str, icalendar.Calendar] = {}
    for event in calendar.events:
        uid = str(event.get("UID", f"#{len(found) + 1}"))
        if uid not in found:
            found[uid] = icalendar.Calendar(calendar)
        found[uid].add_component(event)
    return found


def _occurrence(event: icalendar.Component, owner: str, file: str, zone: ZoneInfo) -> Occurrence:
    start, end = event.decoded("DTSTART"), event.decoded("DTEND")
    attendees = list(_listed(event.get("ATTENDEE")))
    cancelled = str(event.get("STATUS", "")).upper() == "CANCELLED"
    transparent = str(event.get("TRANSP", "")).upper() == "TRANSPARENT"
    declined = any(_is_declined_by(owner, attendee) for attendee in attendees)
    return Occurrence(
        start=_instant(start, zone),
        end=_instant(end, zone),
        title=str(event.get("SUMMARY", "")).strip(),
        attendees=tuple(filter(None, map(_who, attendees))),
        location=str(event["LOCATION"]) if event.get("LOCATION") else None,
        all_day=not isinstance(start, dt.datetime),
        cancelled=cancelled,
        blocks=not (cancelled or transparent or declined),
        uid=str(event.get("UID", "")),
        file=file,
    )


def _instant(value: dt.date, zone: ZoneInfo) -> dt.datetime:
    """Days begin at midnight and floating times are meant in the workspace's zone."""
    if not isinstance(value, dt.datetime):
        return dt.datetime.combine(value, dt.time(), zone)
    return value.replace(tzinfo=zone) if value.tzinfo is None else value.astimezone(zone)


def _listed(value: object) -> Iterator[icalendar.vCalAddress]:
    values = value if isinstance(value, list) else [value]
    yield from (v for v in values if isinstance(v, icalendar.vCalAddress))


def _address(attendee: icalendar.vCalAddress) -> str:
    text = str(attendee)
    return text[len("mailto:") :] if text.lower().startswith("mailto:") else text


def _who(attendee: icalendar.vCalAddress) -> str:
    name = str(attendee.params.get("CN", "")).strip()
    address = _address(attendee)
    return f"{name} <{address}>" if name and name != address else address


def _is_declined_by(owner: str, attendee: icalendar.vCalAddress) -> bool:
    same = _address(attendee).casefold() == owner.casefold()
    return same and str(attendee.params.get("PARTSTAT", "")).upper() == "DECLINED"


def _free_busy(calendar: icalendar.Calendar, file: str, zone: ZoneInfo) -> Iterator[Occurrence]:
    """Busy periods that are published without their events (RFC 5545, 3.6.4)."""
    for component in calendar.walk("VFREEBUSY"):
        listed = component.get("FREEBUSY", [])
        for period in listed if isinstance(listed, list) else [listed]:
            if str(period.params.get("FBTYPE", "BUSY")).upper() != "FREE":
                yield Occurrence(
                    start=_instant(period.start, zone), end=_instant(period.end, zone), file=file
                )


def _reason(error: BaseException) -> str:
    return (str(error) or type(error).__name__)[:200]
