"""Several processes open a database at the moment when its only user has been killed."""

from __future__ import annotations

import asyncio
import multiprocessing
import sys
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path

from tizmor.drivers.embedded.clock import SystemClock
from tizmor.ports.journal import Append, ExecutionRow, NewExecution
from tizmor.storage.sqlite import open_sqlite

ROUNDS = 6
AT_ONCE = 4
spawn = multiprocessing.get_context("spawn")


def _append(execution: int) -> Append:
    return Append(
        execution=execution,
        epoch=1,
        first_seq=1,
        events=[(1, b"event" * 200)] * 20,
        create=NewExecution(query="request", user="me", created_at_ms=1),
        row=ExecutionRow(status="RUNNING"),
    )


def _write_until_killed(folder: Path, first: int, written: Event) -> None:
    async def write() -> None:
        journal = open_sqlite(folder, create=True, clock=SystemClock())
        for number in range(5):
            await journal.commit([_append(first + number)])
        written.set()
        await asyncio.Event().wait()

    asyncio.run(write())


def _open_together(folder: Path, number: int, together: Barrier) -> None:
    async def use() -> None:
        journal = open_sqlite(folder, create=True, clock=SystemClock())
        await journal.commit([_append(number)])
        await journal.close()

    together.wait(30)
    asyncio.run(use())
    sys.exit(0)


def test_what_was_committed_is_there_and_nobody_takes_a_used_log_for_a_damaged_one(
    tmp_path: Path,
) -> None:
    """Each process finds the database whole, whichever of them comes first."""
    folder = tmp_path / ".tizmor"
    for turn in range(ROUNDS):
        written = spawn.Event()
        writer = spawn.Process(target=_write_until_killed, args=(folder, turn * 100 + 1, written))
        writer.start()
        assert written.wait(30)
        writer.kill()
        writer.join()
        together = spawn.Barrier(AT_ONCE)
        users = [
            spawn.Process(target=_open_together, args=(folder, turn * 100 + 50 + n, together))
            for n in range(AT_ONCE)
        ]
        for user in users:
            user.start()
        for user in users:
            user.join(60)
        assert [user.exitcode for user in users] == [0] * AT_ONCE

    async def count() -> int:
        journal = open_sqlite(folder, create=False, clock=SystemClock())
        stored = await journal.recent(limit=1000)
        await journal.close()
        return len(stored)

    assert asyncio.run(count()) == ROUNDS * (5 + AT_ONCE)
