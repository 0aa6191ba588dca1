"""What was before the log: of one execution, or of all, page by page."""

from __future__ import annotations

import asyncio
import bisect
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from operator import attrgetter

from tizmor.core.state import State
from tizmor.engine.present import Presenter
from tizmor.ports.journal import Journal
from tizmor.streaming.entries import Entry
from tizmor.streaming.teller import Teller, tell

PAGE = 256
_AT_ONCE = 32
_MOST_BYTES = 4_000_000
_MOST_EXECUTIONS = 50
"""A state takes up more than what was told of it."""
_POSITION = attrgetter("position")


async def pages(
    journal: Journal, presenter: Presenter, after: int, until: int
) -> AsyncIterator[tuple[Sequence[Entry], int]]:
    """What was told of all executions behind a position and up to another, each page with the
    position that it reaches. Raises `EngineError`."""
    teller = Teller(journal, presenter)
    while after < until:
        records = await journal.read_feed(after, PAGE)
        within = [record for record in records if record.position <= until]
        after = within[-1].position if within and len(records) == PAGE else until
        yield await teller.tell(within), after


class _Told:
    """One execution, as far as it was told."""

    def __init__(self, execution: int) -> None:
        self.state = State(execution)
        self.seq = 0
        self.position = 0
        self.entries: list[Entry] = []
        self.bytes = 0
        self.telling = asyncio.Lock()


class Histories:
    """What was told of executions from their first event on. Those that were asked for last are
    kept, to be told once for all who ask at the same time."""

    def __init__(self, journal: Journal, presenter: Presenter) -> None:
        self._journal = journal
        self._presenter = presenter
        self._told: OrderedDict[int, _Told] = OrderedDict()

    async def behind(self, execution: int, position: int) -> tuple[Sequence[Entry], int]:
        """All that was told of an execution so far behind a position; and how far that is. Raises
        `EngineError`."""
        told = self._told.setdefault(execution, _Told(execution))
        self._told.move_to_end(execution)
        async with told.telling:
            await self._tell_on(told)
        self._trim()
        first = bisect.bisect_right(told.entries, position, key=_POSITION)
        return told.entries[first:], told.position

    def clear(self) -> None:
        self._told.clear()

    async def _tell_on(self, told: _Told) -> None:
        try:
            records = await self._journal.read(told.state.execution, after_seq=told.seq)
            for number, record in enumerate(records, 1):
                entry = tell(self._presenter, told.state, record)
                told.seq, told.position = record.seq, record.position
                if entry is not None:
                    told.entries.append(entry)
                    told.bytes += entry.size
                if number % _AT_ONCE == 0:
                    await asyncio.sleep(0)
        except BaseException:
            self._told.pop(told.state.execution, None)  # it may be folded half
            raise

    def _trim(self) -> None:
        size = sum(told.bytes for told in self._told.values())
        while len(self._told) > 1 and (size > _MOST_BYTES or len(self._told) > _MOST_EXECUTIONS):
            _, oldest = self._told.popitem(last=False)
            size -= oldest.bytes
