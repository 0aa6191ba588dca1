"""Sending kept spans to a collector, each once.

What is to be sent lies in the database, so a process that dies, or a collector that is away, loses
none: what was taken is noted, and what wasn't is sent again, later and later (full jitter, as the
engine's own retries). Only a span that was taken, and whose taker died before it was noted, is sent
a second time; it has the same id. Where too many wait, the oldest are given up, and counted.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from tizmor.core.errors import EngineError
from tizmor.observability.spans import Span
from tizmor.observability.told import span_of
from tizmor.ports.traces import Traces

EVERY_S = 1.0
AT_ONCE = 512
"""Spans in one request."""
MOST_WAITING = 100_000
_FIRST_S, _LONGEST_S = 1.0, 60.0
_LONGEST_ASKED_S = 600.0
_LAST_S = 2.0
"""How long it may take when the workspace is closed; the next process sends the rest."""
_log = logging.getLogger("tizmor.traces")


class Away(Exception):
    """The collector can't take anything now; `again_s` is when it wants to be asked again."""

    def __init__(self, said: str, again_s: float | None = None) -> None:
        super().__init__(said)
        self.again_s = again_s


class TooMuch(Exception):
    """The request is too large for the collector."""


class Refused(Exception):
    """The collector will never take this."""


class Taken(NamedTuple):
    """The collector has it, but for `refused` spans, of which it `said` why."""

    refused: int = 0
    said: str = ""


class Collector(Protocol):
    """Where spans are sent."""

    async def take(self, spans: Sequence[Span]) -> Taken:
        """Send some. Raises `Away`, `TooMuch`, `Refused`."""
        ...


class Sending:
    """Sends what is to be sent of one database. `dice` gives numbers from 0 to 1."""

    def __init__(self, traces: Traces, collector: Collector, *, dice: Callable[[], float]) -> None:
        self._traces = traces
        self._collector = collector
        self._dice = dice
        self._at_once = AT_ONCE
        self._failures = 0

    async def run(self, leads: Callable[[], bool]) -> None:
        """For ever, while this process `leads`: of several, one sends."""
        while True:
            pause_s = EVERY_S
            if leads():
                try:
                    pause_s = await self.send_all()
                except EngineError as error:
                    _log.warning("traces can't be sent now: %s", error)
            await asyncio.sleep(pause_s)

    async def send_all(self) -> float:
        """Send what there is; in how many seconds to look again. Raises `EngineError`."""
        while spans := await self._traces.unsent(self._at_once):
            try:
                taken = await self._collector.take([span_of(span) for span in spans])
            except Away as error:
                return await self._put_off(error)
            except TooMuch:
                if self._at_once > 1:
                    self._at_once //= 2
                    continue
                taken = Taken(1, "a single span is too large for it")
            except Refused as error:
                taken = Taken(len(spans), str(error))
            if taken.refused:
                _log.warning("the collector refused %d spans: %s", taken.refused, taken.said)
            await self._traces.sent(spans, refused=min(taken.refused, len(spans)))
            self._failures = 0
        return EVERY_S

    async def leave(self) -> None:
        """Send the rest, if that doesn't take long."""
        try:
            async with asyncio.timeout(_LAST_S):
                await self.send_all()
        except (EngineError, TimeoutError) as error:
            _log.info("the next process sends the rest of the traces: %s", error)

    async def _put_off(self, error: Away) -> float:
        self._failures += 1
        if self._failures == 1:
            _log.warning("traces can't be sent now, and are kept: %s", error)
        if given_up := await self._traces.give_up(MOST_WAITING):
            _log.warning("%d spans were given up: too many wait to be sent", given_up)
        if error.again_s is not None:
            return min(error.again_s, _LONGEST_ASKED_S)
        return self._dice() * min(_LONGEST_S, _FIRST_S * 2.0 ** min(self._failures, 10))
