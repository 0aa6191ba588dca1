"""Keeping log lines: off the event loop, some hundred at a time, redacted as they are written.

A database that is gone keeps nobody waiting. What couldn't be kept is tried again with the same
numbers, so that no line is there twice; what came meanwhile and found no room is counted, and the
log itself says so.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Sequence

from msgspec.structs import replace

from tizmor.core.errors import EngineError
from tizmor.observability.lines import Lines
from tizmor.observability.redaction import Redactor
from tizmor.ports.clock import Clock
from tizmor.ports.logs import Level, LogLine, Logs

COLLECT_S = 0.2
"""For how long lines are collected before they are kept."""
_AGAIN_S = 5.0
_AT_ONCE = 500
_LAST_S = 5.0
"""How long the last lines may take when the workspace is closed."""
_TRIM_S = 600.0
_DAY_MS = 86_400_000
_log = logging.getLogger("tizmor.logs")


class Keeping:
    """Keeps the lines of one open workspace for `days`."""

    def __init__(
        self, lines: Lines, logs: Logs, redactor: Redactor, clock: Clock, *, days: int
    ) -> None:
        self._lines = lines
        self._logs = logs
        self._redactor = redactor
        self._clock = clock
        self._days = days
        self._first = 1
        self._pending: Sequence[LogLine] = ()
        self._there = asyncio.Event()
        self.changed = asyncio.Event()
        """Set when lines were kept; there is then a new one, for the next."""

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep lines meanwhile, and at the end those that still wait."""
        loop = asyncio.get_running_loop()

        def wake() -> None:
            loop.call_soon_threadsafe(self._there.set)

        self._lines.on_first(wake)
        tasks = [asyncio.create_task(self._keep()), asyncio.create_task(self._trim())]
        try:
            yield
        finally:
            self._lines.on_first(None)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._keep_the_last()

    async def flush(self) -> None:
        """Keep all that waits. Raises `EngineError` when that can't be done now."""
        while True:
            if not self._pending:
                taken = self._lines.take(_AT_ONCE)
                taken += self._told_of_dropped()
                if not taken:
                    return
                self._pending = await asyncio.to_thread(self._redacted, taken)
            await self._logs.write(self._first, self._pending)
            self._first += len(self._pending)
            self._pending = ()
            changed, self.changed = self.changed, asyncio.Event()
            changed.set()

    async def _keep(self) -> None:
        while True:
            await self._there.wait()
            await asyncio.sleep(COLLECT_S)
            self._there.clear()
            try:
                await self.flush()
            except EngineError:
                await asyncio.sleep(_AGAIN_S)
                self._there.set()

    async def _trim(self) -> None:
        while True:
            await asyncio.sleep(_TRIM_S)
            with contextlib.suppress(EngineError):  # the next time does it
                await self._logs.trim(self._clock.now_ms() - self._days * _DAY_MS)

    async def _keep_the_last(self) -> None:
        try:
            async with asyncio.timeout(_LAST_S):
                await self.flush()
        except (EngineError, TimeoutError) as error:
            lost = len(self._pending) + len(self._lines)
            _log.warning("the last %d lines of the log can't be kept: %s", lost, error)

    def _redacted(self, lines: Sequence[LogLine]) -> list[LogLine]:
        return [
            replace(
                line,
                message=self._redactor.text(line.message),
                fields=self._redactor.fields(line.fields),
            )
            for line in lines
        ]

    def _told_of_dropped(self) -> list[LogLine]:
        if not (dropped := self._lines.take_dropped()):
            return []
        return [
            LogLine(
                at_ms=self._clock.now_ms(),
                level=Level.WARNING,
                logger=_log.name,
                message=f"{dropped} lines were dropped: they came faster than they could be kept",
                fields={"dropped": dropped},
            )
        ]
