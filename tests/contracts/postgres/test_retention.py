"""What `gc` removes on PostgreSQL, while others write."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
from tests.contracts.rows import created, eventually, then

from tizmor.ports.journal import ExecutionRow, InboxKind, StepRow
from tizmor.storage.postgres.batch import Batch
from tizmor.storage.postgres.schema import TABLES
from tizmor.storage.postgres.statement import statement
from tizmor.storage.postgres.writer import KEEP_BLOBS

A, B, C = 1001, 1002, 1003
ENDED = ExecutionRow(status="COMPLETED", ended=True, updated_at_ms=100)
SMALL = '{"type":"Paused"}'
LARGE = '{"type":"Paused","by":"' + "x" * 100_000 + '"}'
OTHER = '{"type":"Paused","by":"' + "y" * 100_000 + '"}'


async def test_what_ended_long_ago_goes_with_all_that_belongs_to_it(postgres: Any) -> None:
    journal = postgres.open()
    step = StepRow(step="s", agent="Summary", status="DONE")
    await journal.commit(
        [
            created(A, LARGE, OTHER, row=ENDED, steps=[step], checkpoint=b"{}", release=True),
            created(B, LARGE, row=ExecutionRow(status="WAITING", updated_at_ms=1)),
            created(C, SMALL, row=ExecutionRow(status="COMPLETED", ended=True, updated_at_ms=500)),
        ]
    )
    await journal.send(A, InboxKind.CANCEL, b"")

    would = await journal.gc(ended_before_ms=200, dry_run=True)
    assert len(await journal.read(A)) == 2
    freed = await journal.gc(ended_before_ms=200)

    assert would == freed
    assert (freed.executions, freed.events, freed.blobs) == (1, 2, 1)
    assert freed.bytes > 100_000
    assert await journal.get(A) is None
    assert await journal.read(A) == []
    assert [record.payload for record in await journal.read(B)] == [LARGE.encode()]
    assert await journal.get(C) is not None
    having = "SELECT table_name FROM information_schema.columns WHERE column_name = 'execution'"
    belonging = {row[0] for row in postgres.execute(having)} & set(TABLES)
    assert belonging > {"journal", "execution_steps", "rate_tickets", "shared_context"}
    for table in belonging - {"audit_log"}:  # who decided what outlives the execution
        assert postgres.execute(f"SELECT FROM {table} WHERE execution = $1", A) == []
    assert {state for _, state, _ in await asyncio.to_thread(journal.check, deep=True)} == {"ok"}


async def test_what_goes_on_while_it_is_being_removed_stays(postgres: Any) -> None:
    """`resume` of an ended execution wins over `gc` when it was there first."""
    journal, collector = postgres.open(), postgres.open()
    await journal.commit([created(A, row=ENDED, release=True)])
    lock = await asyncpg.connect(postgres.url)
    await lock.execute("BEGIN")
    await lock.execute("UPDATE executions SET ended = 0 WHERE id = $1", A)

    collecting = asyncio.create_task(collector.gc(ended_before_ms=200))
    waiting = "SELECT FROM pg_stat_activity WHERE application_name = 'tizmor gc'"
    await eventually(lambda: postgres.ask(f"{waiting} AND wait_event_type = 'Lock'"))
    await lock.execute("COMMIT")

    assert (await collecting).executions == 0
    assert len(await journal.read(A)) == 1
    lock.terminate()


async def test_a_blob_that_somebody_is_about_to_refer_to_is_not_removed(postgres: Any) -> None:
    """Between finding the blob there and referring to it, `gc` must not take it away."""
    journal, collector = postgres.open(), postgres.open()
    await journal.commit([created(A, LARGE, row=ENDED, release=True), created(B)])
    batch = Batch(journal._writer._links, 0)
    batch.add(then(B, 2, LARGE))
    sql, arguments = statement(batch.rows)
    writing = await asyncpg.connect(postgres.url)
    await writing.execute("BEGIN")
    await writing.execute(KEEP_BLOBS)

    collecting = asyncio.create_task(collector.gc(ended_before_ms=200))
    waiting = "SELECT FROM pg_stat_activity WHERE application_name = 'tizmor gc'"
    await eventually(lambda: postgres.ask(f"{waiting} AND wait_event_type = 'Lock'"))
    await writing.fetch(sql, journal.owner, 0, *arguments)
    await writing.execute("COMMIT")

    assert (await collecting).blobs == 0
    assert [len(record.payload) for record in await journal.read(B)] == [5, len(LARGE)]
    writing.terminate()
