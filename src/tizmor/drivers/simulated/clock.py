"""The virtual clocks."""

from __future__ import annotations

import datetime as dt

from tizmor.drivers.simulated.loop import SimulatedLoop

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
"""The wall time at which every simulated run begins."""


class SimulatedClock:
    """See `tizmor.ports.clock.Clock`. `shift` sets the wall clock; it never moves the monotonic
    one."""

    def __init__(self, loop: SimulatedLoop) -> None:
        self._loop = loop
        self._shifted = dt.timedelta()

    def now(self) -> dt.datetime:
        return START + self._shifted + dt.timedelta(seconds=self._loop.time())

    def now_ms(self) -> int:
        return int(self.now().timestamp() * 1000)

    def monotonic(self) -> float:
        return self._loop.time()

    def shift(self, seconds: float) -> None:
        self._shifted += dt.timedelta(seconds=seconds)
