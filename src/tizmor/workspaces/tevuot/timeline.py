"""When things happened in the example, seen from a given day.

The story's centre is the last December: the most recent one that has begun before today. Nothing
is dated today or later, so while a December is running its days are squeezed into those that
have passed, in order. People work from Sunday to Thursday; what would fall on a weekend happened
on the working day before.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

_WEEKEND = (4, 5)  # Friday and Saturday, as `date.weekday()` counts.
_DAY = dt.timedelta(days=1)


def last_december(today: dt.date) -> tuple[dt.date, dt.date]:
    """First and last day of the most recent December whose first day is before `today`.

    A running December counts from its 2nd on; its last day is the 31st all the same.
    """
    year = today.year if today > dt.date(today.year, 12, 1) else today.year - 1
    return dt.date(year, 12, 1), dt.date(year, 12, 31)


class Timeline(NamedTuple):
    """The example's days as of `today`."""

    today: dt.date

    def story_day(self, day: int) -> dt.date:
        """Day `day` of the story: 1 to 31 are the last December's; others lie before and after."""
        start, end = last_december(self.today)
        if not 1 <= day <= end.day:
            return _working_day(start + (day - 1) * _DAY)
        passed = min(end, self.today - _DAY).day
        squeezed = start + round((day - 1) * (passed - 1) / (end.day - 1)) * _DAY
        return max(start, _working_day(squeezed))

    def days_ago(self, days: int, *, outside_december: bool = False) -> dt.date:
        """The working day `days` before today or, asked to keep out of the last December, the last
        one before it when it would fall within."""
        start, end = last_december(self.today)
        date = _working_day(self.today - days * _DAY)
        if outside_december and start <= date <= end:
            return _working_day(start - _DAY)
        return date

    def in_week(self, week: int, day: int) -> dt.date:
        """A day of a week: 0 is the week, from Sunday on, that holds today; `day` 0 is Sunday."""
        sunday = self.today - self.today.isoweekday() % 7 * _DAY
        return sunday + (7 * week + day) * _DAY


def _working_day(date: dt.date) -> dt.date:
    while date.weekday() in _WEEKEND:
        date -= _DAY
    return date
