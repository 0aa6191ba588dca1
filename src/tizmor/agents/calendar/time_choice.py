"""Which time a new meeting gets, and when that is a human's to say. Read-only."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import re
from collections.abc import Sequence

import msgspec

from tizmor.agents.calendar import slots
from tizmor.agents.calendar.schedule import (
    Schedule,
    around,
    read_schedule,
    searched,
    working_hours,
)
from tizmor.agents.calendar.slots import Interval
from tizmor.agents.calendar.wording import time_in_words, unknown_calendars, unreadable
from tizmor.core.errors import NeedsAnswer
from tizmor.ports.agent import AgentContext
from tizmor.ports.vocabulary import Contact, TimeWish

QUESTION = "time"
_KEEP = "keep "
_MAX_CHOICES = 4
_ID_LETTERS = 6
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")


class TimeChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A start, whether it stands although it's taken, and what the human should know of it."""

    start: dt.datetime
    allow_overlap: bool = False
    notes: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    """The calendar files that could not be read in full, which the notes speak of."""


def choose_time(
    when: TimeWish | None,
    start: dt.datetime | None,
    attendees: Sequence[Contact],
    length: dt.timedelta,
    ctx: AgentContext,
) -> TimeChoice:
    """`start` if a human wrote it, else the wish's exact time, else the first free slot.

    Raises `NeedsAnswer` when that time is past or taken, or when nothing is free. An answer to the
    question takes the time's place.
    """
    wish = when or TimeWish()
    said = start or wish.start
    question_id = QUESTION if start is None else _question_id(start, attendees, length, ctx)
    answered = _answered(ctx.answers.get(question_id, ""), said, ctx)
    if answered is not None:
        return _exact(*answered, attendees, length, question_id, ctx)
    if said is not None:
        return _exact(_local(said, ctx), False, attendees, length, question_id, ctx)
    return _first_free(wish, attendees, length, question_id, ctx)


def _question_id(
    start: dt.datetime, attendees: Sequence[Contact], length: dt.timedelta, ctx: AgentContext
) -> str:
    """Names the time, its length and the people: an answer for one isn't taken for another."""
    people = hashlib.sha256("\n".join(people_of(attendees)).encode()).hexdigest()[:_ID_LETTERS]
    minutes = int(length.total_seconds()) // 60
    return f"{QUESTION}_{_local(start, ctx):%Y%m%d_%H%M}_{minutes}m_{people}"


def _first_free(
    wish: TimeWish,
    attendees: Sequence[Contact],
    length: dt.timedelta,
    question_id: str,
    ctx: AgentContext,
) -> TimeChoice:
    window = searched(wish, ctx.workspace, ctx.now)
    schedule = read_schedule(ctx.workspace, attendees, window.interval)
    free = schedule.gaps(window, not_before=ctx.now)
    first = next(slots.slots(free, length=length), None)
    if first is not None:
        return TimeChoice(
            start=first.start.astimezone(ctx.workspace.zone),
            notes=notes_on(first, schedule, ctx),
            unread=schedule.unread(),
        )
    wanted = dt.datetime.combine(window.first, window.hours.start, ctx.workspace.zone)
    text = ctx.say(
        he=f"אין זמן פנוי לכולם מ־{window.first} עד {window.last} בשעות העבודה. מתי לקבוע?",
        en=f"Nothing is free for all within working hours from {window.first} to {window.last}. "
        "When should it be?",
    )
    raise _question(text, question_id, wanted, attendees, length, ctx)


def _exact(
    start: dt.datetime,
    keep: bool,
    attendees: Sequence[Contact],
    length: dt.timedelta,
    question_id: str,
    ctx: AgentContext,
) -> TimeChoice:
    """A time that someone said: taken as it is, or asked about."""
    begin = start.astimezone(dt.UTC)
    interval = Interval(begin, begin + length)
    words = time_in_words(interval, ctx)
    if begin < ctx.now:
        text = ctx.say(he=f"{words} כבר עבר. מתי לקבוע?", en=f"{words} is past. When should it be?")
        raise _question(text, question_id, start, attendees, length, ctx)
    schedule = read_schedule(ctx.workspace, attendees, interval)
    taken = schedule.conflicts(interval)
    if taken and not keep:
        titles = ", ".join(o.title or "—" for o in taken[:3])
        text = ctx.say(
            he=f"{words} תפוס: {titles}. מתי לקבוע?",
            en=f"{words} is taken: {titles}. When should it be?",
        )
        raise _question(text, question_id, start, attendees, length, ctx, keep=True)
    return TimeChoice(
        start=start,
        allow_overlap=bool(taken),
        notes=notes_on(interval, schedule, ctx),
        unread=schedule.unread(),
    )


def _question(
    text: str,
    question_id: str,
    wanted: dt.datetime,
    attendees: Sequence[Contact],
    length: dt.timedelta,
    ctx: AgentContext,
    *,
    keep: bool = False,
) -> NeedsAnswer:
    """Ask for a time; the nearest free ones are offered, as ISO 8601."""
    window = around(wanted, ctx.workspace, ctx.now)
    free = read_schedule(ctx.workspace, attendees, window.interval).gaps(window, not_before=ctx.now)
    near = slots.nearest(slots.slots(free, length=length), wanted, limit=_MAX_CHOICES)
    zone = ctx.workspace.zone
    choices = [(s.start.astimezone(zone).isoformat(), time_in_words(s, ctx)) for s in near]
    if keep:
        label = ctx.say(he="להשאיר בכל זאת", en="keep it anyway")
        choices.append((f"{_KEEP}{wanted.isoformat()}", label))
    return NeedsAnswer(text, question_id=question_id, choices=choices)


def _answered(
    answer: str, said: dt.datetime | None, ctx: AgentContext
) -> tuple[dt.datetime, bool] | None:
    """The time that an answer means and whether it stands although taken; None when it means none.

    Beside the offered values it may be an ISO 8601 date and time, or an hour of the day that was
    asked about.
    """
    answer = answer.strip()
    keep = answer.startswith(_KEEP)
    clock = _CLOCK.fullmatch(answer)
    with contextlib.suppress(ValueError):
        if clock and said is not None:
            hour, minute = int(clock[1]), int(clock[2])
            day = _local(said, ctx)
            return day.replace(hour=hour, minute=minute, second=0, microsecond=0), False
        return _local(dt.datetime.fromisoformat(answer.removeprefix(_KEEP)), ctx), keep
    return None


def _local(instant: dt.datetime, ctx: AgentContext) -> dt.datetime:
    """In the workspace's zone, which a time without one is meant in."""
    zone = ctx.workspace.zone
    return instant.replace(tzinfo=zone) if instant.tzinfo is None else instant.astimezone(zone)


def people_of(attendees: Sequence[Contact]) -> list[str]:
    """Who a time is for: the addresses, of which the order says nothing."""
    return sorted((a.email or a.name).casefold() for a in attendees)


def notes_on(interval: Interval, schedule: Schedule, ctx: AgentContext) -> tuple[str, ...]:
    """What a human should know of a time before approving it."""
    notes = []
    if not working_hours(ctx.workspace).hold(interval):
        notes.append(ctx.say(he="מחוץ לשעות העבודה", en="outside working days or hours"))
    for taken in schedule.conflicts(interval):
        words = time_in_words(taken.interval, ctx)
        title = taken.title or "—"
        notes.append(ctx.say(he=f"חופף ל{title}, {words}", en=f"overlaps {title}, {words}"))
    notes += unknown_calendars(schedule.unknown, ctx)
    notes += unreadable(schedule.problems, ctx)
    return tuple(notes)
