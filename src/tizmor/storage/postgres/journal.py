"""The journal on PostgreSQL: one connection that commits, one that reads, one that listens.

Commits are group commits, as on SQLite: the engine collects what all executions have to say while
the last commit runs. A connection that is lost is opened again; a batch whose outcome is unknown is
tried again unchanged, and what it left is recognised.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from tizmor.core.errors import EngineError
from tizmor.ports.audit import AuditRow
from tizmor.ports.clock import Clock
from tizmor.ports.journal import (
    AgentFigures,
    Append,
    Checkpoint,
    Committed,
    Freed,
    InboxKind,
    InboxRow,
    Journal,
    Measurement,
    OpenMatter,
    Record,
    StoredExecution,
)
from tizmor.ports.metrics import Tally, Unfinished
from tizmor.ports.search import Sought
from tizmor.storage.inspection import Finding
from tizmor.storage.postgres import retention
from tizmor.storage.postgres.inspection import inspect
from tizmor.storage.postgres.lease import LEASE_S, Lease, new_owner
from tizmor.storage.postgres.listener import SAY_S, Listener
from tizmor.storage.postgres.reader import Reader
from tizmor.storage.postgres.schema import refuse_unusable
from tizmor.storage.postgres.shared import PostgresShared
from tizmor.storage.postgres.wire import Connection, Wire
from tizmor.storage.postgres.writer import Writer
from tizmor.storage.shared.sharing import DatabaseSharing
from tizmor.storage.wakes import WakeSignal

_T = TypeVar("_T")
_log = logging.getLogger("tizmor.storage")


async def open_postgres(
    url: str, *, write: bool, clock: Clock, lease_s: float = LEASE_S
) -> Journal:
    """The journal in the database that `url` names, whose schema must be this version's.

    Nothing is created. Raises `WrongSetting` for a URL that leads nowhere, `WorkspaceUnusable` for
    an empty, older or newer schema and for a user without the rights; `write` asks for all of them.
    """
    await refuse_unusable(url, write=write)
    return PostgresJournal(url, clock=clock, lease_s=lease_s)


class PostgresJournal:
    """The `Journal` of one process. Its connections are opened when they are first needed."""

    def __init__(self, url: str, *, clock: Clock, lease_s: float = LEASE_S) -> None:
        self.owner = new_owner()
        self._url = url
        self._lease = Lease(self.owner, lease_s)
        self._writer = Writer(url, self._lease, clock)
        self._reader = Reader(url, f"reader {self.owner}")
        self._signal = WakeSignal()
        self._growth = WakeSignal()
        self._listener = Listener(url, self.owner, self._signal, self._growth)
        self._heart: asyncio.Task[None] | None = None
        self._closed = False
        self._shared = PostgresShared(url, self._lease, clock)
        self.sharing = DatabaseSharing(self._shared)

    async def commit(self, appends: Sequence[Append]) -> Committed:
        positions = await self._write(self._writer.commit(appends))
        self._growth.fire()
        self._listener.grew()
        if any(append.settles for append in appends):
            self._signal.fire()
        return Committed(first_positions=positions)

    async def read(self, execution: int, *, after_seq: int = 0) -> list[Record]:
        return (await self._reader.histories([execution], after_seq))[execution]

    async def read_all(self, executions: Sequence[int]) -> dict[int, list[Record]]:
        return await self._reader.histories(executions)

    async def checkpoint(self, execution: int) -> Checkpoint | None:
        return await self._reader.checkpoint(execution)

    async def audit(self, *, after: int = 0, limit: int = 1000) -> list[AuditRow]:
        return await self._reader.audit(after, limit)

    async def get(self, execution: int) -> StoredExecution | None:
        return await self._reader.get(execution)

    async def open_matters(
        self, kind: str, *, limit: int, after: OpenMatter | None = None
    ) -> list[OpenMatter]:
        return await self._reader.open_matters(kind, limit, after)

    async def blobs_of(self, execution: int) -> list[tuple[bytes, int]]:
        return await self._reader.blobs_of(execution)

    async def blob_of(self, execution: int, digest: bytes) -> bytes | None:
        return await self._reader.blob_of(execution, digest)

    async def figures(self) -> list[AgentFigures]:
        return await self._reader.figures()

    async def recent(
        self, *, limit: int = 50, before: int | None = None, ended: bool | None = None
    ) -> list[StoredExecution]:
        return await self._reader.recent(limit=limit, before=before, ended=ended)

    async def search(
        self, sought: Sought, *, limit: int
    ) -> tuple[list[StoredExecution], int | None]:
        return await self._reader.search(sought, limit=limit)

    async def measured(self, agents: Sequence[str], *, among: int) -> list[Measurement]:
        return await self._reader.measured(agents, among=among)

    async def unfinished(self) -> list[StoredExecution]:
        return await self._reader.unfinished()

    async def tally(self, after: int) -> Tally:
        return await self._reader.tally(after)

    async def in_progress(self) -> Unfinished:
        return await self._reader.in_progress()

    async def read_feed(self, after_position: int, limit: int) -> list[Record]:
        return await self._reader.feed(after_position, limit)

    async def last_position(self) -> int:
        return await self._reader.last_position()

    async def adopt(self, execution: int) -> StoredExecution | None:
        adopted = await self.adopt_all([execution])
        return adopted[0] if adopted else None

    async def adopt_all(self, executions: Sequence[int]) -> list[StoredExecution]:
        return await self._write(self._writer.adopt(executions))

    async def let_go(self, execution: int) -> None:
        await self._write(self._writer.let_go(execution))

    async def is_owner_alive(self, owner: str) -> bool:
        return await self._reader.is_alive(owner)

    async def send(self, execution: int, kind: InboxKind, payload: bytes) -> int:
        return await self._writer.send(execution, kind, payload)

    async def outcome(self, inbox_id: int) -> str | None:
        return await self._reader.outcome(inbox_id)

    async def pending(self) -> list[InboxRow]:
        return await self._reader.pending(self.owner)

    async def wakes(self) -> AsyncIterator[None]:
        if not self._closed:
            await self._listener.begin()
        async for _ in self._signal.each():
            yield

    async def growth(self) -> AsyncIterator[None]:
        if not self._closed:
            await self._listener.begin()
        await self._listener.listens()
        said_at = asyncio.get_running_loop().time()
        async for _ in self._growth.each():
            if (now := asyncio.get_running_loop().time()) - said_at >= SAY_S:
                said_at = now
                await self._listener.listens()
            yield

    async def gc(self, *, ended_before_ms: int, dry_run: bool = False) -> Freed:
        wire = Wire(self._url, "gc", prepare=_as_it_is, patience_s=retention.PATIENCE_S)
        try:
            return await retention.collect(wire, ended_before_ms=ended_before_ms, dry_run=dry_run)
        finally:
            await wire.close()

    def check(self, *, deep: bool) -> list[Finding]:
        # The caller's thread may run an event loop of its own.
        with ThreadPoolExecutor(1, thread_name_prefix="journal-check") as thread:
            return thread.submit(asyncio.run, inspect(self._url, deep=deep)).result()

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._signal.close()
        self._growth.close()
        await self._listener.close()
        await self._stop_heart()
        try:
            await self.sharing.close()
            await self._shared.close()
            await self._writer.close()
        finally:
            await self._reader.close()

    async def _write(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Do it to its end, also when the caller is cancelled: what is half-way must be known."""
        done = await asyncio.shield(asyncio.ensure_future(work))
        if self._heart is None and self._lease.began and not self._closed:
            self._heart = asyncio.create_task(self._beat())
        return done

    async def _beat(self) -> None:
        """Renew the lease, as long as this process can write what it owns.

        A commit that failed and is never tried again is the end of its claims: nobody waits for a
        process that lives on and writes nothing.
        """
        while True:
            await asyncio.sleep(self._lease.length_s / 3)
            if not self._writer.failing:
                try:
                    await self._writer.renew()
                except Exception:
                    _log.warning("the lease can't be renewed now", exc_info=True)

    async def _stop_heart(self) -> None:
        if self._heart is not None:
            self._heart.cancel()
            with contextlib.suppress(asyncio.CancelledError, EngineError):
                await self._heart
            self._heart = None


async def _as_it_is(connection: Connection) -> None:
    """A connection of which nothing more is asked."""
