"""One reader's way through what is told: a place in the log, and what it knows already."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator, Sequence

from tizmor.engine.present import Presenter
from tizmor.ports.journal import Journal
from tizmor.streaming.entries import Entry
from tizmor.streaming.history import PAGE, Histories, pages
from tizmor.streaming.log import CHUNK, Log
from tizmor.streaming.topics import Topics

MOST_AGAIN = 40 * PAGE
"""Events behind which a reader of all executions has to begin anew."""


class Source:
    """Where readers read: the log, and the journal for what was before it."""

    def __init__(self, journal: Journal, presenter: Presenter) -> None:
        self.log = Log()
        self.histories = Histories(journal, presenter)
        self._journal = journal
        self._presenter = presenter
        self._reaching = asyncio.Lock()

    def pages(self, after: int, until: int) -> AsyncIterator[tuple[Sequence[Entry], int]]:
        """What was told behind a position and up to another, read anew. Raises `EngineError`."""
        return pages(self._journal, self._presenter, after, until)

    async def last_position(self) -> int:
        return await self._journal.last_position()

    async def reach(self, position: int) -> bool:
        """Have the log begin at a position or before, as long as it has room for that: many who
        come back at once are served by one look at the journal. Whether it does."""
        async with self._reaching:
            log = self.log
            since = log.since
            told: list[Entry] = []
            if position < since:
                async for page, _ in self.pages(position, since):
                    told += page
                    if not log.has_room_for(told):
                        return False
            if position < since == log.since:
                log.put_in_front(told, position)
            return log.since <= position


class Reading:
    """What one reader is sent, in order. It is woken when there is something for it; `leave` ends
    it. Of `one` execution it reads from behind a position to its end, else of all, on and on."""

    def __init__(
        self,
        source: Source,
        topics: Topics,
        position: int,
        *,
        one: int | None = None,
        cut: Callable[[], None] = lambda: None,
        now: Callable[[], float],
    ) -> None:
        self.topics = topics
        self.position = position
        self.cut = cut
        self.given_at: float | None = None
        """Since when the reader hasn't taken what it was given; None when it has."""
        self.said_at = now()
        self.left_out = False
        """Whether it can't go on where it was, so that it begins with `resync`."""
        self._source = source
        self._one = one
        self._now = now
        self._place: int | None = None
        self._beat = False
        self._left = False
        self._known = False
        self._waiter: asyncio.Future[None] | None = None

    def wake(self, place: int) -> None:
        """There is something for it at this place of the log; it knows all that was before, or
        will look."""
        if self._place is None:
            self._place = place
            self._rouse()

    def beat(self) -> None:
        """It was told nothing for a while: it hears that the stream lives."""
        self._beat = True
        self._rouse()

    def leave(self) -> None:
        """Tell it nothing more."""
        self._left = True
        self._rouse()

    async def chunks(self, resync: Callable[[int], bytes]) -> AsyncGenerator[bytes, None]:
        """What is to be sent, a write at a time. `resync` says that events were left out, and at
        which position it goes on. Raises `EngineError`."""
        log = self._source.log
        while not self._left:
            if not self._known or (self._place is not None and self._place < log.first):
                async for text in self._catch_up(resync):
                    yield self._given(text)
                    self._taken()
            elif self._place is not None:
                if text := self._next():
                    yield self._given(text)
                    self._taken()
            elif self._beat:
                yield self._given(self._heartbeat())
                self._taken()
            else:
                await self._news()

    def _next(self) -> bytes:
        log = self._source.log
        joined = log.joined(self.topics, self._place or 0, self.position)
        self.position = joined.position
        self._place = None if joined.place == log.end else joined.place
        self._left = self._left or (joined.ended and self._one is not None)
        return joined.text

    async def _catch_up(self, resync: Callable[[int], bytes]) -> AsyncIterator[bytes]:
        """What lies between what it knows and the log; then it stands in the log."""
        log = self._source.log
        self._place = None
        again = self._again_of_one() if self._one is not None else self._again(resync)
        async for text in again:
            yield text
        if log.since <= self.position:
            self._known = True
            place = log.place_behind(self.position)
            self._place = None if place == log.end else place
        else:
            self._known = False  # that took so long that the log has gone on

    async def _again_of_one(self) -> AsyncIterator[bytes]:
        """Of the execution that it reads. All up to where the log stands now is on disk."""
        stood = self._source.log.until
        behind, reached = await self._source.histories.behind(self._one or 0, self.position)
        for text, ends in _joined(behind, self.topics):
            yield text
            if ends:
                self._left = True
                return
        self.position = max(self.position, reached, stood)

    async def _again(self, resync: Callable[[int], bytes]) -> AsyncIterator[bytes]:
        """Of all executions; what is too much is left out."""
        log = self._source.log
        if await self._source.reach(self.position):
            return
        looked = 0
        until = log.until
        async for page, reached in self._source.pages(self.position, until):
            looked += PAGE
            if looked > MOST_AGAIN and reached < until:
                self.position = log.until
                yield resync(self.position)
                return
            for text, _ in _joined(page, self.topics):
                yield text
            self.position = reached

    def _heartbeat(self) -> bytes:
        """A comment; and how far it knows all there is, for when it comes back."""
        if self._one is not None:
            return b":\n\n"
        self.position = max(self.position, self._source.log.until)
        return b":\nid: %d\n\n" % self.position

    def _given(self, text: bytes) -> bytes:
        self._beat = False
        self.given_at = self.said_at = self._now()
        return text

    def _taken(self) -> None:
        self.given_at = None

    def _rouse(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _news(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        await self._waiter


def _joined(entries: Iterable[Entry], topics: Topics) -> Iterator[tuple[bytes, bool]]:
    """What is sent of entries, in writes of bounded size, and whether an execution that is followed
    ends there."""
    said: list[bytes] = []
    size = 0
    for entry in entries:
        if text := entry.said_to(topics):
            said.append(text)
            size += len(text)
        ends = entry.ends and entry.execution in topics.executions
        if said and (size >= CHUNK or ends):
            yield b"".join(said), ends
            said, size = [], 0
    if said:
        yield b"".join(said), False
