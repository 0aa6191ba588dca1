"""Free time: working time minus busy time, cut into meetings. No I/O.

All arithmetic is on UTC instants, so that a day of 23 or 25 hours is as long as it is; only the
edges of working time are said in wall time. Intervals hold their start and not their end.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from tizmor.ports.workspace import Day

GRID = dt.timedelta(minutes=15)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_NOON = dt.time(12)


class Interval(msgspec.Struct, frozen=True, order=True):
    """From `start` to `end`, both aware."""

    start: dt.datetime
    end: dt.datetime

    def overlaps(self, other: Interval) -> bool:
        return self.start < other.end and other.start < self.end


class Hours(msgspec.Struct, frozen=True, kw_only=True):
    """The days of the week, and the time within a day, that may be used."""

    days: frozenset[Day]
    start: dt.time
    end: dt.time
    zone: dt.tzinfo

    def on(self, day: dt.date) -> Interval | None:
        """The usable time of one day, None when there is none."""
        if Day(day.weekday()) not in self.days:
            return None
        start = dt.datetime.combine(day, self.start, self.zone).astimezone(dt.UTC)
        end = dt.datetime.combine(day, self.end, self.zone).astimezone(dt.UTC)
        return Interval(start, end) if start < end else None

    def within(self, *, earliest: dt.time | None, latest: dt.time | None) -> Hours:
        """These hours, cut to those from `earliest` to `latest`."""
        return msgspec.structs.replace(
            self,
            start=max(self.start, earliest or self.start),
            end=min(self.end, latest or self.end),
        )

    def hold(self, interval: Interval) -> bool:
        """Whether the interval lies in the usable time of one day."""
        usable = self.on(interval.start.astimezone(self.zone).date())
        return usable is not None and usable.start <= interval.start and interval.end <= usable.end


def last_working_day(first: dt.date, days: frozenset[Day], *, count: int) -> dt.date:
    """The `count`-th working day from `first` on, `first` included when it is one."""
    day = first
    if not days:
        return day
    left = count
    while True:
        left -= Day(day.weekday()) in days
        if left <= 0:
            return day
        day += dt.timedelta(days=1)


def gaps(
    *,
    busy: Iterable[Interval],
    first: dt.date,
    last: dt.date,
    hours: Hours,
    not_before: dt.datetime,
) -> Iterator[Interval]:
    """What is free of the usable time from `first` to `last`, in order, in UTC."""
    taken = sorted(busy)
    for number in range((last - first).days + 1):
        usable = hours.on(first + dt.timedelta(days=number))
        if usable is None or usable.end <= not_before:
            continue
        start = max(usable.start, not_before.astimezone(dt.UTC))
        yield from _without(Interval(start, usable.end), taken)


def slots(free: Iterable[Interval], *, length: dt.timedelta) -> Iterator[Interval]:
    """Meetings one after another in each free interval, each beginning on a quarter of an hour."""
    for gap in free:
        start = _on_grid(gap.start)
        while start + length <= gap.end:
            yield Interval(start, start + length)
            start = _on_grid(start + length)


def spread(
    found: Iterable[Interval], *, zone: dt.tzinfo, limit: int, enough: int = 200
) -> list[Interval]:
    """Up to `limit` slots that leave a choice: one from each half of each day, then others."""
    candidates = [slot for slot, _ in zip(found, range(enough), strict=False)]
    chosen: dict[tuple[dt.date, bool], Interval] = {}
    for slot in candidates:
        local = slot.start.astimezone(zone)
        chosen.setdefault((local.date(), local.time() >= _NOON), slot)
    first = list(chosen.values())[:limit]
    others = [slot for slot in candidates if slot not in first]
    return sorted([*first, *others[: limit - len(first)]])


def nearest(
    found: Iterable[Interval], wanted: dt.datetime, *, limit: int, enough: int = 2_000
) -> list[Interval]:
    """The `limit` slots whose start is nearest to `wanted`, in order of time."""
    candidates = [slot for slot, _ in zip(found, range(enough), strict=False)]
    return sorted(sorted(candidates, key=lambda slot: abs(slot.start - wanted))[:limit])


def _without(whole: Interval, taken: Sequence[Interval]) -> Iterator[Interval]:
    start = whole.start
    for interval in taken:
        if interval.end <= start or interval.start >= whole.end:
            continue
        if interval.start > start:
            yield Interval(start, interval.start.astimezone(dt.UTC))
        start = max(start, interval.end.astimezone(dt.UTC))
    if start < whole.end:
        yield Interval(start, whole.end)


def _on_grid(instant: dt.datetime) -> dt.datetime:
    """The first quarter of an hour that isn't before `instant`; every zone's offset from UTC is a
    whole number of them today."""
    return instant + (_EPOCH - instant) % GRID
