"""Days of the example, seen from every day of the next years."""

from __future__ import annotations

import datetime as dt

import pytest

from tizmor.workspaces.tevuot.timeline import Timeline, last_december

DAY = dt.timedelta(days=1)
EVERY_DAY = [dt.date(2026, 11, 21) + n * DAY for n in range(731)]


@pytest.mark.parametrize(
    ("today", "year"),
    [
        (dt.date(2026, 11, 30), 2025),
        (dt.date(2026, 12, 1), 2025),
        (dt.date(2026, 12, 2), 2026),
        (dt.date(2026, 12, 31), 2026),
        (dt.date(2027, 1, 1), 2026),
    ],
)
def test_a_december_is_the_last_one_from_its_second_day_on(today: dt.date, year: int) -> None:
    assert last_december(today) == (dt.date(year, 12, 1), dt.date(year, 12, 31))


def test_the_last_december_has_begun_and_is_the_newest_that_has() -> None:
    for today in EVERY_DAY:
        start, _ = last_december(today)
        assert start < today <= start.replace(year=start.year + 1)


def test_days_of_december_lie_in_it_in_order_and_before_today() -> None:
    for today in EVERY_DAY:
        start, end = last_december(today)
        days = [Timeline(today).story_day(day) for day in range(1, 32)]
        assert days == sorted(days)
        assert start <= days[0]
        assert days[-1] <= min(end, today - DAY)


def test_days_before_and_after_december_lie_outside_of_it() -> None:
    for today in EVERY_DAY:
        start, end = last_december(today)
        assert Timeline(today).story_day(0) < start
        assert Timeline(today).story_day(36) > end


def test_nothing_happens_on_a_weekend_but_when_a_december_begins_with_one() -> None:
    for today in EVERY_DAY:
        timeline = Timeline(today)
        start, _ = last_december(today)
        days = [timeline.story_day(day) for day in range(-100, 46)]
        days += [timeline.days_ago(ago) for ago in range(1, 30)]
        assert all(d.weekday() not in (4, 5) or d - start <= DAY for d in days)


def test_days_ago_can_be_kept_out_of_the_last_december() -> None:
    for today in EVERY_DAY:
        start, end = last_december(today)
        for ago in (1, 24, 75, 140):
            date = Timeline(today).days_ago(ago, outside_december=True)
            assert date < today
            assert not start <= date <= end


def test_a_week_begins_on_sunday_and_week_0_holds_today() -> None:
    for today in EVERY_DAY[:14]:
        week = [Timeline(today).in_week(0, day) for day in range(7)]
        assert week[0].isoweekday() == 7
        assert today in week
