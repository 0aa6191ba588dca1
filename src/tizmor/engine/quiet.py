"""Quiet beginnings: a read that needs no approval begins without a word.

If it is over soon, its end says all, which halves what there is to write; a longer one's beginning
is told after a moment.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tizmor.core import facts as fx
from tizmor.core.decisions.steps import may_begin
from tizmor.engine.live import Live
from tizmor.ports.clock import Clock

UNSAID_S = 0.02


class QuietBeginnings:
    """Calls that have begun of which nothing was said yet. `feed` is told of those that last."""

    def __init__(self, clock: Clock, feed: Callable[[Live, fx.Fact], object]) -> None:
        self._clock = clock
        self._feed = feed
        self._unsaid: dict[int, Live] = {}
        self._saying: asyncio.TimerHandle | None = None

    def begin(self, live: Live, step: str) -> bool:
        """Begin a call; False when something stands against it."""
        now_ms = self._clock.now_ms()
        if live.lost or not may_begin(live.state, live.state.steps[step], now_ms):
            return False
        live.begun[step] = now_ms
        if self._saying is None:
            self._saying = asyncio.get_running_loop().call_later(UNSAID_S, self._say_all)
        self._unsaid[live.execution] = live
        return True

    def say(self, live: Live, step: str) -> None:
        """Tell that a call has begun."""
        at_ms = max(live.begun.pop(step), live.state.updated_at_ms)
        self._feed(live, fx.CallStarting(at_ms=at_ms, step=step, key=""))

    def close(self) -> None:
        if self._saying is not None:
            self._saying.cancel()

    def _say_all(self) -> None:
        self._saying = None
        unsaid, self._unsaid = self._unsaid, {}
        for live in unsaid.values():
            for step in list(live.begun):
                self.say(live, step)
