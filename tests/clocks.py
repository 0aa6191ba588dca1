"""Clocks that stand still, for tests in which no time is to pass."""

from __future__ import annotations

import datetime as dt

NOON = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)


class FixedClock:
    """It is always `moment`."""

    def __init__(self, moment: dt.datetime = NOON) -> None:
        self._moment = moment.astimezone(dt.UTC)

    def now(self) -> dt.datetime:
        return self._moment

    def now_ms(self) -> int:
        return int(self._moment.timestamp() * 1000)

    def monotonic(self) -> float:
        return 0.0


class SetClock(FixedClock):
    """It is what it was set to."""

    def advance(self, ms: int) -> None:
        self._moment += dt.timedelta(milliseconds=ms)
