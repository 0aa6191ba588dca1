"""Days and periods as a request names them, and the dates that they mean on a given day.

Conventions (said to the user wherever they decide): a next X is the first such day after today; a
month in the past tense is its last occurrence, in the future tense its next; a date without year
is the nearest one in the direction of the tense.
"""

from __future__ import annotations

import calendar
import datetime as dt
import enum
from typing import NamedTuple

DAY = dt.timedelta(days=1)
RECENT = dt.timedelta(days=60)
"""How long a date without year that has passed is still the one meant, and so a mistake."""

Days = tuple[dt.date | None, dt.date | None]
"""First and last day, both included; None is open."""


class Turn(enum.StrEnum):
    """Which of the recurring ones is said; BARE leaves it to the tense."""

    LAST = "last"
    THIS = "this"
    NEXT = "next"
    BARE = "bare"


class Unit(enum.StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class Offset(NamedTuple):
    """So many days from today."""

    days: int


class Weekday(NamedTuple):
    day: int
    turn: Turn = Turn.BARE


class Date(NamedTuple):
    day: int
    month: int | None = None
    year: int | None = None


class Month(NamedTuple):
    month: int
    year: int | None = None
    turn: Turn = Turn.BARE
    years_back: int = 0


class Stretch(NamedTuple):
    """so many units: the last three weeks, next month, this quarter."""

    unit: Unit
    turn: Turn
    units: int = 1


class Ahead(NamedTuple):
    """After so many units (in two weeks); before, when negative (a month ago)."""

    unit: Unit
    units: int


class Quarter(NamedTuple):
    number: int
    year: int | None = None
    turn: Turn = Turn.BARE


class Year(NamedTuple):
    year: int


class Weekend(NamedTuple):
    turn: Turn = Turn.BARE


class Portion(NamedTuple):
    """A part of a period: from the `first` to the `last` of `of_parts` equal parts."""

    of: Named
    first: int
    last: int
    of_parts: int


Named = Offset | Weekday | Date | Month | Stretch | Ahead | Quarter | Year | Weekend | Portion


class Range(NamedTuple):
    """From a day to another; the ends may be open. `beyond` leaves the named end itself out."""

    first: Named | None
    last: Named | None
    beyond: bool = False


class Reference(NamedTuple):
    """What relative days are relative to."""

    today: dt.date
    past: bool
    week_start: int
    """As `date.weekday()` counts."""


def resolve(named: Named | Range, at: Reference) -> Days:
    """The days that are meant. A date that does not exist (31 April) is the last of its month."""
    if isinstance(named, Range):
        return _range(named, at)
    match named:
        case Offset():
            return _offset(named, at)
        case Weekday():
            return _weekday(named, at)
        case Date():
            return _date(named, at)
        case Month():
            return _month(named, at)
        case Stretch():
            return _stretch(named, at)
        case Ahead():
            return _ahead(named, at)
        case Quarter():
            return _quarter(named, at)
        case Year():
            return dt.date(named.year, 1, 1), dt.date(named.year, 12, 31)
        case Weekend():
            return _weekend(named, at)
        case Portion():
            return _portion(named, at)


def is_exact_day(named: Named | Range) -> bool:
    """Whether one day is said, not a period."""
    return isinstance(named, Offset | Weekday | Date) or (
        isinstance(named, Ahead) and named.unit is Unit.DAY
    )


def _range(named: Range, at: Reference) -> Days:
    since = named.last is None and not named.beyond
    first: Days = (None, None)
    if named.first:
        first = resolve(named.first, at._replace(past=True) if since else at)
    last = resolve(named.last, at) if named.last else (None, None)
    if named.beyond:
        after = first[1] + DAY if first[1] else None
        before = last[0] - DAY if last[0] else None
        return after, before
    start, end = first[0], last[1]
    if start and end and end < start and isinstance(named.last, Weekday) and not at.past:
        end += (start - end).days // 7 * 7 * DAY + 7 * DAY
    if start and end and end < start:
        start, end = _ordered(named, start, end)
    if start and since:
        end = max(start, at.today)
    return start, end


def _ordered(named: Range, start: dt.date, end: dt.date) -> tuple[dt.date, dt.date]:
    """From December to February: of two ends without year the first is the earlier one."""
    if isinstance(named.first, Month | Date) and named.first.year is None:
        return _safe(start.year - 1, start.month, start.day), end
    return end, start


def _offset(named: Offset, at: Reference) -> Days:
    day = at.today + named.days * DAY
    return day, day


def _weekday(named: Weekday, at: Reference) -> Days:
    past = named.turn is Turn.LAST or (named.turn is Turn.BARE and at.past)
    if past:
        day = at.today - ((at.today.weekday() - named.day - 1) % 7 + 1) * DAY
    else:
        day = at.today + ((named.day - at.today.weekday() - 1) % 7 + 1) * DAY
    return day, day


def _date(named: Date, at: Reference) -> Days:
    day = _day_of_month(named, at) if named.month is None else _day_of_year(named, at)
    return day, day


def _day_of_month(named: Date, at: Reference) -> dt.date:
    day = _safe(at.today.year, at.today.month, named.day)
    if at.past and day > at.today:
        return _shift_months(day.replace(day=1), -1, named.day)
    if not at.past and day < at.today:
        return _shift_months(day.replace(day=1), 1, named.day)
    return day


def _day_of_year(named: Date, at: Reference) -> dt.date:
    month = named.month or 1
    if named.year is not None:
        return _safe(named.year, month, named.day)
    day = _safe(at.today.year, month, named.day)
    if at.past and day > at.today:
        return _safe(at.today.year - 1, month, named.day)
    if not at.past and day < at.today - RECENT:
        return _safe(at.today.year + 1, month, named.day)
    return day


def _month(named: Month, at: Reference) -> Days:
    return _whole_month(_month_year(named, at), named.month)


def _month_year(named: Month, at: Reference) -> int:
    today = at.today
    if named.year is not None:
        return named.year
    if named.years_back:
        return today.year - named.years_back
    if named.turn is Turn.LAST:
        return today.year if named.month < today.month else today.year - 1
    if named.turn is Turn.NEXT:
        return today.year if named.month > today.month else today.year + 1
    if named.turn is Turn.THIS:
        return today.year
    if at.past:
        # On a month's first day nothing of it lies in the past yet.
        started = (named.month, 1) < (today.month, today.day)
        return today.year if started else today.year - 1
    return today.year if named.month >= today.month else today.year + 1


def _quarter(named: Quarter, at: Reference) -> Days:
    now = (at.today.month - 1) // 3 + 1
    year = named.year
    if year is None:
        year = at.today.year
        if named.turn is Turn.LAST:
            year -= named.number >= now
        elif named.turn is Turn.NEXT:
            year += named.number <= now
        elif named.turn is Turn.BARE:
            year += -(at.past and named.number > now) or (not at.past and named.number < now)
    return _whole_quarter(year, named.number)


def _stretch(named: Stretch, at: Reference) -> Days:
    steps = {Turn.LAST: -1, Turn.NEXT: 1}.get(named.turn, 0)
    if named.units > 1 and steps:
        # The last three months end today; the next three weeks begin today.
        far = _moved(at.today, named.unit, steps * named.units)
        return (far, at.today) if steps < 0 else (at.today, far)
    return _unit_around(_moved_to_unit(at.today, named.unit, steps), named.unit, at.week_start)


def _weekend(named: Weekend, at: Reference) -> Days:
    """The two last days of the week where it starts on Sunday, Saturday and Sunday elsewhere."""
    first, _ = _unit_around(at.today, Unit.WEEK, at.week_start)
    friday = (first or at.today) + 5 * DAY
    steps = {Turn.LAST: -1, Turn.NEXT: 1}.get(named.turn, 0)
    if named.turn is Turn.BARE and at.past and friday > at.today:
        steps = -1
    start = friday + 7 * steps * DAY
    return start, start + DAY


def _portion(named: Portion, at: Reference) -> Days:
    first, last = resolve(named.of, at)
    if first is None or last is None:
        return first, last
    length = (last - first).days + 1
    if length > 360 and first.day == 1 and named.of_parts == 2:
        half = _shift_months(first, 6, 1)
        return (first, half - DAY) if named.last == 1 else (half, last)
    start = first + length * named.first // named.of_parts * DAY
    return start, first + (length * named.last // named.of_parts - 1) * DAY


def _ahead(named: Ahead, at: Reference) -> Days:
    day = _moved(at.today, named.unit, named.units)
    if named.unit is Unit.WEEK and named.units > 0:
        return day, day + 6 * DAY
    if named.unit in (Unit.DAY, Unit.WEEK):
        return day, day
    return (day, day + 6 * DAY) if named.units > 0 else _unit_around(day, named.unit, 0)


def _moved_to_unit(day: dt.date, unit: Unit, steps: int) -> dt.date:
    if unit in (Unit.DAY, Unit.WEEK):
        return _moved(day, unit, steps)
    return _moved(day.replace(day=1), unit, steps)


def _moved(day: dt.date, unit: Unit, count: int) -> dt.date:
    if unit is Unit.DAY:
        return day + count * DAY
    if unit is Unit.WEEK:
        return day + count * 7 * DAY
    months = {Unit.MONTH: 1, Unit.QUARTER: 3, Unit.YEAR: 12}[unit]
    return _shift_months(day, count * months, day.day)


def _unit_around(day: dt.date, unit: Unit, week_start: int) -> Days:
    if unit is Unit.DAY:
        return day, day
    if unit is Unit.WEEK:
        first = day - ((day.weekday() - week_start) % 7) * DAY
        return first, first + 6 * DAY
    if unit is Unit.MONTH:
        return _whole_month(day.year, day.month)
    if unit is Unit.QUARTER:
        return _whole_quarter(day.year, (day.month - 1) // 3 + 1)
    return dt.date(day.year, 1, 1), dt.date(day.year, 12, 31)


def _whole_month(year: int, month: int) -> tuple[dt.date, dt.date]:
    return dt.date(year, month, 1), _safe(year, month, 31)


def _whole_quarter(year: int, number: int) -> tuple[dt.date, dt.date]:
    return dt.date(year, number * 3 - 2, 1), _safe(year, number * 3, 31)


def _shift_months(day: dt.date, months: int, wanted: int) -> dt.date:
    index = day.year * 12 + day.month - 1 + months
    return _safe(index // 12, index % 12 + 1, wanted)


def _safe(year: int, month: int, day: int) -> dt.date:
    return dt.date(year, month, min(day, calendar.monthrange(year, month)[1]))
