"""The journal in memory, with all that can happen between a process and its database.

A commit fails, or succeeds and its confirmation is lost; the database is slow, or gone for a while;
wake-ups get lost or come twice; and the process may be killed before a commit, or after it and
before it hears of it.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from functools import cached_property

import msgspec

from tizmor.core.errors import StorageFailed
from tizmor.drivers.simulated.faults import Faults
from tizmor.drivers.simulated.shared import SimulatedShared
from tizmor.ports.clock import Clock
from tizmor.ports.journal import (
    Append,
    Committed,
    InboxKind,
    InboxRow,
    Record,
    StoredExecution,
)
from tizmor.ports.sharing import Sharing
from tizmor.storage.memory import MemoryDatabase, MemoryJournal
from tizmor.storage.shared.sharing import DatabaseSharing


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """Who wrote an event, and whose the execution was when they did."""

    by: str
    epoch: int
    owner: str | None
    owner_epoch: int


class SimulatedDatabase(MemoryDatabase):
    """What imagined processes share. `written` says of each event, by execution and sequence
    number, who wrote it; `numbers` stand for the chance in new executions' ids: every other one, as
    the next after a dry run's is that of what carries it out. `unheard`: some process doesn't know
    whether what it asked for was done."""

    def __init__(self, *, now_ms: Callable[[], int]) -> None:
        super().__init__(now_ms=now_ms)
        self.written: dict[tuple[int, int], Written] = {}
        self.gone_until = 0.0
        self.presumed_dead: set[str] = set()
        self.unheard = False
        self.numbers = itertools.count(1, 2)


class SimulatedJournal(MemoryJournal):
    """The journal of one imagined process, named as that process. `kill` is called when a fault
    ends it in the middle of a commit."""

    def __init__(
        self,
        database: SimulatedDatabase,
        owner: str,
        faults: Faults,
        kill: Callable[[], None],
        *,
        clock: Clock,
        patience_s: float,
    ) -> None:
        super().__init__(database, owner)
        self._shared = database
        self._faults = faults
        self._kill = kill
        self._sharing = SimulatedShared(
            database,
            owner,
            faults,
            clock=clock,
            patience_s=patience_s,
            reach=self._reach,
            killed_by=self._killed_by,
            ring=self._ring,
            unheard=self._not_heard,
        )

    @cached_property
    def sharing(self) -> Sharing:
        return DatabaseSharing(self._sharing)

    def _not_heard(self) -> None:
        self._shared.unheard = True

    async def close(self) -> None:
        await self.sharing.close()
        await self._sharing.close()
        await super().close()

    async def commit(self, appends: Sequence[Append]) -> Committed:
        await self._reach("commit slow")
        await self._killed_by("crash before a commit")
        if self._faults.strikes("commit failed"):
            raise StorageFailed("the commit failed")
        before = {a.execution: self._shared.executions.get(a.execution) for a in appends}
        committed = await super().commit(appends)
        self._note(appends, committed, before)
        await self._killed_by("crash after a commit")
        if self._faults.strikes("commit slow"):
            await asyncio.sleep(self._faults.seconds(0.002, 0.05))
        if self._faults.strikes("commit unknown"):
            raise StorageFailed("the connection broke while the commit ran")
        return committed

    async def read(self, execution: int, *, after_seq: int = 0) -> list[Record]:
        await self._reach("read slow")
        found = await super().read(execution, after_seq=after_seq)
        if self._faults.strikes("read slow"):
            await asyncio.sleep(self._faults.seconds(0.0, 0.002))
        return found

    async def get(self, execution: int) -> StoredExecution | None:
        await self._reach("read slow")
        return await super().get(execution)

    async def adopt(self, execution: int) -> StoredExecution | None:
        await self._reach("read slow")
        before = self._shared.executions.get(execution)
        adopted = await super().adopt(execution)
        if (
            adopted is not None
            and before is not None
            and before.owner != self.owner
            and before.owner in self._shared.presumed_dead
        ):
            adopted = msgspec.structs.replace(adopted, may_still_run=True)
        if self._faults.strikes("read slow"):
            await asyncio.sleep(self._faults.seconds(0.0, 0.002))
        return adopted

    async def send(self, execution: int, kind: InboxKind, payload: bytes) -> int:
        await self._reach("read slow")
        sent = await super().send(execution, kind, payload)
        if self._faults.strikes("order unknown"):
            raise StorageFailed("the connection broke while the order was written")
        return sent

    async def pending(self) -> list[InboxRow]:
        await self._reach("read slow")
        found = await super().pending()
        if self._faults.strikes("read slow"):
            await asyncio.sleep(self._faults.seconds(0.0, 0.002))
        return found

    async def wakes(self) -> AsyncIterator[None]:
        async for _ in super().wakes():
            if self._faults.strikes("wake lost"):
                continue
            yield
            if self._faults.strikes("wake doubled"):
                yield

    def lapse(self) -> None:
        """The lease runs out while the process is stopped: to others it is as good as dead."""
        self._shared.living.pop(self.owner, None)
        self._shared.presumed_dead.add(self.owner)

    def renew(self) -> None:
        """The process goes on and renews its lease."""
        self._shared.living[self.owner] = self._signal
        self._shared.presumed_dead.discard(self.owner)

    async def _reach(self, slow: str) -> None:
        loop = asyncio.get_running_loop()
        if self._faults.strikes("database gone"):
            self._shared.gone_until = loop.time() + self._faults.seconds(0.1, 1.0, 4.0)
        if loop.time() < self._shared.gone_until and not self._faults.calm:
            raise StorageFailed("the database can't be reached")
        if self._faults.strikes(slow):
            await asyncio.sleep(self._faults.seconds(0.0, 0.002, 0.05))

    async def _killed_by(self, fault: str) -> None:
        if self._faults.strikes(fault):
            self._kill()
            await asyncio.get_running_loop().create_future()

    def _note(
        self,
        appends: Sequence[Append],
        committed: Committed,
        before: dict[int, StoredExecution | None],
    ) -> None:
        for append, position in zip(appends, committed.first_positions, strict=True):
            was = before[append.execution]
            for offset in range(len(append.events) if position is not None else 0):
                self._shared.written.setdefault(
                    (append.execution, append.first_seq + offset),
                    Written(
                        by=self.owner,
                        epoch=append.epoch,
                        owner=self.owner if was is None else was.owner,
                        owner_epoch=append.epoch if was is None else was.epoch,
                    ),
                )
