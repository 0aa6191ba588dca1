from __future__ import annotations

import asyncio
import datetime as dt
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

import msgspec
import pytest

from tizmor.ports.journal import Append, Journal
from tizmor.storage.memory import MemoryDatabase, MemoryJournal
from tizmor.storage.sqlite import SqliteJournal, open_sqlite

_COMMIT_AND_DIE = """
import asyncio, datetime, os, signal, sys, time
from pathlib import Path
import msgspec
from tizmor.ports.journal import Append
from tizmor.storage.sqlite import open_sqlite

class Clock:
    def now(self):
        return datetime.datetime.now(datetime.UTC)

    def monotonic(self):
        return time.monotonic()

async def main():
    journal = open_sqlite(Path(sys.argv[1]), create=True, clock=Clock())
    await journal.commit([msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Append)])
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


class FixedClock:
    def now(self) -> dt.datetime:
        return dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)

    def monotonic(self) -> float:
        return 0.0


class Backend(Protocol):
    """One database that several processes use."""

    def open(self) -> Journal: ...

    def die(self, journal: Journal) -> None:
        """Let the journal's process be dead for all others."""
        ...

    async def commit_and_die(self, append: Append) -> None:
        """Commit in another process, which then dies by `kill -9`."""
        ...

    async def close(self) -> None: ...


class MemoryBackend:
    def __init__(self) -> None:
        self.database = MemoryDatabase()

    def open(self) -> Journal:
        return self.database.open()

    def die(self, journal: Journal) -> None:
        assert isinstance(journal, MemoryJournal)
        journal.die()

    async def commit_and_die(self, append: Append) -> None:
        journal = self.database.open()
        await journal.commit([append])
        journal.die()

    async def close(self) -> None:
        return


class SqliteBackend:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._opened: list[Journal] = []

    def open(self) -> Journal:
        journal = open_sqlite(self.folder, create=True, clock=FixedClock())
        self._opened.append(journal)
        return journal

    def die(self, journal: Journal) -> None:
        assert isinstance(journal, SqliteJournal)
        journal._owners.vanish()

    async def commit_and_die(self, append: Append) -> None:
        process = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", _COMMIT_AND_DIE, str(self.folder)],
            input=msgspec.msgpack.encode(append),
            check=False,
        )
        assert process.returncode == -signal.SIGKILL

    async def close(self) -> None:
        for journal in self._opened:
            await journal.close()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(params=["memory", "sqlite"])
async def backend(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Backend]:
    made: Backend = MemoryBackend()
    if request.param == "sqlite":
        made = SqliteBackend(tmp_path / ".tizmor")
    yield made
    await made.close()


@pytest.fixture
async def journal(backend: Backend) -> Journal:
    return backend.open()


@pytest.fixture(scope="session")
def memory_backend() -> type[MemoryBackend]:
    return MemoryBackend


@pytest.fixture(scope="session")
def sqlite_backend() -> type[SqliteBackend]:
    return SqliteBackend
