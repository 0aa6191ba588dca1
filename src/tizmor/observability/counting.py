"""Adding up what has ended, from time to time: behind the engine's back, and once.

Any process that may write does it. Who comes first has counted it; the others see how far it is and
go on from there (`tizmor.ports.metrics`). A process that dies has counted a part or not: nothing is
left half done.
"""

from __future__ import annotations

import asyncio
import logging

from tizmor.core.errors import EngineError
from tizmor.ports.journal import Journal

EVERY_S = 5.0
_BREATH_S = 0.02
"""Between two parts: a long history doesn't keep those waiting who read."""
_TIDY_EVERY = 720
"""Rounds: an hour."""
_log = logging.getLogger("tizmor.metrics")


class Counting:
    """Counts what the executions of one database took."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._position: int | None = None
        self._failing = False

    async def run(self) -> None:
        """For ever. What fails is done the next time."""
        rounds = 0
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await self.catch_up()
                if rounds % _TIDY_EVERY == 0:
                    await self._journal.sharing.metrics.tidy()
                rounds += 1
                self._failing = False
            except EngineError as error:
                if not self._failing:
                    _log.warning("metrics can't be counted now: %s", error)
                self._failing = True

    async def catch_up(self) -> None:
        """Count all that has ended by now. Raises `EngineError`."""
        metrics = self._journal.sharing.metrics
        if self._position is None:
            self._position = await metrics.position()
        while (tally := await self._journal.tally(self._position)).until > self._position:
            if await metrics.add(tally):
                self._position = tally.until
            else:
                self._position = await metrics.position()
            await asyncio.sleep(_BREATH_S)
