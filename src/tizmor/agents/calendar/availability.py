"""Availability: when everyone whose calendar is known is free."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence

import msgspec

from tizmor.agents.calendar import slots
from tizmor.agents.calendar.schedule import (
    Schedule,
    Window,
    around,
    read_schedule,
    searched,
    working_hours,
)
from tizmor.agents.calendar.slots import Interval
from tizmor.agents.calendar.wording import time_in_words, unknown_calendars, unreadable
from tizmor.ports.agent import Access, AgentContext, Effect, Resource, agent
from tizmor.ports.vocabulary import Contact, Minutes, Slot, TimeWish, Value

_MAX_SLOTS = 5


class SlotsFound(Value, frozen=True):
    """Up to five slots by time, spread over the days where there are many."""

    slots: list[Slot]
    warnings: list[str] = msgspec.field(default_factory=list)


@agent(
    name="Availability",
    timeout=dt.timedelta(minutes=1),
    effect=Effect.READ,
    resources=(Resource(name="calendar:me", access=Access.SHARED),),
    phrases=(
        "when am I free", "am I free", "am I available", "when are we free", "free slot",
        "free slots", "find a free slot", "find a time", "find time", "available times",
        "availability", "open slots", "what times work", "what time would suit",
        "when can we find time", "מתי נוכל לשבת", "when can we meet", "when is everyone free",
        "מתי אני פנוי", "מתי אני פנויה", "האם אני פנוי", "האם אני פנויה", "אני פנוי", "אני פנויה",
        "מתי אנחנו פנויים", "זמן פנוי", "זמנים פנויים", "חלון פנוי", "מצא זמן", "מצא לי זמן",
        "תמצא זמן פנוי", "מתי אפשר להיפגש", "מתי אפשר", "מתי יש לי זמן", "מתי כולם פנויים",
        "בדוק זמינות", "זמינות",
    ),
)  # fmt: skip
async def availability(
    when: TimeWish | None = None,
    attendees: list[Contact] | None = None,
    minutes: Minutes | None = None,
    *,
    ctx: AgentContext,
) -> SlotsFound:
    """Find free time slots, for me and for others whose calendar is known, within working hours;
    tell whether an exact time is free."""
    length = dt.timedelta(minutes=minutes or ctx.workspace.meeting_minutes)
    people = attendees or []
    if when is not None and when.start is not None:
        start = _in_zone(when.start, ctx)
        window = around(start, ctx.workspace, ctx.now)
        wanted = Interval(start, start + length)
    else:
        window = searched(when, ctx.workspace, ctx.now)
        wanted = None
    schedule = await asyncio.to_thread(
        read_schedule, ctx.workspace, people, _all_of(window, wanted)
    )
    warnings = unknown_calendars(schedule.unknown, ctx) + unreadable(schedule.problems, ctx)
    if wanted is not None:
        found, said = _at(wanted, schedule, window, length, ctx)
    else:
        found, said = _within(window, schedule, length, ctx)
    n = len(found)
    ctx.progress(
        ctx.say(
            he="נמצא זמן פנוי אחד" if n == 1 else f"נמצאו {n} זמנים פנויים",
            en=f"found {n} free slot{'' if n == 1 else 's'}",
        )
    )
    return SlotsFound(slots=found, warnings=said + warnings)


def _in_zone(start: dt.datetime, ctx: AgentContext) -> dt.datetime:
    zone = ctx.workspace.zone
    return start.replace(tzinfo=zone) if start.tzinfo is None else start.astimezone(zone)


def _all_of(window: Window, wanted: Interval | None) -> Interval:
    whole = window.interval
    if wanted is None:
        return whole
    return Interval(min(whole.start, wanted.start), max(whole.end, wanted.end))


def _at(
    wanted: Interval, schedule: Schedule, window: Window, length: dt.timedelta, ctx: AgentContext
) -> tuple[list[Slot], list[str]]:
    """The time that was asked for if it is free, else the nearest that are."""
    said = []
    if wanted.start < ctx.now:
        said.append(ctx.say(he="הזמן הזה כבר עבר", en="this time is past"))
    elif taken := schedule.conflicts(wanted):
        titles = ", ".join(o.title or "—" for o in taken[:3])
        words = time_in_words(wanted, ctx)
        said.append(ctx.say(he=f"{words} תפוס: {titles}", en=f"{words} is taken: {titles}"))
    else:
        if not working_hours(ctx.workspace).hold(wanted):
            said.append(ctx.say(he="מחוץ לשעות העבודה", en="outside working hours"))
        reason = ctx.say(he="הזמן המבוקש פנוי", en="the time that was asked for is free")
        return [_slot(wanted, reason, ctx)], said
    free = schedule.gaps(window, not_before=ctx.now)
    near = slots.nearest(slots.slots(free, length=length), wanted.start, limit=_MAX_SLOTS)
    return [_slot(s, _reason(s, free, schedule.known, ctx), ctx) for s in near], said


def _within(
    window: Window, schedule: Schedule, length: dt.timedelta, ctx: AgentContext
) -> tuple[list[Slot], list[str]]:
    free = schedule.gaps(window, not_before=ctx.now)
    zone = ctx.workspace.zone
    found = slots.spread(slots.slots(free, length=length), zone=zone, limit=_MAX_SLOTS)
    said = []
    if not found:
        said.append(
            ctx.say(
                he=f"אין זמן פנוי בשעות העבודה מ־{window.first} עד {window.last}",
                en=f"no free time within working hours from {window.first} to {window.last}",
            )
        )
    return [_slot(s, _reason(s, free, schedule.known, ctx), ctx) for s in found], said


def _slot(interval: Interval, reason: str, ctx: AgentContext) -> Slot:
    zone = ctx.workspace.zone
    return Slot(
        start=interval.start.astimezone(zone), end=interval.end.astimezone(zone), reason=reason
    )


def _reason(
    slot: Interval, free: Sequence[Interval], known: Sequence[Contact], ctx: AgentContext
) -> str:
    """How long the gap is that the slot lies in, and for whom."""
    gap = next(g for g in free if g.start <= slot.start and slot.end <= g.end)
    zone = ctx.workspace.zone
    hours = f"{gap.start.astimezone(zone):%H:%M}–{gap.end.astimezone(zone):%H:%M}"
    names = ", ".join(contact.name for contact in known)
    return ctx.say(
        he=f"פנוי {hours}" + (f", גם אצל {names}" if names else ""),
        en=f"free {hours}" + (f", also for {names}" if names else ""),
    )
