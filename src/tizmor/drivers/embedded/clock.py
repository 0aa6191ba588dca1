"""The machine's clocks."""

from __future__ import annotations

import datetime as dt
import time


class SystemClock:
    """See `tizmor.ports.clock.Clock`."""

    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC)

    def monotonic(self) -> float:
        return time.monotonic()
