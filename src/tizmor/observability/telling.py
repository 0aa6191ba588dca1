"""Telling the journal of a database as spans, from time to time, and keeping them.

One process does it for all. What is kept and how far that goes are written in this order, and what
is told again is told the same, so a process that dies leaves nothing out and nothing twice. The
event loop only waits for it: reading, telling and writing are done in other threads, a little at a
time.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping, Sequence

import msgspec

from tizmor.core import events as ev
from tizmor.core.errors import EngineError, JournalDamaged
from tizmor.core.ids import public_id
from tizmor.core.transitions import IllegalMove
from tizmor.observability.projection import Projection
from tizmor.ports.journal import Journal, Record
from tizmor.ports.traces import KeptSpan

EVERY_S = 1.0
_AT_ONCE = 256
"""Events: what a thread does of them between two breaths takes some 2 ms."""
_LIVE = 2_000
"""Executions that go on, of which is known how far they are; others are read anew."""
_LAST_S = 2.0
"""How long it may take when the workspace is closed; the next process goes on from there."""
_log = logging.getLogger("tizmor.traces")


class _Followed(msgspec.Struct):
    """An execution, told up to the event `seq`; without a projection it can't be told."""

    projection: Projection | None
    seq: int = 0


class Telling:
    """Keeps the spans of what happens in one database. With `to_be_sent` they are sent, too."""

    def __init__(self, journal: Journal, *, to_be_sent: bool) -> None:
        self._journal = journal
        self._traces = journal.sharing.traces
        self._to_be_sent = to_be_sent
        self._position: int | None = None
        self._followed: dict[int, _Followed] = {}
        self._lost = 0

    async def run(self) -> None:
        """For ever, or until the journal turns out to be damaged. What can't be kept now is told
        the next time."""
        failing = False
        while True:
            try:
                await self.catch_up()
                failing = False
            except JournalDamaged as error:
                _log.error("traces are kept no more: %s", error)
                return
            except EngineError as error:
                if not failing:
                    _log.warning("traces can't be kept now: %s", error)
                failing = True
            await asyncio.sleep(EVERY_S)

    async def catch_up(self) -> None:
        """Tell all that has happened by now. Raises `EngineError`."""
        while await self.look():
            pass

    async def look(self) -> bool:
        """Tell some of what is new; whether there may be more. Raises `EngineError`."""
        try:
            return await self._look()
        except BaseException:
            self._begin_anew()
            raise

    @property
    def leads(self) -> bool:
        """Whether it is this process that tells the journal."""
        return self._position is not None

    async def catch_up_at_last(self) -> None:
        """Tell the rest, if that doesn't take long."""
        with contextlib.suppress(EngineError, TimeoutError):
            async with asyncio.timeout(_LAST_S):
                await self.catch_up()

    async def leave(self) -> None:
        """Let another process go on."""
        if self._position is not None:
            with contextlib.suppress(EngineError):
                await self._traces.leave()
        self._begin_anew()

    async def _look(self) -> bool:
        if self._position is None:
            self._position = await self._traces.lead()
        if self._position is None:
            return False
        records = await self._journal.read_feed(self._position, _AT_ONCE)
        if not records:
            return False
        histories = await self._journal.read_all(self._unknown(records))
        spans = await asyncio.to_thread(self._tell, records, histories)
        last = records[-1].position
        lost, self._lost = self._lost, 0
        if not await self._traces.keep(
            spans, position=last, to_be_sent=self._to_be_sent, lost=lost
        ):
            self._begin_anew()
            return False
        self._position = last
        return True

    def _begin_anew(self) -> None:
        """What was told and isn't kept is told again, by whoever is next."""
        self._position = None
        self._followed.clear()

    def _unknown(self, records: Sequence[Record]) -> list[int]:
        """Executions that have begun before, of which nothing is known here."""
        begun = {record.execution for record in records if record.seq == 1}
        return list(
            dict.fromkeys(
                record.execution
                for record in records
                if record.execution not in begun and record.execution not in self._followed
            )
        )

    def _tell(
        self, records: Sequence[Record], histories: Mapping[int, Sequence[Record]]
    ) -> list[KeptSpan]:
        touched: dict[int, _Followed] = {}
        for execution, history in histories.items():
            # One without events is just being removed.
            followed = _Followed(Projection(execution) if history else None)
            self._followed[execution] = touched[execution] = followed
            for record in history:
                self._take(followed, record)
        for record in records:
            execution = record.execution
            found = self._followed.get(execution)
            if found is None:
                found = self._followed[execution] = _Followed(Projection(execution))
            touched[execution] = found
            self._take(found, record)
        spans = []
        for execution, followed in touched.items():
            if followed.projection is not None:
                spans += followed.projection.changes()
                if followed.projection.ended:
                    del self._followed[execution]
        self._forget_some()
        return spans

    def _take(self, followed: _Followed, record: Record) -> None:
        if followed.projection is None or record.seq <= followed.seq:
            return
        followed.seq = record.seq
        try:
            followed.projection.take(ev.decode(record.payload), record.at_ms)
        except (IllegalMove, JournalDamaged) as error:
            _log.warning("%s can't be told as a trace: %s", public_id(record.execution), error)
            followed.projection = None
            self._lost += 1

    def _forget_some(self) -> None:
        """Those of which nothing was heard for longest."""
        while len(self._followed) > _LIVE:
            del self._followed[next(iter(self._followed))]
