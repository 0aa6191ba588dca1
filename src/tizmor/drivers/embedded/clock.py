"""The machine's clocks."""

from __future__ import annotations

import datetime as dt
import time

_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Linux's CLOCK_MONOTONIC stands still while the machine is suspended; CLOCK_BOOTTIME doesn't."""


class SystemClock:
    """See `tizmor.ports.clock.Clock`."""

    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC)

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.clock_gettime(_STEADY)
