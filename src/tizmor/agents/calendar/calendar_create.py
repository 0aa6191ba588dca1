"""Calendar: a meeting is created, at a time that is free for all and that a human has seen.

The time is found before the gate and checked again at the call, under the calendar's lock. Whoever
edits the time at the gate edits `start`; a taken one comes back as a question.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from typing import Any

import msgspec

from tizmor.agents.calendar.event_file import (
    Invitation,
    calendar_lock,
    can_be_invited,
    delete_event,
    read_event,
    uid_of,
    write_event,
)
from tizmor.agents.calendar.schedule import read_schedule
from tizmor.agents.calendar.slots import Interval
from tizmor.agents.calendar.time_choice import choose_time
from tizmor.agents.calendar.wording import time_in_words
from tizmor.core.errors import OutcomeUnknown, Permanent, PreconditionFailed
from tizmor.ports.agent import AgentContext, Effect, Gate, Resource, agent
from tizmor.ports.vocabulary import Contact, Meeting, Minutes, TimeWish, Title, Value


class MeetingCreated(Value, frozen=True):
    """The meeting as it stands in the calendar."""

    meeting: Meeting
    warnings: list[str] = msgspec.field(default_factory=list)


@agent(
    name="Calendar",
    effect=Effect.COMPENSATABLE,
    critical=True,
    control=("attendees", "start", "when", "minutes", "location"),
    resources=(Resource(name="calendar:me"),),
    phrases=(
        "set a meeting", "set up a meeting", "schedule a meeting", "schedule a call",
        "book a meeting", "book time with", "arrange a meeting", "plan a meeting",
        "create an event", "put in the calendar", "add to my calendar", "invite",
        "invite to a meeting",
        "block time in my calendar", "reserve time in my calendar", "חסום זמן ביומן",
        "שריין זמן ביומן", "שמור לי זמן ביומן",
        "meet with", "קבע פגישה", "תקבע פגישה", "תקבעי פגישה", "לקבוע פגישה", "קבעי פגישה",
        "נקבע פגישה", "תאם פגישה", "תתאם פגישה", "לתאם פגישה", "תאמי פגישה", "תזמן פגישה",
        "תזמני פגישה", "לתזמן פגישה", "זמן פגישה", "תזמין פגישה", "לזמן פגישה", "הזמן לפגישה",
        "תזמין לפגישה", "ארגן פגישה", "תארגן פגישה", "קבע שיחה", "תקבע שיחה", "קבע שיחה עם",
        "פגישה עם", "שיחה עם", "להיפגש עם", "הוסף ליומן", "תוסיף ליומן", "שים ביומן", "תכניס ליומן",
    ),
)  # fmt: skip
async def calendar_create(
    title: Title,
    attendees: list[Contact],
    when: TimeWish | None = None,
    minutes: Minutes | None = None,
    start: dt.datetime | None = None,
    location: str | None = None,
    description: str | None = None,
    overlap_at: dt.datetime | None = None,
    notes: list[str] | None = None,
    notes_for: dt.datetime | None = None,
    unread: list[str] | None = None,
    *,
    ctx: AgentContext,
) -> MeetingCreated:
    """Create a meeting in the calendar with people, at a free time or at the time that is said.

    The preparation fills `start`, `overlap_at` (the start that a human kept although it's taken),
    `notes` (what the human should know of the time `notes_for`) and `unread` (the calendar files
    known to be unreadable). Raises `PreconditionFailed` when the time is past, no longer free, or
    a further calendar file can't be read.
    """
    if start is None:
        raise PreconditionFailed("no time was chosen")
    invitation = Invitation(
        title=title,
        interval=_interval(start, minutes, ctx),
        attendees=attendees,
        location=location,
        description=description,
    )
    meeting = await asyncio.to_thread(
        _create, invitation, _same(overlap_at, start, ctx), unread or (), ctx
    )
    words = time_in_words(Interval(meeting.start, meeting.end), ctx)
    ctx.progress(ctx.say(he=f"הפגישה נקבעה: {words}", en=f"meeting set: {words}"))
    return MeetingCreated(meeting=meeting, warnings=_not_invited(attendees, ctx))


def _create(
    invitation: Invitation, may_overlap: bool, unread: Sequence[str], ctx: AgentContext
) -> Meeting:
    """The check and the write, as one; the event of an earlier attempt is given back as it is."""
    workspace, uid = ctx.workspace, uid_of(ctx.key)
    try:
        with calendar_lock(workspace):
            earlier = read_event(workspace, uid)
            if earlier is not None:
                return earlier
            _check_not_past(invitation.interval, ctx)
            if not may_overlap:
                _check_free(invitation, unread, ctx)
            return write_event(workspace, uid, invitation, ctx.now)
    except ValueError as error:
        raise Permanent(f"the event can't be written: {error}") from error


def _check_not_past(interval: Interval, ctx: AgentContext) -> None:
    if interval.start < ctx.now:
        raise PreconditionFailed(ctx.say(he="הזמן כבר עבר", en="the time is past"))


def _check_free(invitation: Invitation, unread: Sequence[str], ctx: AgentContext) -> None:
    """The time is free in all calendars but those `unread`, which the human was told of."""
    interval = invitation.interval
    schedule = read_schedule(ctx.workspace, invitation.attendees, interval)
    taken = schedule.conflicts(interval)
    if taken:
        words = time_in_words(interval, ctx)
        raise PreconditionFailed(
            ctx.say(
                he=f"{words} כבר תפוס: {taken[0].title}", en=f"{words} is taken: {taken[0].title}"
            )
        )
    if newly := [file for file in schedule.unread() if file not in unread]:
        raise PreconditionFailed(
            ctx.say(he=f"אי אפשר לקרוא את {newly[0]}", en=f"{newly[0]} can't be read")
        )


@calendar_create.prepare
async def _prepare(
    *,
    title: Title,
    attendees: list[Contact],
    when: TimeWish | None = None,
    minutes: Minutes | None = None,
    start: dt.datetime | None = None,
    ctx: AgentContext,
    **_rest: object,
) -> dict[str, Any]:
    """The time: the one that was edited or said, else the first that is free for all."""
    length = _length(minutes, ctx)
    choice = await asyncio.to_thread(choose_time, when, start, attendees, length, ctx)
    start_text = choice.start.isoformat()
    return {
        "start": start_text,
        "minutes": int(length.total_seconds()) // 60,
        "overlap_at": start_text if choice.allow_overlap else None,
        "notes": list(choice.notes),
        "notes_for": start_text,
        "unread": list(choice.unread),
    }


@calendar_create.gate
def _gate(
    *,
    title: Title,
    attendees: list[Contact],
    minutes: Minutes | None = None,
    start: dt.datetime | None = None,
    location: str | None = None,
    description: str | None = None,
    notes: list[str] | None = None,
    notes_for: dt.datetime | None = None,
    ctx: AgentContext,
    **_rest: object,
) -> Gate:
    if start is None:
        raise Permanent("no time was chosen")
    me = ctx.workspace.me_name or ctx.workspace.me_email
    known = notes or () if _same(notes_for, start, ctx) else (_edited(ctx),)
    details = {
        ctx.say(he="מקום", en="location"): location,
        ctx.say(he="תיאור", en="description"): description,
    }
    return Gate(
        action=ctx.say(he=f"יצירת פגישה: {title}", en=f"create a meeting: {title}"),
        time=time_in_words(_interval(start, minutes, ctx), ctx),
        participants=tuple(filter(None, [me, *map(_participant, attendees)])),
        details={name: value for name, value in details.items() if value},
        warnings=(*known, *_not_invited(attendees, ctx)),
    )


@calendar_create.probe
async def _probe(key: str, *, ctx: AgentContext) -> MeetingCreated | None:
    try:
        meeting = await asyncio.to_thread(read_event, ctx.workspace, uid_of(key))
    except (OSError, ValueError, KeyError) as error:
        raise OutcomeUnknown(f"the event's file can't be read: {error}") from error
    return MeetingCreated(meeting=meeting) if meeting else None


@calendar_create.compensate
async def _compensate(result: MeetingCreated, *, ctx: AgentContext) -> None:
    await asyncio.to_thread(delete_event, ctx.workspace, result.meeting.uid)


def _length(minutes: int | None, ctx: AgentContext) -> dt.timedelta:
    return dt.timedelta(minutes=minutes or ctx.workspace.meeting_minutes)


def _interval(start: dt.datetime, minutes: int | None, ctx: AgentContext) -> Interval:
    """The meeting's time. A time without a zone, as a human types it, is in the workspace's."""
    begin = _instant(start, ctx)
    return Interval(begin, begin + _length(minutes, ctx))


def _instant(start: dt.datetime, ctx: AgentContext) -> dt.datetime:
    zoned = start.replace(tzinfo=ctx.workspace.zone) if start.tzinfo is None else start
    return zoned.astimezone(dt.UTC)


def _same(meant: dt.datetime | None, start: dt.datetime, ctx: AgentContext) -> bool:
    """Whether what was found out or allowed for the time `meant` holds for this start."""
    return meant is not None and _instant(meant, ctx) == _instant(start, ctx)


def _edited(ctx: AgentContext) -> str:
    return ctx.say(
        he="הזמן נערך: הוא ייבדק עם האישור",
        en="the time was edited: it is checked once it is approved",
    )


def _participant(contact: Contact) -> str:
    return f"{contact.name} <{contact.email}>" if contact.email else contact.name


def _not_invited(attendees: list[Contact], ctx: AgentContext) -> list[str]:
    return [
        ctx.say(
            he=f"ל{contact.name} אין כתובת מייל, ולכן אין הזמנה",
            en=f"{contact.name} has no usable e-mail address and is not invited",
        )
        for contact in attendees
        if not can_be_invited(contact)
    ]
