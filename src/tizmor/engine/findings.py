"""Findings: what running calls report on their way, from whatever thread they run in."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

from tizmor.core import facts as fx
from tizmor.engine.context import Site
from tizmor.ports.clock import Clock


class Findings:
    """Brings findings to the loop that listens: `tell` is called there."""

    def __init__(self, clock: Clock, tell: Callable[[int, fx.Fact], None]) -> None:
        self._clock = clock
        self._tell = tell
        self._thread = 0
        self._loop: asyncio.AbstractEventLoop | None = None

    def listen(self) -> None:
        """Have them told on the running loop."""
        self._thread, self._loop = threading.get_ident(), asyncio.get_running_loop()

    def report(self, site: Site, step: str, message: str) -> None:
        """A finding of a call, which may have been let go of long ago."""
        fact = fx.Reported(at_ms=self._clock.now_ms(), step=step, message=message)
        if threading.get_ident() == self._thread:
            self._tell(site.execution, fact)
        elif self._loop is not None:
            self._loop.call_soon_threadsafe(self._tell, site.execution, fact)
