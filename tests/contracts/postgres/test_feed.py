"""The global order on PostgreSQL has no holes that fill later, and polling a sequence would."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest
from tests.contracts.rows import created, then

from tizmor.core.errors import WorkspaceUnusable
from tizmor.ports.journal import Append, Journal
from tizmor.storage.postgres.batch import Batch
from tizmor.storage.postgres.journal import open_postgres
from tizmor.storage.postgres.migrate import upgrade
from tizmor.storage.postgres.position import PLACES
from tizmor.storage.postgres.statement import statement

A, B, C = 1001, 1002, 1003


async def write_without_committing(url: str, append: Append) -> asyncpg.Connection:
    """What a journal writes, by the same statement, in a transaction that stays open."""
    connection = await asyncpg.connect(url)
    batch = Batch({}, 0)
    batch.add(append)
    sql, arguments = statement(batch.rows)
    await connection.execute("BEGIN")
    await connection.fetch(sql, "somebody", 0, *arguments)
    return connection


async def seqs(journal: Journal, after: int = 0) -> list[tuple[int, int]]:
    return [(record.execution, record.seq) for record in await journal.read_feed(after, 1_000)]


async def test_polling_a_sequence_misses_what_commits_late(postgres: Any) -> None:
    """Why positions aren't numbers of a sequence."""
    slow, quick = await asyncpg.connect(postgres.url), await asyncpg.connect(postgres.url)
    await quick.execute("CREATE TABLE naive (position bigserial, who text)")
    await slow.execute("BEGIN")
    await slow.execute("INSERT INTO naive (who) VALUES ('slow')")
    await quick.execute("INSERT INTO naive (who) VALUES ('quick')")
    poll = "SELECT position, who FROM naive WHERE position > $1 ORDER BY position"

    first = await quick.fetch(poll, 0)
    await slow.execute("COMMIT")
    second = await quick.fetch(poll, first[-1]["position"])

    assert [row["who"] for row in [*first, *second]] == ["quick"]
    slow.terminate()
    quick.terminate()


async def test_the_feed_waits_for_what_commits_late(postgres: Any) -> None:
    journal = postgres.open()
    await journal.commit([created(A)])
    begun = await journal.last_position()
    slow = await write_without_committing(postgres.url, created(B, "late 1", "late 2"))
    await journal.commit([created(C, "quick")])

    while_open = await seqs(journal, begun), await journal.last_position()
    await slow.execute("COMMIT")

    assert while_open == ([], begun)
    assert await seqs(journal, begun) == [(B, 1), (B, 2), (C, 1)]
    assert await journal.last_position() > begun
    slow.terminate()


async def test_an_unrelated_transaction_holds_the_feed_back_and_nothing_else(postgres: Any) -> None:
    journal = postgres.open()
    unrelated = await asyncpg.connect(postgres.server.url())
    await unrelated.execute("BEGIN")
    await unrelated.execute("SELECT pg_current_xact_id()")

    await journal.commit([created(A, "a")])

    assert await seqs(journal) == []
    assert [record.seq for record in await journal.read(A)] == [1]
    await unrelated.execute("ROLLBACK")
    assert await seqs(journal) == [(A, 1)]
    unrelated.terminate()


async def test_readers_miss_nothing_and_see_nothing_twice_while_many_write(postgres: Any) -> None:
    writers = [postgres.open() for _ in range(4)]
    reader = postgres.open()
    commits = 60
    held = await asyncpg.connect(postgres.url)

    async def write(number: int, journal: Journal) -> None:
        await journal.commit([created(number)])
        for seq in range(2, commits + 2):
            await journal.commit([then(number, seq, "more")])

    async def hold() -> None:
        for _ in range(20):
            async with held.transaction():
                await held.execute("SELECT pg_current_xact_id(), pg_sleep(0.01)")

    async def follow() -> list[tuple[int, int]]:
        seen: list[tuple[int, int]] = []
        last = 0
        while len(seen) < len(writers) * (commits + 1):
            for record in await reader.read_feed(last, 50):
                assert record.position > last
                last = record.position
                seen.append((record.execution, record.seq))
        return seen

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        following = group.create_task(follow())
        group.create_task(hold())
        for number, journal in enumerate(writers, 1):
            group.create_task(write(number, journal))

    seen = following.result()
    assert len(set(seen)) == len(seen)
    assert sorted(seen) == [(n, seq) for n in range(1, 5) for seq in range(1, commits + 2)]
    held.terminate()


async def test_a_reader_at_the_sequence_would_have_missed_some_of_them(postgres: Any) -> None:
    """The planted bug for the test above: the same feed without its horizon."""
    journal = postgres.open()
    slow = await write_without_committing(postgres.url, created(A, "late"))
    await journal.commit([created(B, "quick")])
    polled = "SELECT position, execution FROM journal WHERE position > $1 ORDER BY position"

    first = postgres.execute(polled, 0)
    await slow.execute("COMMIT")
    second = postgres.execute(polled, first[-1]["position"])

    assert [row["execution"] for row in [*first, *second]] == [B]
    slow.terminate()


async def test_an_append_of_more_events_than_a_transaction_has_places_is_split(
    postgres: Any,
) -> None:
    journal = postgres.open()
    number = PLACES + 10
    append = created(A, *["x"] * number, release=True)

    committed = await journal.commit([append, created(B, "y")])
    again = await journal.commit([append, created(B, "y")])

    assert committed == again
    feed = await journal.read_feed(0, number + 10)
    assert [record.seq for record in feed] == [*range(1, number + 1), 1]
    assert (await journal.get(A)).owner is None
    assert feed[0].position == committed.first_positions[0]


async def test_a_database_that_came_from_a_server_further_on_is_refused_until_it_is_migrated(
    postgres: Any, server_clock: Any
) -> None:
    """Restored into a younger server, new events would stand before old ones."""
    first = postgres.open()
    await first.commit([created(A)])
    await first.close()
    postgres.execute("UPDATE journal SET position = position + $1", PLACES << 20)

    with pytest.raises(WorkspaceUnusable, match="tizmor migrate"):
        await open_postgres(postgres.url, write=True, clock=server_clock)
    await upgrade(postgres.url)
    second = await open_postgres(postgres.url, write=True, clock=server_clock)
    await second.commit([created(B)])

    assert await seqs(second) == [(A, 1), (B, 1)]
    await second.close()
