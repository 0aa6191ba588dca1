"""Who reads the live stream."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence

from tizmor.core.errors import EngineError
from tizmor.engine.partials import Partials
from tizmor.engine.present import Presenter
from tizmor.engine.views import FiguresView
from tizmor.ports.journal import Journal
from tizmor.streaming.entries import Entry, entry, frame
from tizmor.streaming.feed import MOST_PAUSE_S, Feed
from tizmor.streaming.pieces import Pieces
from tizmor.streaming.reading import Reading, Source
from tizmor.streaming.topics import FIGURES, PARTIALS, Topics

HEARTBEAT_S = 15.0
"""How long a reader may be told nothing: proxies cut what is silent for a minute."""
STALLED_S = 30.0
"""How long a reader may take nothing of what it was sent before it is cut off."""
FIGURES_S = 2.0
MOST_READERS = 10_000
_AT_ONCE = 50
"""Readers that are woken without letting others run."""
_LOOK_S = 1.0


class Streams:
    """The readers of one process. Nothing is done, and nothing kept, while there are none."""

    def __init__(
        self,
        journal: Journal,
        presenter: Presenter,
        partials: Partials,
        figures: Callable[[], Awaitable[FiguresView]],
        *,
        heartbeat_s: float = HEARTBEAT_S,
        stalled_s: float = STALLED_S,
    ) -> None:
        self._source = Source(journal, presenter)
        self._log = self._source.log
        self._feed = Feed(journal, presenter, self._log, self._spread)
        self._pieces = Pieces(self._has_pieces)
        self._said = asyncio.Event()
        self._partials = partials
        self._figures = figures
        self._heartbeat_s = heartbeat_s
        self._stalled_s = stalled_s
        self._of_all: dict[Reading, None] = {}
        self._of_some: dict[int, dict[Reading, None]] = {}
        self._readers: dict[Reading, None] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._beginning = asyncio.Lock()
        self._closed = False

    @property
    def are_full(self) -> bool:
        """Whether no more can be told at the same time."""
        return len(self._readers) >= MOST_READERS

    def __len__(self) -> int:
        """How many readers there are."""
        return len(self._readers)

    async def follow(
        self, execution: int, after: int, *, cut: Callable[[], None] = lambda: None
    ) -> Reading:
        """One execution from behind a position of the journal to its end. `cut` is called when the
        reader has taken nothing for too long. Raises `EngineError`."""
        topics = Topics(executions=frozenset({execution}))
        return await self._enter(topics, after, one=execution, cut=cut)

    async def read(
        self, topics: Topics, after: int | None, *, cut: Callable[[], None] = lambda: None
    ) -> Reading:
        """These topics from behind a position of the journal, or from now on. Raises as
        `follow`."""
        return await self._enter(topics, after, one=None, cut=cut)

    async def is_over(self, execution: int, after: int) -> bool:
        """Whether nothing is told any more of an execution that has ended, behind a position."""
        behind, _ = await self._source.histories.behind(execution, after)
        return not behind

    async def is_ahead(self, position: int) -> bool:
        """Whether a position is none that this database has come to: it may be another one's."""
        return position > self._log.until and position > await self._source.last_position()

    def leave(self, reading: Reading) -> None:
        """The reader has gone."""
        reading.leave()
        self._readers.pop(reading, None)
        self._of_all.pop(reading, None)
        for execution in reading.topics.executions:
            readers = self._of_some.get(execution, {})
            readers.pop(reading, None)
            if not readers:
                self._of_some.pop(execution, None)
        if not self._readers:
            self._stop()

    async def close(self) -> None:
        """End all reading, for good: who comes now is told nothing."""
        self._closed = True
        ending = list(self._tasks)
        for reading in list(self._readers):
            self.leave(reading)
        self._stop()
        await asyncio.gather(*ending, return_exceptions=True)

    async def _enter(
        self, topics: Topics, after: int | None, *, one: int | None, cut: Callable[[], None]
    ) -> Reading:
        async with self._beginning:
            if not self._tasks and not self._closed:
                await self._begin()
            now = asyncio.get_running_loop().time
            position = self._log.until if after is None else after
            reading = Reading(self._source, topics, position, one=one, cut=cut, now=now)
            if self._closed:
                reading.leave()
                return reading
            self._readers[reading] = None
            if topics.mask:
                self._of_all[reading] = None
            for execution in topics.executions:
                self._of_some.setdefault(execution, {})[reading] = None
        return reading

    async def _begin(self) -> None:
        await self._feed.begin()
        self._partials.listen(self._hear)
        work = (self._feed.follow(), self._tend(), self._tell_pieces(), self._tell_figures())
        self._tasks = [asyncio.create_task(each) for each in work]

    def _stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._tasks = []
        self._partials.listen(None)
        self._pieces.taken(0)
        self._source.histories.clear()
        self._log.begin(0)

    async def _spread(self, place: int, entries: Sequence[Entry]) -> None:
        """Wake those for whom there is something in these entries."""
        bits = 0
        woken: dict[Reading, None] = {}
        for each in entries:
            for part in each.frames:
                bits |= part.topics
            woken.update(self._of_some.get(each.execution, {}))
        woken.update({r: None for r in self._of_all if r.topics.mask & bits})
        for number, reading in enumerate(woken, 1):
            reading.wake(place)
            if number % _AT_ONCE == 0:
                await asyncio.sleep(0)

    async def _tend(self) -> None:
        """Heartbeats; and who takes nothing is cut off."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(min(_LOOK_S, self._heartbeat_s / 2, self._stalled_s / 2))
            now = loop.time()
            for reading in list(self._readers):
                if reading.given_at is not None:
                    if now - reading.given_at >= self._stalled_s:
                        reading.leave()
                        reading.cut()
                elif now - reading.said_at >= self._heartbeat_s:
                    reading.beat()

    def _hear(self, execution: int, step: str, text: str) -> None:
        if execution in self._of_some or any(r.topics.mask & PARTIALS for r in self._of_all):
            self._pieces.add(execution, step, text)

    def _has_pieces(self) -> None:
        self._said.set()

    async def _tell_pieces(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._said.wait()
            self._said.clear()
            began = loop.time()
            await self._aside(self._pieces.taken(self._log.until))
            await asyncio.sleep(min(2 * (loop.time() - began), MOST_PAUSE_S))

    async def _tell_figures(self) -> None:
        while True:
            await asyncio.sleep(FIGURES_S)
            if not any(reading.topics.mask & FIGURES for reading in self._of_all):
                continue
            with contextlib.suppress(EngineError):
                told = frame("figures", await self._figures(), topics=FIGURES, follows=False)
                await self._aside([entry(self._log.until, 0, [told], side=True)])

    async def _aside(self, entries: Sequence[Entry]) -> None:
        place = self._log.end
        self._log.append(entries, self._log.until)
        await self._spread(place, entries)
