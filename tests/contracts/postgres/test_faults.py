"""What servers and networks do, and that nothing is lost or written twice by it."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from tests.contracts.conftest import PostgresBackend
from tests.contracts.postgres.proxy import Proxy
from tests.contracts.postgres_server import PostgresServer
from tests.contracts.rows import created, eventually, then

from tizmor.core.errors import StorageFailed
from tizmor.ports.journal import Append, Committed, InboxKind, Journal
from tizmor.storage import wakes
from tizmor.storage.postgres.journal import PostgresJournal

A, B, C = 1001, 1002, 1003
PAUSED, RESUMED = '{"type":"Paused"}', '{"type":"Resumed"}'
WRITERS = "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'tizmor writer%'"


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A socket's name has room for 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="tizmor-") as folder:
        yield Path(folder)


async def until_kept(journal: Journal, appends: list[Append]) -> tuple[Committed, int]:
    """As the engine does it: the same batch again; and how often it failed."""
    failures = 0
    async with asyncio.timeout(30):
        while True:
            try:
                return await journal.commit(appends), failures
            except StorageFailed:
                failures += 1
                await asyncio.sleep(0.05)


async def test_a_server_that_crashes_and_comes_back_loses_nothing(
    own_server: PostgresServer, server_clock: Any
) -> None:
    """`pg_ctl restart -m immediate`: no warning, no shutdown checkpoint, recovery from its log."""
    journal = PostgresJournal(own_server.url(own_server.new_database()), clock=server_clock)
    await journal.commit([created(A)])
    await journal.read(A)

    await asyncio.to_thread(own_server.restart, immediately=True)

    assert [record.seq for record in await journal.read(A)] == [1]
    committed = await journal.commit([then(A, 2, "on")])
    assert committed.first_positions != [None]
    assert [record.payload for record in await journal.read(A)] == [b"begun", b"on"]
    await journal.close()


async def test_a_server_that_is_gone_for_a_while_is_waited_for(
    own_server: PostgresServer, server_clock: Any
) -> None:
    journal = PostgresJournal(own_server.url(own_server.new_database()), clock=server_clock)
    await journal.commit([created(A)])
    own_server.stop(immediately=True)

    batch = [then(A, 2, "while it was gone"), created(B)]
    keeping = asyncio.create_task(until_kept(journal, batch))
    with pytest.raises(StorageFailed, match="can't be reached"):
        await journal.get(A)
    for _ in range(3):
        await asyncio.sleep(0.1)
        assert not keeping.done(), "nothing is told as kept"
    await asyncio.to_thread(own_server.start)
    committed, failures = await keeping

    assert failures > 0
    assert None not in committed.first_positions
    assert [record.seq for record in await journal.read_feed(0, 10)] == [1, 2, 1]
    await journal.close()


async def test_a_server_that_crashes_under_load_keeps_all_that_it_acknowledged(
    own_server: PostgresServer, server_clock: Any
) -> None:
    journal = PostgresJournal(own_server.url(own_server.new_database()), clock=server_clock)
    await journal.commit([created(A, PAUSED)])
    crashed = asyncio.Event()
    kept = 1

    async def write() -> None:
        nonlocal kept
        while not crashed.is_set() or kept < 50:
            await until_kept(journal, [then(A, kept + 1, PAUSED, RESUMED)])
            kept += 2

    writing = asyncio.create_task(write())
    for _ in range(3):
        await asyncio.sleep(0.2)
        await asyncio.to_thread(own_server.restart, immediately=True)
    crashed.set()
    await writing

    assert [record.seq for record in await journal.read(A)] == list(range(1, kept + 1))
    assert {state for _, state, _ in await asyncio.to_thread(journal.check, deep=True)} == {"ok"}
    await journal.close()


async def test_an_answer_that_was_lost_is_recognised_event_for_event(
    postgres: PostgresBackend, short_folder: Path, server_clock: Any
) -> None:
    """The server committed, the network swallowed its answer: the outcome is unknown."""
    proxy = Proxy(postgres.server.folder)
    url = postgres.url.replace(str(postgres.server.folder), str(short_folder))
    async with proxy.listening(short_folder):
        journal = PostgresJournal(url, clock=server_clock)
        await journal.commit([created(A), created(B)])
        batch = [then(A, 2, "a2", "a3"), then(B, 2, "b2", release=True), created(C)]

        proxy.cut_next_answer = True
        committed = await journal.commit(batch)

        assert proxy.cuts == 1
        assert None not in committed.first_positions
        assert await journal.commit(batch) == committed
        feed = [(r.execution, r.seq) for r in await journal.read_feed(0, 20)]
        assert feed == [(A, 1), (B, 1), (A, 2), (A, 3), (B, 2), (C, 1)]
        assert (await journal.commit([then(A, 4, "on")])).first_positions != [None]
        await journal.close()


async def test_a_writer_that_the_server_ends_within_a_commit_writes_it_once(
    postgres: PostgresBackend,
) -> None:
    journal = postgres.open()
    await journal.commit([created(A)])
    lock = await asyncpg.connect(postgres.url)
    await lock.execute("BEGIN")
    await lock.execute("LOCK TABLE journal IN EXCLUSIVE MODE")

    committing = asyncio.create_task(journal.commit([then(A, 2, "once")]))
    waiting = f"{WRITERS} AND wait_event_type = 'Lock'"
    pid = (await eventually(lambda: postgres.ask(waiting)))[0]["pid"]
    await postgres.ask("SELECT pg_terminate_backend($1)", pid)
    await eventually(lambda: postgres.ask(f"{waiting} AND pid <> $1", pid))
    await lock.execute("ROLLBACK")

    assert (await committing).first_positions != [None]
    assert [record.payload for record in await journal.read(A)] == [b"begun", b"once"]
    lock.terminate()


async def test_every_connection_that_the_server_ends_is_opened_again(
    postgres: PostgresBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, sender = postgres.open(), postgres.open()
    looks = journal.wakes()
    await journal.commit([created(A)])
    await anext(looks)
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE $1"
    assert len(postgres.execute(ended, f"tizmor % {journal.owner}")) >= 2

    assert (await journal.commit([then(A, 2, "on")])).first_positions != [None]
    assert len(await journal.read(A)) == 2
    listening = "SELECT FROM pg_stat_activity WHERE application_name = $1"
    await eventually(lambda: postgres.ask(listening, f"tizmor listener {journal.owner}"))
    monkeypatch.setattr(wakes, "FALLBACK_S", 3600)
    await anext(looks)  # it may still have missed what came before it listened
    async with asyncio.timeout(10):
        await sender.send(A, InboxKind.PAUSE, b"")
        await anext(looks)
    await looks.aclose()


async def test_a_commit_goes_on_to_its_end_when_nobody_waits_for_it_any_more(
    postgres: PostgresBackend,
) -> None:
    journal = postgres.open()
    await journal.commit([created(A)])
    committing = asyncio.create_task(journal.commit([then(A, 2, "let go of")]))
    await asyncio.sleep(0)

    committing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await committing

    assert (await journal.commit([then(A, 3, "next")])).first_positions != [None]
    assert [record.seq for record in await journal.read(A)] == [1, 2, 3]


async def test_two_that_wait_for_each_other_both_get_through(postgres: PostgresBackend) -> None:
    """The server ends one of two transactions in a deadlock; its batch is done again."""
    journal = postgres.open()
    await journal.commit([created(A), created(B)])
    rival = await asyncpg.connect(postgres.url)
    touch = "UPDATE executions SET priority = 1 WHERE id = $1"
    await rival.execute("SET deadlock_timeout = '10s'")
    await rival.execute("BEGIN")
    await rival.execute(touch, B)

    committing = asyncio.create_task(journal.commit([then(A, 2, "a"), then(B, 2, "b")]))
    await eventually(lambda: postgres.ask(f"{WRITERS} AND wait_event_type = 'Lock'"))
    await rival.execute(touch, A)
    await rival.execute("COMMIT")
    committed = await committing

    assert None not in committed.first_positions
    rival.terminate()
