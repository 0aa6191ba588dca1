"""The journal of all processes, followed into the log."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from tizmor.core.errors import EngineError
from tizmor.engine.present import Presenter
from tizmor.ports.journal import Journal
from tizmor.streaming.entries import Entry
from tizmor.streaming.history import PAGE
from tizmor.streaming.log import Log
from tizmor.streaming.teller import Teller

_AGAIN_S = 1.0
MOST_PAUSE_S = 0.05
_log = logging.getLogger("tizmor.streaming")

Spread = Callable[[int, Sequence[Entry]], Awaitable[None]]
"""Told of what is new in the log, and from which place on."""


class Feed:
    """Takes what any process commits into the log, page by page.

    After each page it pauses for as long as that took, so that telling takes no more than half of
    the loop's time, and what comes meanwhile is told together. Nothing is lost by being late: it is
    read from the journal.
    """

    def __init__(self, journal: Journal, presenter: Presenter, log: Log, spread: Spread) -> None:
        self._journal = journal
        self._teller = Teller(journal, presenter)
        self._told = log
        self._spread = spread

    async def begin(self) -> None:
        """Have the log begin with what comes from now on. Raises `EngineError`."""
        self._told.begin(await self._journal.last_position())

    async def follow(self) -> None:
        """Go on for ever."""
        away = False
        while True:
            try:
                async for _ in self._journal.growth():
                    while await self._take():
                        pass
                    away = False
            except EngineError as error:
                if not away:  # said once: it may stay so for long
                    _log.warning("the live stream stands still: %s", error)
                away = True
            await asyncio.sleep(_AGAIN_S)

    async def _take(self) -> bool:
        """Take a page; whether there may be another."""
        records = await self._journal.read_feed(self._told.until, PAGE)
        if not records:
            return False
        began = asyncio.get_running_loop().time()
        entries = await self._teller.tell(records)
        self._told.append(entries, records[-1].position)
        await self._spread(self._told.end - len(entries), entries)
        took = asyncio.get_running_loop().time() - began
        await asyncio.sleep(min(took, MOST_PAUSE_S))
        return len(records) == PAGE
