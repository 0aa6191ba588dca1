"""Meetings written into the calendar: one event in one file, named by its UID (RFC 5545).

Checking that a time is free and writing the event is one critical section, held by a lock on
`calendar/.lock` (`flock`) that every Tizmor process takes; the kernel frees it when a process ends.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import hashlib
import os
import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import icalendar
import msgspec

from tizmor.agents.calendar.ics import FOLDER
from tizmor.agents.calendar.parsed import MAX_BYTES
from tizmor.agents.calendar.slots import Interval
from tizmor.agents.files.atomic import write_atomically
from tizmor.agents.files.guarded import read_bounded
from tizmor.core.errors import Transient
from tizmor.ports.vocabulary import Contact, Meeting
from tizmor.ports.workspace import Workspace

DOMAIN = "tizmor"
_KEY = re.compile(r"[0-9a-f]{32,}")
_UID = re.compile(rf"[0-9a-f]{{32}}@{DOMAIN}")
_ADDRESS = re.compile(r"[^\s@<>\"\x00-\x1f]+@[^\s@<>\"\x00-\x1f]+")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]+")
_LOCK_WAIT_S = 10.0
_LOCK_POLL_S = 0.02
_ZONE_SPAN = dt.timedelta(days=400)


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """A meeting that is to be written."""

    title: str
    interval: Interval
    attendees: Sequence[Contact] = ()
    location: str | None = None
    description: str | None = None


def uid_of(key: str) -> str:
    """The UID of the event that the call with this idempotency key makes."""
    digits = key if _KEY.fullmatch(key) else hashlib.sha256(key.encode()).hexdigest()
    return f"{digits[:32]}@{DOMAIN}"


def can_be_invited(contact: Contact) -> bool:
    """Whether the contact has an address that an event can carry."""
    return bool(contact.email and _ADDRESS.fullmatch(contact.email))


@contextlib.contextmanager
def calendar_lock(workspace: Workspace) -> Iterator[None]:
    """Hold the calendar against all other Tizmor processes.

    Blocks for up to ten seconds, then raises `Transient`: a stopped process may keep it for long.
    """
    path = workspace.path(f"{FOLDER}/.lock")
    path.parent.mkdir(exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    try:
        _wait_for(descriptor)
        yield
    finally:
        os.close(descriptor)


def _wait_for(descriptor: int) -> None:
    deadline = time.monotonic() + _LOCK_WAIT_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise Transient("another process holds the calendar") from None
            time.sleep(_LOCK_POLL_S)
        else:
            return


def write_event(
    workspace: Workspace, uid: str, invitation: Invitation, now: dt.datetime
) -> Meeting:
    """Write the event durably. The caller holds the lock. Raises `OSError`."""
    content = event_text(uid, invitation, workspace, now)
    write_atomically(_path(workspace, uid), content)
    return _meeting(icalendar.Calendar.from_ical(content), workspace, uid)


def read_event(workspace: Workspace, uid: str) -> Meeting | None:
    """The meeting in the file of this UID; None when there is no file. Raises `ValueError` or
    `OSError` when the file is there and can't be read."""
    try:
        content = read_bounded(_path(workspace, uid), MAX_BYTES)
    except FileNotFoundError:
        return None
    return _meeting(icalendar.Calendar.from_ical(content), workspace, uid)


def delete_event(workspace: Workspace, uid: str) -> bool:
    """Remove an event that Tizmor made; whether it was there."""
    if not _UID.fullmatch(uid):
        return False
    with calendar_lock(workspace):
        path = _path(workspace, uid)
        there = path.exists()
        path.unlink(missing_ok=True)
    return there


def event_text(uid: str, invitation: Invitation, workspace: Workspace, now: dt.datetime) -> bytes:
    """The event as an iCalendar object with the zone that its times are in."""
    zone = workspace.zone
    start = invitation.interval.start.astimezone(zone)
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Tizmor//Tizmor//EN")
    calendar.add("version", "2.0")
    if zone.key != "UTC":
        calendar.add_component(
            icalendar.Timezone.from_tzid(
                zone.key,
                first_date=start.date() - _ZONE_SPAN,
                last_date=start.date() + _ZONE_SPAN,
            )
        )
    event = icalendar.Event()
    event.add("uid", uid)
    event.add("dtstamp", now.astimezone(dt.UTC))
    event.add("dtstart", start)
    event.add("dtend", invitation.interval.end.astimezone(zone))
    event.add("summary", _one_line(invitation.title))
    event.add("status", "CONFIRMED")
    event.add("sequence", 0)
    if invitation.location:
        event.add("location", _one_line(invitation.location))
    if invitation.description:
        event.add("description", invitation.description)
    _add_people(event, invitation, workspace)
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _add_people(event: icalendar.Event, invitation: Invitation, workspace: Workspace) -> None:
    if _ADDRESS.fullmatch(workspace.me_email):
        organizer = icalendar.vCalAddress(f"mailto:{workspace.me_email}")
        organizer.params["CN"] = _common_name(workspace.me_name or workspace.me_email)
        event.add("organizer", organizer)
    for contact in filter(can_be_invited, invitation.attendees):
        attendee = icalendar.vCalAddress(f"mailto:{contact.email}")
        attendee.params["CN"] = _common_name(contact.name)
        attendee.params["ROLE"] = "REQ-PARTICIPANT"
        attendee.params["PARTSTAT"] = "NEEDS-ACTION"
        attendee.params["RSVP"] = "TRUE"
        event.add("attendee", attendee)


def _one_line(text: str) -> str:
    return _UNPRINTABLE.sub(" ", text).strip()


def _common_name(text: str) -> str:
    """A parameter can't hold a double quote (RFC 5545, 3.1)."""
    return _one_line(text).replace('"', "'")


def _path(workspace: Workspace, uid: str) -> Path:
    return workspace.path(f"{FOLDER}/{uid}.ics")


def _meeting(calendar: icalendar.Component, workspace: Workspace, uid: str) -> Meeting:
    event = next(iter(calendar.walk("VEVENT")), None)
    if event is None:
        raise ValueError(f"no event in {uid}.ics")
    listed = event.get("ATTENDEE", [])
    attendees = listed if isinstance(listed, list) else [listed]
    return Meeting(
        start=event.decoded("DTSTART").astimezone(workspace.zone),
        end=event.decoded("DTEND").astimezone(workspace.zone),
        title=str(event.get("SUMMARY", "")),
        attendees=tuple(str(a).removeprefix("mailto:") for a in attendees),
        file=f"{FOLDER}/{uid}.ics",
        uid=uid,
    )
