"""CalendarSearch: what is in the calendar."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence

import msgspec

from tizmor.agents.calendar.ics import Occurrence, read_mine
from tizmor.agents.calendar.slots import Interval
from tizmor.agents.calendar.wording import unreadable
from tizmor.ports.agent import Access, AgentContext, Effect, Resource, agent
from tizmor.ports.vocabulary import CalendarEvent, Period, PersonName, Topic, Value
from tizmor.text.names import names_meet

_DEFAULT_DAYS = 7
_MAX_DAYS = 750
_DAY = dt.timedelta(days=1)


class EventsFound(Value, frozen=True):
    """Events by time, recurring ones once for each occurrence."""

    events: list[CalendarEvent]
    warnings: list[str] = msgspec.field(default_factory=list)


@agent(
    name="CalendarSearch",
    timeout=dt.timedelta(minutes=1),
    effect=Effect.READ,
    resources=(Resource(name="calendar:me", access=Access.SHARED),),
    untrusted=True,
    phrases=(
        "what is on my calendar", "what's on my calendar", "what do I have", "my meetings",
        "which meetings do I have", "list my meetings", "show my calendar", "agenda for tomorrow",
        "my schedule", "upcoming events", "events this week", "when is the meeting with",
        "what have I got", "what I have on", "do I have", "what does my day look like",
        "what does my week look like",
        "anything in my calendar", "when am I meeting", "when am I seeing",
        "what is planned", "what is scheduled", "איך נראה היומן", "איך נראה היום שלי", "מה מתוכנן",
        "מה קבוע לי",
        "מה יש לי ביומן", "מה ביומן שלי", "מה יש לי", "אילו פגישות יש לי",
        "איזה פגישות יש לי",
        "הפגישות שלי", "תראה את היומן", "הראה לי את היומן", "הצג פגישות", "מה הלו״ז שלי",
        "מה הלוז שלי", "לוח הזמנים שלי", "מתי הפגישה עם", "מתי אני נפגש עם",
        "מתי אני פוגש את", "מצא פגישות",
    ),
)  # fmt: skip
async def calendar_search(
    period: Period | None = None,
    topics: list[Topic] | None = None,
    people: list[PersonName] | None = None,
    *,
    ctx: AgentContext,
) -> EventsFound:
    """List the events and meetings in my calendar in a period (the next seven days where none is
    said), by topic and by people."""
    window, cut = _window(period, ctx)
    read = await asyncio.to_thread(read_mine, ctx.workspace, window)
    events = [
        _event(o)
        for o in read.found
        if not o.cancelled and _is_about(o, topics or []) and _is_with(o, people or [])
    ]
    n = len(events)
    ctx.progress(
        ctx.say(
            he="נמצא אירוע אחד" if n == 1 else f"נמצאו {n} אירועים",
            en=f"found {n} event{'' if n == 1 else 's'}",
        )
    )
    warnings = unreadable(read.problems, ctx)
    if cut:
        warnings.append(
            ctx.say(
                he=f"החיפוש הוגבל ל־{_MAX_DAYS} ימים", en=f"the search is cut to {_MAX_DAYS} days"
            )
        )
    return EventsFound(events=events, warnings=warnings)


def _window(period: Period | None, ctx: AgentContext) -> tuple[Interval, bool]:
    """The days of the period, or from now to the end of the seventh day; and whether it was cut."""
    zone = ctx.workspace.zone

    def midnight(day: dt.date) -> dt.datetime:
        return dt.datetime.combine(day, dt.time(), zone)

    if period is None:
        return Interval(ctx.now, midnight(ctx.now.date() + (_DEFAULT_DAYS + 1) * _DAY)), False
    last = min(period.end, period.start + _MAX_DAYS * _DAY)
    return Interval(midnight(period.start), midnight(last + _DAY)), last != period.end


def _event(occurrence: Occurrence) -> CalendarEvent:
    return CalendarEvent(
        start=occurrence.start,
        end=occurrence.end,
        title=occurrence.title,
        attendees=occurrence.attendees,
        location=occurrence.location,
        all_day=occurrence.all_day,
        uid=occurrence.uid,
        file=occurrence.file,
    )


def _is_about(occurrence: Occurrence, topics: Sequence[str]) -> bool:
    text = f"{occurrence.title} {occurrence.location or ''}"
    return not topics or any(_mentions(text, topic) for topic in topics)


def _is_with(occurrence: Occurrence, people: Sequence[str]) -> bool:
    """Whether somebody who is asked for is invited, or named in the title."""
    texts = (*occurrence.attendees, occurrence.title)
    return not people or any(_mentions(text, person) for person in people for text in texts)


def _mentions(text: str, wanted: str) -> bool:
    """Whether all words of `wanted` are in the text, in either script."""
    return len(wanted.split()) <= len(text.split()) and names_meet(wanted, text)
