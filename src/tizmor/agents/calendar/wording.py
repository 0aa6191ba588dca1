"""Times and warnings as people read them, in the request's language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from tizmor.agents.calendar.slots import Interval
from tizmor.ports.agent import AgentContext
from tizmor.ports.vocabulary import Contact
from tizmor.text.calendar_words import MONTHS, WEEKDAYS


def _first_names(names: dict[str, int], *, hebrew: bool) -> dict[int, str]:
    chosen: dict[int, str] = {}
    for name, number in names.items():
        if name.isascii() != hebrew:
            chosen.setdefault(number, name)
    return chosen


_MONTH_NAMES = {h: _first_names(MONTHS, hebrew=h) for h in (True, False)}
_DAY_NAMES = {h: _first_names(WEEKDAYS, hebrew=h) for h in (True, False)}


def day_in_words(day: dt.date, ctx: AgentContext) -> str:
    """ "Wednesday, 25 November 2026"; "יום רביעי, 25 בנובמבר 2026"."""
    return ctx.say(
        he=f"{_hebrew_day(day)}, {day.day} ב{_MONTH_NAMES[True][day.month]} {day.year}",
        en=f"{_DAY_NAMES[False][day.weekday()].title()}, "
        f"{day.day} {_MONTH_NAMES[False][day.month].title()} {day.year}",
    )


def time_in_words(interval: Interval, ctx: AgentContext) -> str:
    """The day, and the hours from and to, in the workspace's zone."""
    zone = ctx.workspace.zone
    start, end = interval.start.astimezone(zone), interval.end.astimezone(zone)
    until = f"{end:%H:%M}"
    if end.date() != start.date():
        until = f"{day_in_words(end.date(), ctx)}, {until}"
    return f"{day_in_words(start.date(), ctx)}, {start:%H:%M}–{until}"


def unreadable(problems: Iterable[tuple[str, str]], ctx: AgentContext) -> list[str]:
    return [
        ctx.say(he=f"{file} לא נקרא במלואו: {why}", en=f"{file} was not read in full: {why}")
        for file, why in problems
    ]


def unknown_calendars(contacts: Iterable[Contact], ctx: AgentContext) -> list[str]:
    return [
        ctx.say(
            he=f"היומן של {contact.name} אינו ידוע",
            en=f"the calendar of {contact.name} is not known",
        )
        for contact in contacts
    ]


def _hebrew_day(day: dt.date) -> str:
    name = _DAY_NAMES[True][day.weekday()]
    return name if name == "שבת" else f"יום {name}"
