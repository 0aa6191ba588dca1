from __future__ import annotations

import asyncio
import contextlib
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import msgspec
import pytest
from tests.clocks import SetClock
from tests.contracts.postgres_server import PostgresServer

from tizmor.ports.journal import Append, Journal
from tizmor.storage.memory import MemoryDatabase, MemoryJournal
from tizmor.storage.postgres import shared as on_postgres
from tizmor.storage.postgres.journal import PostgresJournal
from tizmor.storage.postgres.schema import TABLES
from tizmor.storage.sqlite import SqliteJournal, open_sqlite

_COMMIT_AND_DIE = """
import asyncio, os, signal, sys
from pathlib import Path
import msgspec
from tizmor.drivers.embedded.clock import SystemClock
from tizmor.ports.journal import Append
from tizmor.storage.postgres.journal import open_postgres
from tizmor.storage.sqlite import open_sqlite

async def main():
    if sys.argv[1].startswith("postgresql:"):
        journal = await open_postgres(sys.argv[1], write=True, clock=SystemClock())
    else:
        journal = open_sqlite(Path(sys.argv[1]), create=True, clock=SystemClock())
    await journal.commit([msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Append)])
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


class Backend(Protocol):
    """One database that several processes use."""

    clock: SetClock

    def open(self) -> Journal: ...

    def die(self, journal: Journal) -> None:
        """Let the journal's process be dead for all others."""
        ...

    def come_back(self, journal: Journal) -> None:
        """It was stopped, and goes on."""
        ...

    async def commit_and_die(self, append: Append) -> None:
        """Commit in another process, which then dies by `kill -9`."""
        ...

    async def rows(self, table: str, columns: str) -> list[tuple[Any, ...]]:
        """Some columns of what steps told each other, in the order of their keys."""
        ...

    async def close(self) -> None: ...


class MemoryBackend:
    def __init__(self) -> None:
        self.clock = SetClock()
        self.database = MemoryDatabase(now_ms=self.clock.now_ms)

    def open(self) -> Journal:
        return self.database.open()

    def die(self, journal: Journal) -> None:
        assert isinstance(journal, MemoryJournal)
        journal.die()

    def come_back(self, journal: Journal) -> None:
        assert isinstance(journal, MemoryJournal)
        self.database.living[journal.owner] = journal._signal

    async def commit_and_die(self, append: Append) -> None:
        journal = self.database.open()
        await journal.commit([append])
        journal.die()

    async def rows(self, table: str, columns: str) -> list[tuple[Any, ...]]:
        tables: dict[str, dict[Any, Any]] = {
            "shared_context": self.database.shared,
            "agent_messages": self.database.messages,
        }
        found = [row for _, row in sorted(tables[table].items())]
        return [tuple(getattr(row, name) for name in columns.split(", ")) for row in found]

    async def close(self) -> None:
        return


class SqliteBackend:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = SetClock()
        self._opened: list[Journal] = []

    def open(self) -> Journal:
        journal = open_sqlite(self.folder, create=True, clock=self.clock)
        self._opened.append(journal)
        return journal

    def die(self, journal: Journal) -> None:
        assert isinstance(journal, SqliteJournal)
        journal._owners.vanish()

    def come_back(self, journal: Journal) -> None:
        assert isinstance(journal, SqliteJournal)
        journal._owners.appear()

    async def rows(self, table: str, columns: str) -> list[tuple[Any, ...]]:
        with contextlib.closing(sqlite3.connect(self.folder / "tizmor.db")) as connection:
            return connection.execute(_select(table, columns)).fetchall()

    async def commit_and_die(self, append: Append) -> None:
        await _commit_and_die(str(self.folder), append)

    async def close(self) -> None:
        for journal in self._opened:
            await journal.close()


class PostgresBackend:
    def __init__(self, server: PostgresServer, database: str) -> None:
        self.server = server
        self.database = database
        self.url = server.url(database)
        self.clock = SetClock()
        self._opened: list[PostgresJournal] = []

    def open(self) -> Journal:
        journal = PostgresJournal(self.url, clock=self.clock)
        self._opened.append(journal)
        return journal

    def die(self, journal: Journal) -> None:
        """Its lease runs out, and nobody saw it die."""
        assert isinstance(journal, PostgresJournal)
        if journal._heart is not None:
            journal._heart.cancel()
        self.execute("UPDATE owners SET until = '-infinity' WHERE name = $1", journal.owner)

    def come_back(self, journal: Journal) -> None:
        renew = "UPDATE owners SET until = clock_timestamp() + interval '1 hour' WHERE name = $1"
        self.execute(renew, journal.owner)

    async def commit_and_die(self, append: Append) -> None:
        await _commit_and_die(self.url, append)

    async def close(self) -> None:
        for journal in self._opened:
            await journal.close()

    async def rows(self, table: str, columns: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await self.ask(_select(table, columns))]

    def execute(self, statement: str, *values: object) -> list[Any]:
        return self.server.execute(statement, *values, database=self.database)

    async def ask(self, statement: str, *values: object) -> list[Any]:
        return await asyncio.to_thread(self.execute, statement, *values)


def _select(table: str, columns: str) -> str:
    order = "1, 2" if ", " in columns else "1"
    return " ".join(("SELECT", columns, "FROM", table, "ORDER BY", order))


async def _commit_and_die(place: str, append: Append) -> None:
    process = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", _COMMIT_AND_DIE, place],
        input=msgspec.msgpack.encode(append),
        check=False,
    )
    assert process.returncode == -signal.SIGKILL


@pytest.fixture
def new_postgres(postgres_server: PostgresServer) -> Iterator[Callable[[], PostgresBackend]]:
    """Gives a database of its own at each call, without rows."""
    made = []

    def make() -> PostgresBackend:
        made.append(postgres_server.empty_database())
        return PostgresBackend(postgres_server, made[-1])

    yield make
    for database in made:
        postgres_server.give_back(database)


@pytest.fixture
async def postgres(new_postgres: Callable[[], PostgresBackend]) -> AsyncIterator[PostgresBackend]:
    backend = new_postgres()
    yield backend
    await backend.close()


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def backend(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Backend]:
    made: Backend = MemoryBackend()
    if request.param == "sqlite":
        made = SqliteBackend(tmp_path / ".tizmor")
    elif request.param == "postgresql":
        made = request.getfixturevalue("new_postgres")()
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


@pytest.fixture
def postgres_backend(
    new_postgres: Callable[[], PostgresBackend],
) -> Callable[[], PostgresBackend]:
    """Makes backends on one database, which each begins by emptying."""
    first = new_postgres()

    def make() -> PostgresBackend:
        first.execute(f"TRUNCATE {', '.join(TABLES)} RESTART IDENTITY")
        return PostgresBackend(first.server, first.database)

    return make


@pytest.fixture
def advance(backend: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Lets time pass for all processes; PostgreSQL's own is set, too."""

    def stand() -> None:
        now = f"SELECT {backend.clock.now_ms()}::bigint"
        monkeypatch.setattr(on_postgres, "_NOW", now)

    def pass_by(ms: int) -> None:
        backend.clock.advance(ms)
        stand()

    stand()
    return pass_by
