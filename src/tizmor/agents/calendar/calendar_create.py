"""Calendar: a meeting is created, at a time that is free for all and that a human has seen.

The time is found before the gate and checked again at the call, under the calendar's lock. What was
found out and allowed holds for one start, length and circle of people: whoever edits one of them at
the gate sees there what is to be said of the edited time, and a taken one comes back as a question.
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
from tizmor.agents.calendar.time_choice import choose_time, notes_on, people_of
from tizmor.agents.calendar.wording import time_in_words
from tizmor.core.errors import OutcomeUnknown, Permanent, PreconditionFailed
from tizmor.ports.agent import AgentContext, Booking, Effect, Gate, Resource, agent
from tizmor.ports.vocabulary import Contact, Meeting, Minutes, TimeWish, Title, Value


class Checked(Value, frozen=True):
    """What the calendars were looked at for, and what the human was told and allowed for it alone.

    `may_overlap`: it stands although it's taken; `unread`: calendar files that can't be read.
    """

    start: dt.datetime
    minutes: int
    people: list[str]
    may_overlap: bool = False
    notes: list[str] = msgspec.field(default_factory=list)
    unread: list[str] = msgspec.field(default_factory=list)


class MeetingCreated(Value, frozen=True):
    """The meeting as it stands in the calendar."""

    meeting: Meeting
    warnings: list[str] = msgspec.field(default_factory=list)


@agent(
    name="Calendar",
    effect=Effect.COMPENSATABLE,
    timeout=dt.timedelta(minutes=1),
    critical=True,
    control=("attendees", "start", "when", "minutes", "location"),
    resources=(Resource(name="calendar:me"),),
    books=Booking(start=("/start", "/when/start"), minutes="/minutes", people="/attendees"),
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
    checked: Checked | None = None,
    *,
    ctx: AgentContext,
) -> MeetingCreated:
    """Create a meeting in the calendar with people, at a free time or at the time that is said.

    The preparation fills `start` and `checked`. Raises `PreconditionFailed` when the time is past,
    no longer free, or a calendar file can't be read that the human wasn't told of.
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
    known = checked if _holds(checked, invitation) else None
    meeting = await asyncio.to_thread(_create, invitation, known, ctx)
    words = time_in_words(Interval(meeting.start, meeting.end), ctx)
    ctx.progress(ctx.say(he=f"הפגישה נקבעה: {words}", en=f"meeting set: {words}"))
    return MeetingCreated(meeting=meeting, warnings=_not_invited(attendees, ctx))


def _create(invitation: Invitation, known: Checked | None, ctx: AgentContext) -> Meeting:
    """The check and the write, as one; the event of an earlier attempt is given back as it is."""
    workspace, uid = ctx.workspace, uid_of(ctx.key)
    try:
        with calendar_lock(workspace):
            earlier = read_event(workspace, uid)
            if earlier is not None:
                return earlier
            _check_not_past(invitation.interval, ctx)
            if known is None or not known.may_overlap:
                _check_free(invitation, known.unread if known else (), ctx)
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
    length_in_minutes = int(length.total_seconds()) // 60
    checked = Checked(
        start=choice.start,
        minutes=length_in_minutes,
        people=people_of(attendees),
        may_overlap=choice.allow_overlap,
        notes=list(choice.notes),
        unread=list(choice.unread),
    )
    return {
        "start": start_text,
        "minutes": length_in_minutes,
        "checked": msgspec.to_builtins(checked),
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
    checked: Checked | None = None,
    ctx: AgentContext,
    **_rest: object,
) -> Gate:
    if start is None:
        raise Permanent("no time was chosen")
    me = ctx.workspace.me_name or ctx.workspace.me_email
    invitation = Invitation(
        title=title, interval=_interval(start, minutes, ctx), attendees=attendees
    )
    known = checked is not None and _holds(checked, invitation)
    notes = checked.notes if checked and known else _notes_on_edited(invitation, ctx)
    details = {
        ctx.say(he="מקום", en="location"): location,
        ctx.say(he="תיאור", en="description"): description,
    }
    return Gate(
        action=ctx.say(he=f"יצירת פגישה: {title}", en=f"create a meeting: {title}"),
        time=time_in_words(invitation.interval, ctx),
        participants=tuple(filter(None, [me, *map(_participant, attendees)])),
        details={name: value for name, value in details.items() if value},
        warnings=(*notes, *_not_invited(attendees, ctx)),
    )


@calendar_create.foresee
async def _foresee(
    *,
    title: Title,
    attendees: list[Contact],
    minutes: Minutes | None = None,
    start: dt.datetime | None = None,
    ctx: AgentContext,
    **_rest: object,
) -> dict[str, Any]:
    """The meeting but for its file and its id, which come with the call's key."""
    if start is None:
        raise Permanent("no time was chosen")
    interval = _interval(start, minutes, ctx)
    zone = ctx.workspace.zone
    return {
        "meeting": {
            "start": interval.start.astimezone(zone).isoformat(),
            "end": interval.end.astimezone(zone).isoformat(),
            "title": title,
            "attendees": [contact.email for contact in attendees if can_be_invited(contact)],
            "link": None,
        },
        "warnings": _not_invited(attendees, ctx),
    }


@calendar_create.probe
async def _probe(key: str, *, ctx: AgentContext) -> MeetingCreated | None:
    try:
        meeting = await asyncio.to_thread(read_event, ctx.workspace, uid_of(key))
    except (OSError, ValueError, KeyError) as error:
        raise OutcomeUnknown(f"the event's file can't be read: {error}") from error
    return MeetingCreated(meeting=meeting) if meeting else None


@calendar_create.compensate
async def _compensate(result: MeetingCreated | None, *, ctx: AgentContext) -> None:
    """The call's key names its event, also where nobody knows what the call gave."""
    await asyncio.to_thread(delete_event, ctx.workspace, uid_of(ctx.key))


def _length(minutes: int | None, ctx: AgentContext) -> dt.timedelta:
    return dt.timedelta(minutes=minutes or ctx.workspace.meeting_minutes)


def _interval(start: dt.datetime, minutes: int | None, ctx: AgentContext) -> Interval:
    """The meeting's time. A time without a zone, as a human types it, is in the workspace's."""
    begin = _instant(start, ctx)
    return Interval(begin, begin + _length(minutes, ctx))


def _instant(start: dt.datetime, ctx: AgentContext) -> dt.datetime:
    zoned = start.replace(tzinfo=ctx.workspace.zone) if start.tzinfo is None else start
    return zoned.astimezone(dt.UTC)


def _holds(checked: Checked | None, invitation: Invitation) -> bool:
    """Whether what was found out and allowed is about this very time and these very people."""
    if checked is None:
        return False
    length = invitation.interval.end - invitation.interval.start
    return (
        checked.start.astimezone(dt.UTC) == invitation.interval.start
        and dt.timedelta(minutes=checked.minutes) == length
        and checked.people == people_of(invitation.attendees)
    )


def _notes_on_edited(invitation: Invitation, ctx: AgentContext) -> list[str]:
    """What is to be said of a meeting that a human has just edited, by the calendars now."""
    interval = invitation.interval
    schedule = read_schedule(ctx.workspace, invitation.attendees, interval)
    notes = list(notes_on(interval, schedule, ctx))
    if interval.start < ctx.now:
        notes.insert(0, ctx.say(he="הזמן כבר עבר", en="the time is past"))
    if interval.start < ctx.now or schedule.conflicts(interval):
        notes.append(
            ctx.say(
                he="אם יאושר כך, תישאל שאלה על הזמן לפני שהפגישה תיקבע",
                en="approved so, you are asked about the time before the meeting is set",
            )
        )
    return notes


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
