"""Time comes from outside."""

from __future__ import annotations

import datetime as dt
from typing import Protocol


class Clock(Protocol):
    """Wall time for what is written down, monotonic time for what is measured and waited for."""

    def now(self) -> dt.datetime:
        """The wall time, aware, in UTC."""
        ...

    def now_ms(self) -> int:
        """The wall time in milliseconds since the epoch."""
        ...

    def monotonic(self) -> float:
        """Seconds from a fixed, unknown point; never goes back, and goes on while the machine
        sleeps."""
        ...
