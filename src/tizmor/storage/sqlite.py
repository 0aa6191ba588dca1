"""The journal on SQLite: one file, one writer thread, one reader thread.

The writer's commits are group commits: the engine collects what all executions have to say while
the last commit runs, so that the cost of syncing is shared and no timer is needed.
"""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import msgspec

from tizmor.core.errors import StorageFailed, WorkspaceUnusable
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
from tizmor.storage.ears import Ears
from tizmor.storage.empty import EmptyJournal
from tizmor.storage.inspection import Finding, inspect
from tizmor.storage.owners import Owners, new_owner
from tizmor.storage.reader import Reader
from tizmor.storage.retention import remove
from tizmor.storage.schema import prepare
from tizmor.storage.shared.on_sqlite import SqliteShared
from tizmor.storage.shared.sharing import DatabaseSharing
from tizmor.storage.usage import Usage
from tizmor.storage.wakes import GROWTH, WakeSignal, WakeSocket
from tizmor.storage.wal import refuse_damaged_log
from tizmor.storage.writer import Writer

DATABASE = "tizmor.db"
_LEAST_BYTES = 64 * 1024
"""Room for the log's index and a page or two; with less, nothing can be begun."""

_DONE = object()
_T = TypeVar("_T")


def open_sqlite(folder: Path, *, create: bool, clock: Clock, name: str = DATABASE) -> Journal:
    """The journal in `folder` (a workspace's `.tizmor`), its schema brought up to date.

    With `create`, the folder and the database are made when they aren't there; without, a missing
    database is answered with a journal that is empty and refuses to write, and nothing is made. It
    blocks for some milliseconds, longer when it creates or migrates. Raises `WorkspaceUnusable`
    for a newer database, a foreign file, or a folder that can't be made or written;
    `JournalDamaged` for a file that is not whole.
    """
    database = folder / name
    owners = Owners(folder / "owners", new_owner())
    usage = Usage(folder / "use.lock")
    try:
        if create:
            _make_writable(folder, database)
        elif not database.exists():
            return EmptyJournal()
        usage.begin(lambda: refuse_damaged_log(database))
        prepare(database)
    except OSError as error:
        usage.end()
        raise WorkspaceUnusable(
            f"{folder} can't be used ({error.strerror}): check that its folder exists and may be"
            " written"
        ) from error
    except StorageFailed as error:
        usage.end()
        # SQLite calls it an I/O error when the log's index finds no room.
        if _is_full(folder):
            raise WorkspaceUnusable(f"the disk of {folder} is full: free some space") from error
        raise
    return SqliteJournal(database, owners, usage, clock=clock)


def _is_full(folder: Path) -> bool:
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize < _LEAST_BYTES


def _make_writable(folder: Path, database: Path) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    for path in (folder, database):
        if path.exists() and not os.access(path, os.W_OK, effective_ids=True):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


class SqliteJournal:
    """The `Journal` of one process on one database whose schema is up to date."""

    def __init__(self, database: Path, owners: Owners, usage: Usage, *, clock: Clock) -> None:
        self.owner = owners.me
        self._database = database
        self._owners = owners
        self._usage = usage
        self._writer = Writer(database, owners, clock)
        self._reader = Reader(database)
        self._write_thread = ThreadPoolExecutor(1, thread_name_prefix="journal-writer")
        self._read_thread = ThreadPoolExecutor(1, thread_name_prefix="journal-reader")
        self._signal = WakeSignal()
        self._growth = WakeSignal()
        self._socket = WakeSocket(owners)
        self._ears = Ears(owners)
        self._heard: int | None = None
        self._closed = False
        self._shared = SqliteShared(
            owners.me,
            on_thread=self._write,
            writing=self._writer.writing,
            looking=lambda work: self._look(lambda: self._reader.look(work)),
            appear=owners.appear,
            is_dead=lambda owner: not owners.is_alive(owner),
            ring=self._ring,
            clock=clock,
        )
        self.sharing = DatabaseSharing(self._shared)

    async def commit(self, appends: Sequence[Append]) -> Committed:
        settles = any(append.settles for append in appends)
        committed = await self._write(lambda: self._commit(appends, tell=settles))
        self._growth.fire()
        if settles:
            self._signal.fire()
        return committed

    async def read(self, execution: int, *, after_seq: int = 0) -> list[Record]:
        return await self._look(lambda: self._reader.history(execution, after_seq))

    async def read_all(self, executions: Sequence[int]) -> dict[int, list[Record]]:
        return await self._look(lambda: self._reader.histories(executions))

    async def checkpoint(self, execution: int) -> Checkpoint | None:
        return await self._look(lambda: self._reader.checkpoint(execution))

    async def audit(self, *, after: int = 0, limit: int = 1000) -> list[AuditRow]:
        return await self._look(lambda: self._reader.audit(after, limit))

    async def get(self, execution: int) -> StoredExecution | None:
        return await self._look(lambda: self._reader.get(execution))

    async def recent(
        self, *, limit: int = 50, before: int | None = None, ended: bool | None = None
    ) -> list[StoredExecution]:
        return await self._look(
            lambda: self._reader.recent(limit=limit, before=before, ended=ended)
        )

    async def search(
        self, sought: Sought, *, limit: int
    ) -> tuple[list[StoredExecution], int | None]:
        return await self._look(lambda: self._reader.search(sought, limit=limit))

    async def measured(self, agents: Sequence[str], *, among: int) -> list[Measurement]:
        return await self._look(lambda: self._reader.measured(agents, among=among))

    async def unfinished(self) -> list[StoredExecution]:
        return await self._look(self._reader.unfinished)

    async def open_matters(
        self, kind: str, *, limit: int, after: OpenMatter | None = None
    ) -> list[OpenMatter]:
        return await self._look(lambda: self._reader.open_matters(kind, limit, after))

    async def blobs_of(self, execution: int) -> list[tuple[bytes, int]]:
        return await self._look(lambda: self._reader.blobs_of(execution))

    async def blob_of(self, execution: int, digest: bytes) -> bytes | None:
        return await self._look(lambda: self._reader.blob_of(execution, digest))

    async def figures(self) -> list[AgentFigures]:
        return await self._look(self._reader.figures)

    async def tally(self, after: int) -> Tally:
        return await self._look(lambda: self._reader.tally(after))

    async def in_progress(self) -> Unfinished:
        return await self._look(self._reader.in_progress)

    async def read_feed(self, after_position: int, limit: int) -> list[Record]:
        return await self._look(lambda: self._reader.feed(after_position, limit))

    async def last_position(self) -> int:
        return await self._look(self._reader.last_position)

    async def adopt(self, execution: int) -> StoredExecution | None:
        adopted = await self.adopt_all([execution])
        return adopted[0] if adopted else None

    async def adopt_all(self, executions: Sequence[int]) -> list[StoredExecution]:
        return await self._write(lambda: self._writer.adopt(executions))

    async def let_go(self, execution: int) -> None:
        await self._write(lambda: self._writer.let_go(execution))

    async def is_owner_alive(self, owner: str) -> bool:
        return await self._look(lambda: self._owners.is_alive(owner))

    async def send(self, execution: int, kind: InboxKind, payload: bytes) -> int:
        inbox_id, owner = await self._write(lambda: self._writer.send(execution, kind, payload))
        if owner is not None:
            await self._ring([owner])
        return inbox_id

    async def outcome(self, inbox_id: int) -> str | None:
        return await self._look(lambda: self._reader.outcome(inbox_id))

    async def pending(self) -> list[InboxRow]:
        return await self._look(lambda: self._reader.pending(self.owner))

    async def wakes(self) -> AsyncIterator[None]:
        await self._listen()
        async for _ in self._signal.each():
            yield

    async def growth(self) -> AsyncIterator[None]:
        await self._listen()
        await self._write(self._ears.begin)
        try:
            async for _ in self._growth.each():
                yield
        finally:
            self._ears.end()

    async def gc(self, *, ended_before_ms: int, dry_run: bool = False) -> Freed:
        found = await self._look(
            lambda: self._reader.survey(ended_before_ms, self._owners.is_alive)
        )
        if dry_run:
            return found.freed
        slices = remove(self._writer.writing, found, ended_before_ms)
        while await self._write(lambda: next(slices, _DONE)) is not _DONE:
            pass  # what is to be committed meanwhile has come in between
        await self._write(self._owners.sweep)
        compacted = await self._write(lambda: self._writer.compact(self._usage))
        return msgspec.structs.replace(found.freed, compacted=compacted)

    def check(self, *, deep: bool) -> list[Finding]:
        return inspect(self._database, deep=deep)

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        if self._heard is not None:
            asyncio.get_running_loop().remove_reader(self._heard)
        self._signal.close()
        self._growth.close()
        await self.sharing.close()
        await self._shared.close()
        try:
            await self._look(self._reader.close)
            await self._write(self._leave)
        finally:
            self._usage.end()
            self._write_thread.shutdown(wait=False)
            self._read_thread.shutdown(wait=False)

    async def _ring(self, owners: Collection[str]) -> None:
        if self.owner in owners:
            self._signal.fire()
        if others := [owner for owner in owners if owner != self.owner]:
            await self._look(lambda: self._socket.ring(others))

    def _commit(self, appends: Sequence[Append], *, tell: bool) -> Committed:
        committed = self._writer.commit(appends)
        if tell:
            self._socket.ring(self._owners.others())
        if listening := self._ears.others():
            self._socket.ring(listening, GROWTH)
        return committed

    async def _listen(self) -> None:
        bound = await self._write(self._socket.bind)
        if bound is not None and self._heard is None and not self._closed:
            self._heard = bound.fileno()
            asyncio.get_running_loop().add_reader(self._heard, self._woken)

    def _woken(self) -> None:
        about = self._socket.hear()
        if GROWTH in about:
            self._growth.fire()
        if about != {GROWTH}:
            self._signal.fire()

    def _leave(self) -> None:
        try:
            self._writer.close()
        finally:
            self._socket.close()
            self._owners.vanish()

    async def _write(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._write_thread, work)

    async def _look(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._read_thread, work)
