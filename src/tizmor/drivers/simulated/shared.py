"""Work on what imagined processes share, with all that can happen between one of them and the
database: it fails, or is kept and nobody hears of it; it is slow; and the process may be killed
before it, or after it and before it hears of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import TypeVar

from tizmor.core.errors import StorageFailed
from tizmor.drivers.simulated.faults import Faults
from tizmor.ports.clock import Clock
from tizmor.storage.memory import MemoryDatabase
from tizmor.storage.shared.batches import Batches, Piece
from tizmor.storage.shared.on_sqlite import do_pieces, done
from tizmor.storage.shared.work import Moment, Work

_T = TypeVar("_T")


class SimulatedShared:
    """The `Shared` of one imagined process. `reach` raises when the database is gone, `killed_by`
    lets a fault end the process, `ring` has others look, `unheard` is told when nobody knows
    whether something was done."""

    def __init__(
        self,
        database: MemoryDatabase,
        me: str,
        faults: Faults,
        *,
        clock: Clock,
        patience_s: float,
        reach: Callable[[str], Awaitable[None]],
        killed_by: Callable[[str], Awaitable[None]],
        ring: Callable[[Collection[str]], None],
        unheard: Callable[[], None],
    ) -> None:
        self._database = database
        self._me = me
        self._faults = faults
        self._reach = reach
        self._killed_by = killed_by
        self._ring = ring
        self._unheard = unheard
        self._batches = Batches(self._do_all, self._have_look, clock, patience_s=patience_s)

    async def do(self, work: Callable[[Moment], Work[_T]]) -> _T:
        try:
            return await self._batches.do(work)
        except StorageFailed:
            self._unheard()
            raise

    async def look(self, work: Callable[[Moment], Work[_T]]) -> _T:
        await self._reach("sharing slow")
        moment = Moment(self._database.now_ms(), self._me)
        return done(self._database.tables.connection, work(moment), self._database.known, set())

    async def close(self) -> None:
        """Wait until what was asked for is done."""
        await self._batches.close()

    async def _do_all(self, pieces: Collection[Piece]) -> Collection[str]:
        await self._reach("sharing slow")
        await self._killed_by("crash before sharing")
        if self._faults.strikes("sharing failed"):
            raise StorageFailed("the transaction failed")
        told = self._in_one(pieces)
        await self._killed_by("crash after sharing")
        if self._faults.strikes("sharing slow"):
            await asyncio.sleep(self._faults.seconds(0.002, 0.05))
        if self._faults.strikes("sharing unknown"):
            raise StorageFailed("the connection broke while the transaction ran")
        return told

    def _in_one(self, pieces: Collection[Piece]) -> Collection[str]:
        connection = self._database.tables.connection
        moment = Moment(self._database.now_ms(), self._me)
        connection.execute("BEGIN")
        try:
            told = do_pieces(connection, pieces, moment, self._database.known)
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
        return sorted(told)

    async def _have_look(self, owners: Collection[str]) -> None:
        self._ring(owners)
