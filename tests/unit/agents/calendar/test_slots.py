"""Free time, as pure arithmetic: properties over any busy times, working hours and zones."""

from __future__ import annotations

import datetime as dt
import itertools
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from tizmor.agents.calendar.slots import (
    GRID,
    Hours,
    Interval,
    gaps,
    last_working_day,
    nearest,
    slots,
    spread,
)
from tizmor.ports.workspace import Day

ZONES = ["Asia/Jerusalem", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "UTC"]
WORK = frozenset({Day.SUN, Day.MON, Day.TUE, Day.WED, Day.THU})


def hours(zone: str = "Asia/Jerusalem", **changes: dt.time) -> Hours:
    given_hours = {"start": dt.time(8, 30), "end": dt.time(18), **changes}
    return Hours(days=WORK, zone=ZoneInfo(zone), **given_hours)


@st.composite
def situations(draw: st.DrawFn) -> tuple[list[Interval], Hours, dt.date, dt.datetime, dt.timedelta]:
    """Busy times, working hours, first day, the time now and a length; often about a change of the
    clock."""
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    near_change = st.sampled_from(
        [dt.date(2026, 3, 25), dt.date(2026, 10, 23), dt.date(2026, 3, 6), dt.date(2026, 10, 30)]
    )
    first = draw(near_change | st.dates(dt.date(2026, 1, 1), dt.date(2027, 12, 31)))
    start_minute = draw(st.integers(0, 22 * 60))
    end_minute = draw(st.integers(start_minute, 24 * 60 - 1))
    working = Hours(
        days=frozenset(draw(st.sets(st.sampled_from(Day), min_size=1))),
        start=dt.time(start_minute // 60, start_minute % 60),
        end=dt.time(end_minute // 60, end_minute % 60),
        zone=zone,
    )
    midnight = dt.datetime.combine(first, dt.time(), dt.UTC)
    minutes = st.integers(-24 * 60, 9 * 24 * 60)
    busy = []
    for begin in draw(st.lists(minutes, max_size=12)):
        start = (midnight + dt.timedelta(minutes=begin)).astimezone(zone)
        busy.append(Interval(start, start + dt.timedelta(minutes=draw(st.integers(1, 600)))))
    now = midnight + dt.timedelta(minutes=draw(minutes))
    length = dt.timedelta(minutes=draw(st.integers(5, 180)))
    return busy, working, first, now, length


@given(situations())
def test_a_slot_is_free_in_working_time_not_past_and_on_a_quarter_hour(
    situation: tuple[list[Interval], Hours, dt.date, dt.datetime, dt.timedelta],
) -> None:
    busy, working, first, now, length = situation
    last = first + dt.timedelta(days=7)
    free = gaps(busy=busy, first=first, last=last, hours=working, not_before=now)
    found = list(slots(free, length=length))
    for slot in found:
        assert not any(slot.overlaps(taken) for taken in busy)
        assert slot.start >= now
        assert slot.end - slot.start == length
        local, until = slot.start.astimezone(working.zone), slot.end.astimezone(working.zone)
        assert local.minute % 15 == local.second == 0
        assert first <= local.date() <= last
        assert local.weekday() in working.days
        assert working.hold(slot)
        assert local.date() == until.date()
        assert local.timetz().replace(tzinfo=None) >= working.start or local.fold
    assert all(not a.overlaps(b) for a, b in itertools.pairwise(found))
    assert found == sorted(found)


@given(situations())
def test_the_first_slot_is_the_first_there_is(
    situation: tuple[list[Interval], Hours, dt.date, dt.datetime, dt.timedelta],
) -> None:
    """Tried against every quarter of an hour of the week."""
    busy, working, first, now, length = situation
    last = first + dt.timedelta(days=7)
    free = gaps(busy=busy, first=first, last=last, hours=working, not_before=now)
    found = next(slots(free, length=length), None)
    midnight = dt.datetime.combine(first, dt.time(), dt.UTC) - dt.timedelta(days=1)
    tried = (Interval(s, s + length) for s in (midnight + i * GRID for i in range(11 * 96)))
    expected = next(
        (
            t
            for t in tried
            if t.start >= now
            and first <= t.start.astimezone(working.zone).date() <= last
            and working.hold(t)
            and not any(t.overlaps(taken) for taken in busy)
        ),
        None,
    )
    assert found == expected


def test_a_day_on_which_the_clock_changes_is_as_long_as_it_is() -> None:
    """In Jerusalem 2026-03-27 has 23 hours: from 00:30 to 04:30 there are three of them."""
    night = Hours(
        days=frozenset(Day),
        start=dt.time(0, 30),
        end=dt.time(4, 30),
        zone=ZoneInfo("Asia/Jerusalem"),
    )
    usable = night.on(dt.date(2026, 3, 27))
    assert usable is not None
    assert usable.end - usable.start == dt.timedelta(hours=3)


def test_ten_working_days_from_a_saturday_end_on_the_second_thursday() -> None:
    assert last_working_day(dt.date(2026, 11, 21), WORK, count=10) == dt.date(2026, 12, 3)
    assert last_working_day(dt.date(2026, 11, 22), WORK, count=1) == dt.date(2026, 11, 22)


def test_hours_are_cut_to_the_wish() -> None:
    cut = hours().within(earliest=dt.time(12), latest=dt.time(20))
    assert (cut.start, cut.end) == (dt.time(12), dt.time(18))
    assert hours().within(earliest=dt.time(19), latest=None).on(dt.date(2026, 11, 22)) is None


def week() -> list[Interval]:
    free = gaps(
        busy=[],
        first=dt.date(2026, 11, 22),
        last=dt.date(2026, 11, 26),
        hours=hours(),
        not_before=dt.datetime(2026, 11, 21, tzinfo=dt.UTC),
    )
    return list(slots(free, length=dt.timedelta(hours=1)))


def test_slots_are_spread_over_mornings_and_afternoons() -> None:
    zone = ZoneInfo("Asia/Jerusalem")
    chosen = [s.start.astimezone(zone) for s in spread(week(), zone=zone, limit=5)]
    assert [(s.day, s.hour >= 12) for s in chosen] == [
        (22, False),
        (22, True),
        (23, False),
        (23, True),
        (24, False),
    ]


def test_the_nearest_slots_lie_around_the_wanted_time() -> None:
    zone = ZoneInfo("Asia/Jerusalem")
    wanted = dt.datetime(2026, 11, 24, 12, 30, tzinfo=zone)
    near = [s.start.astimezone(zone).hour for s in nearest(week(), wanted, limit=3)]
    assert near == [11, 12, 13]
