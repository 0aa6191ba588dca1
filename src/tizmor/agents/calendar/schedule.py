"""Everyone's time: what the owner and those whose calendars are known have in a window."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import msgspec

from tizmor.agents.calendar import slots
from tizmor.agents.calendar.ics import Occurrence, read_mine, read_person
from tizmor.agents.calendar.slots import Hours, Interval
from tizmor.ports.vocabulary import Contact, TimeWish
from tizmor.ports.workspace import Workspace

SEARCHED_WORKING_DAYS = 10
_MAX_DAYS = 366
_DAY = dt.timedelta(days=1)


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """The days that are searched, both included, and the hours of each."""

    first: dt.date
    last: dt.date
    hours: Hours

    @property
    def interval(self) -> Interval:
        midnight = dt.datetime.combine(self.first, dt.time(), self.hours.zone)
        return Interval(midnight, dt.datetime.combine(self.last + _DAY, dt.time(), self.hours.zone))


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """Whose time is known within a window, and what takes it."""

    taken: tuple[Occurrence, ...]
    """What blocks someone, by time."""
    known: tuple[Contact, ...] = ()
    unknown: tuple[Contact, ...] = ()
    problems: tuple[tuple[str, str], ...] = ()

    def conflicts(self, interval: Interval) -> list[Occurrence]:
        return [o for o in self.taken if o.interval.overlaps(interval)]

    def unread(self) -> tuple[str, ...]:
        """The files that could not be read in full, each once."""
        return tuple(dict.fromkeys(file for file, _ in self.problems))

    def gaps(self, window: Window, *, not_before: dt.datetime) -> list[Interval]:
        """What is free for all, in order."""
        busy = [o.interval for o in self.taken]
        found = slots.gaps(
            busy=busy,
            first=window.first,
            last=window.last,
            hours=window.hours,
            not_before=not_before,
        )
        return list(found)


def working_hours(workspace: Workspace) -> Hours:
    return Hours(
        days=frozenset(workspace.working_days),
        start=workspace.working_start,
        end=workspace.working_end,
        zone=workspace.zone,
    )


def searched(when: TimeWish | None, workspace: Workspace, now: dt.datetime) -> Window:
    """The window that a wish leaves open: never before today, ten working days where no last day is
    said, always within working days and hours."""
    wish = when or TimeWish()
    hours = working_hours(workspace)
    today = now.astimezone(workspace.zone).date()
    first = max(today, wish.first_day or today)
    last = wish.last_day or slots.last_working_day(first, hours.days, count=SEARCHED_WORKING_DAYS)
    return Window(
        first=first,
        last=min(last, first + _MAX_DAYS * _DAY),
        hours=hours.within(earliest=wish.earliest, latest=wish.latest),
    )


def around(start: dt.datetime, workspace: Workspace, now: dt.datetime) -> Window:
    """Where to look for times near one that can't be had: that day and ten working days on."""
    day = max(start.astimezone(workspace.zone).date(), now.astimezone(workspace.zone).date())
    hours = working_hours(workspace)
    last = slots.last_working_day(day, hours.days, count=SEARCHED_WORKING_DAYS)
    return Window(first=day, last=last, hours=hours)


def read_schedule(workspace: Workspace, attendees: Sequence[Contact], window: Interval) -> Schedule:
    """The owner's and the attendees' time within the window."""
    mine = read_mine(workspace, window)
    found = list(mine.found)
    problems = list(mine.problems)
    known: list[Contact] = []
    unknown: list[Contact] = []
    for contact in attendees:
        if contact.email and contact.email.casefold() == workspace.me_email.casefold():
            continue
        theirs = read_person(workspace, contact.email, window) if contact.email else None
        (unknown if theirs is None else known).append(contact)
        if theirs is not None:
            found += theirs.found
            problems += theirs.problems
    return Schedule(
        taken=tuple(sorted((o for o in found if o.blocks), key=lambda o: (o.start, o.end, o.uid))),
        known=tuple(known),
        unknown=tuple(unknown),
        problems=tuple(problems),
    )
