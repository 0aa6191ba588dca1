"""All that a request says about time, and what it means for a reading or for a meeting."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from tizmor.planner.embedded import clocks, dates
from tizmor.planner.embedded.clocks import Clock, Clocked, Duration, Hours, Part, Soon
from tizmor.planner.embedded.periods import (
    Month,
    Named,
    Quarter,
    Range,
    Reference,
    Stretch,
    Unit,
    Weekday,
    Year,
    is_exact_day,
    resolve,
)
from tizmor.planner.embedded.tokens import Kind, Token, surface
from tizmor.ports.vocabulary import Period, TimeWish
from tizmor.ports.workspace import Day, Workspace

T = TypeVar("T")


class Mention(NamedTuple):
    """One expression of time: the tokens from `start` to before `end`, and what they say."""

    start: int
    end: int
    value: Named | Range | Clocked
    said: str


class Wish(NamedTuple):
    """A wish for a meeting, resolved. `past` when it lies before now."""

    when: TimeWish | None
    minutes: int | None
    past: bool = False


def mentions(tokens: Sequence[Token], text: str) -> list[Mention]:
    """Every expression of time, in order, without overlaps."""
    found: list[Mention] = []
    i = 0
    while i < len(tokens):
        is_mark = tokens[i].kind is Kind.MARK and tokens[i].text != "@"
        read = None if is_mark else dates.find(tokens, i) or clocks.find(tokens, i)
        if read is None:
            i += 1
            continue
        value, end = read
        found.append(Mention(i, end, value, surface(tokens[i:end], text).removesuffix("'s")))
        i = end
    return found


def reference(now: dt.datetime, workspace: Workspace, *, past: bool) -> Reference:
    """What relative days are relative to; weeks start where the workspace's do."""
    week_start = Day.SUN if Day.SUN in workspace.working_days else Day.MON
    return Reference(now.date(), past, int(week_start))


def period(found: Sequence[Mention], at: Reference) -> Period | None:
    """The days that a reading is about, or None when no day is said."""
    days, said = _days(found, at)
    if days is None:
        return None
    first, last = days
    start = first or (dt.date(1970, 1, 1) if at.past else at.today)
    return Period(start=start, end=max(start, last or max(start, at.today)), label=said)


def wish(found: Sequence[Mention], now: dt.datetime, workspace: Workspace) -> Wish:
    """When a meeting is wanted, and for how long."""
    at = reference(now, workspace, past=False)
    minutes = next((m.value.minutes for m in found if isinstance(m.value, Duration)), None)
    said = " ".join(m.said for m in found if not isinstance(m.value, Duration))
    soon = next((m.value for m in found if isinstance(m.value, Soon)), None)
    if soon is not None:
        start = (now + dt.timedelta(minutes=soon.minutes)).replace(second=0, microsecond=0)
        return Wish(TimeWish(said=said, start=start), minutes)
    days, _ = _days(found, at)
    clock, part, hours = _first(found, Clock), _first(found, Part), _first(found, Hours)
    if clock is not None and part is not None and not clock.exact and clock.hour <= 12:
        clock = clocks.within(clock, part)
    exact = days is not None and days[0] is not None and days[0] == days[1]
    if clock is not None and exact and days and days[0]:
        start = dt.datetime.combine(days[0], _time(clock, workspace), now.tzinfo)
        when = TimeWish(said=said, start=start)
        return Wish(when, minutes, start < now)
    if days is None and clock is None and part is None and hours is None:
        return Wish(None, minutes)
    earliest, latest = _hours_of(clock, part, hours, minutes, workspace)
    first, last = days or (None, None)
    over = last is not None and last < now.date()
    if not over and first is not None:
        first = max(first, now.date())
    when = TimeWish(said=said, first_day=first, last_day=last, earliest=earliest, latest=latest)
    return Wish(when, minutes, over)


def fixed(wish: Wish, found: Sequence[Mention], now: dt.datetime) -> Wish:
    """The wish for a meeting that begins and ends when it says: on 10 December from 9:30 to 11:30.

    A length that is said, too, is looked for within the hours; so is a meeting between two hours
    that lie far apart.
    """
    when = wish.when
    said = next((m for m in found if isinstance(m.value, Hours)), None)
    if said is None or wish.minutes is not None or when is None:
        return wish
    if when.earliest is None or when.latest is None:
        return wish
    minutes = _minutes_between(when.earliest, when.latest)
    is_window = said.said.lower().startswith(_BETWEEN) and minutes > _LONGEST_BETWEEN
    if is_window or minutes < _SHORTEST:
        return wish
    if when.first_day is None or when.first_day != when.last_day:
        return wish._replace(minutes=minutes)
    start = dt.datetime.combine(when.first_day, when.earliest, now.tzinfo)
    return Wish(TimeWish(said=when.said, start=start), minutes, wish.past or start < now)


_BETWEEN = ("between", "בין")
_LONGEST_BETWEEN = 180
_SHORTEST = 5


def _minutes_between(first: dt.time, last: dt.time) -> int:
    return (last.hour - first.hour) * 60 + last.minute - first.minute


def begins_by(mention: Mention, at: Reference) -> bool:
    """Whether the days that are said, read as `at` does, have begun by today."""
    if not isinstance(mention.value, Named | Range):
        return False
    first, _ = resolve(mention.value, at)
    return first is not None and first <= at.today


def whole(wish: Wish) -> Wish:
    """The wish for all of the hours that it says: Wednesday from 2pm to 4pm."""
    when = wish.when
    if when is None or wish.minutes or None in (when.earliest, when.latest):
        return wish
    if when.first_day is None or when.first_day != when.last_day:
        return wish
    minutes = _minutes_between(when.earliest or dt.time(), when.latest or dt.time())
    return wish._replace(minutes=minutes) if minutes >= _SHORTEST else wish


def _days(
    found: Sequence[Mention], at: Reference
) -> tuple[tuple[dt.date | None, dt.date | None] | None, str]:
    """The days of all that is said together, and how they were said."""
    named = [(m.value, m.said) for m in found if isinstance(m.value, Named | Range)]
    if not named:
        return None, ""
    (value, said), rest = named[0], named[1:]
    inside = _weekday_in_week([v for v, _ in named], at)
    if inside is not None:
        return (inside, inside), " ".join(s for _, s in named[:2])
    first, last = resolve(value, at)
    for other, also in rest:
        # Tuesday or Wednesday: any of the days between the two.
        alike = type(value) is type(other) and isinstance(value, Month | Quarter | Year)
        if not alike and not (is_exact_day(value) and is_exact_day(other)):
            break
        start, end = resolve(other, at)
        if start and end and first and last:
            first, last = min(first, start), max(last, end)
            said = f"{said} {also}"
    return (first, last), said


def _weekday_in_week(values: Sequence[Named | Range], at: Reference) -> dt.date | None:
    """Next week on Tuesday: the Tuesday of that week."""
    weekday = next((v for v in values if isinstance(v, Weekday)), None)
    week = next((v for v in values if isinstance(v, Stretch) and v.unit is Unit.WEEK), None)
    if weekday is None or week is None or week.units > 1:
        return None
    first, _ = resolve(week, at)
    return first + dt.timedelta(days=(weekday.day - at.week_start) % 7) if first else None


def _first(found: Sequence[Mention], kind: type[T]) -> T | None:
    return next((m.value for m in found if isinstance(m.value, kind)), None)


def _hours_of(
    clock: Clock | None,
    part: Part | None,
    hours: Hours | None,
    minutes: int | None,
    workspace: Workspace,
) -> tuple[dt.time | None, dt.time | None]:
    if clock is not None:
        start = _time(clock, workspace)
        return start, _later(start, minutes or workspace.meeting_minutes)
    if hours is not None:
        after = _time(hours.after, workspace) if hours.after else None
        before = _time(hours.before, workspace) if hours.before else None
        if after and before and before <= after:
            before = None
        return after, before
    return (part.earliest, part.latest) if part else (None, None)


def _later(time: dt.time, minutes: int) -> dt.time:
    whole = min(time.hour * 60 + time.minute + minutes, 24 * 60 - 1)
    return dt.time(whole // 60, whole % 60)


def _time(clock: Clock, workspace: Workspace) -> dt.time:
    """The hour meant: of the two that a clock shows, the one inside (or nearest) working hours."""
    if clock.exact or not 1 <= clock.hour <= 12:
        return dt.time(clock.hour % 24, clock.minute)
    morning = dt.time(clock.hour % 12, clock.minute)
    afternoon = dt.time(clock.hour % 12 + 12, clock.minute)
    return min((morning, afternoon), key=lambda t: _distance(t, workspace))


def _distance(time: dt.time, workspace: Workspace) -> int:
    start, end = workspace.working_start, workspace.working_end
    minutes = time.hour * 60 + time.minute
    if time < start:
        return start.hour * 60 + start.minute - minutes
    return max(0, minutes - end.hour * 60 - end.minute)


def exact(text: str, now: dt.datetime) -> Wish | None:
    """The wish for a time written in ISO 8601, or None when it isn't written so."""
    try:
        start = dt.datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    if len(text.strip()) <= len("2026-11-21"):
        return None
    start = start.astimezone(now.tzinfo) if start.tzinfo else start.replace(tzinfo=now.tzinfo)
    return Wish(TimeWish(said=text.strip(), start=start), None, start < now)
