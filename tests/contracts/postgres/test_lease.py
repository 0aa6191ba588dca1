"""Who owns what on PostgreSQL: leases by the server's clock, epochs where they aren't enough."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.contracts.rows import created, eventually, then

from tizmor.core.errors import StorageFailed, WorkspaceUnusable
from tizmor.ports.journal import Journal, StoredExecution
from tizmor.storage.postgres.journal import PostgresJournal
from tizmor.storage.postgres.process import identity, seen_dead
from tizmor.storage.postgres.writer import Writer

A, B = 1001, 1002

_ROOT = Path(__file__).parents[3]
_OWNER = """
import asyncio, sys
from tests.contracts.rows import created, then
from tizmor.drivers.embedded.clock import SystemClock
from tizmor.storage.postgres.journal import open_postgres

async def main():
    journal = await open_postgres(sys.argv[1], write=True, clock=SystemClock(), lease_s=1)
    await journal.commit([created(1001), created(1002)])
    print(journal.owner, flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    committed = await journal.commit([then(1001, 2, "late"), created(1003)])
    print([position is not None for position in committed.first_positions], flush=True)

asyncio.run(main())
"""


@asynccontextmanager
async def owner_process(url: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that owns A and B under a lease of one second, and at a word writes to A again."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _OWNER, url, stdin=-1, stdout=-1, cwd=_ROOT
    )
    try:
        assert process.stdout is not None
        assert await process.stdout.readline()
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def adopted(journal: Journal, execution: int) -> StoredExecution:
    return await eventually(lambda: journal.adopt(execution))


async def test_who_was_killed_on_this_machine_is_taken_over_at_once(postgres: Any) -> None:
    journal = postgres.open()
    async with owner_process(postgres.url) as process:
        assert await journal.adopt(A) is None
        process.kill()
        await process.wait()

        taken = await journal.adopt(A)

    assert (taken.epoch, taken.may_still_run) == (2, False)
    assert not await journal.is_owner_alive((await journal.get(B)).owner)


async def test_who_was_stopped_past_its_lease_loses_its_place_and_writes_no_more(
    postgres: Any,
) -> None:
    journal = postgres.open()
    async with owner_process(postgres.url) as process:
        process.send_signal(signal.SIGSTOP)
        assert await journal.adopt(A) is None, "the lease has not run out"
        taken = await adopted(journal, A)
        await journal.commit([then(A, 2, "mine", epoch=2)])
        process.send_signal(signal.SIGCONT)
        out, _ = await process.communicate(b"\n")

    assert (taken.epoch, taken.may_still_run) == (2, True)
    assert out.decode().strip() == "[False, True]", "its other appends are kept"
    assert [record.payload for record in await journal.read(A)] == [b"begun", b"mine"]


async def test_who_goes_on_in_time_keeps_its_place(postgres: Any) -> None:
    journal = postgres.open()
    async with owner_process(postgres.url) as process:
        first = postgres.execute("SELECT until FROM owners")[0]["until"]
        await eventually(lambda: postgres.ask("SELECT FROM owners WHERE until > $1", first))
        assert await journal.adopt(A) is None
        out, _ = await process.communicate(b"\n")

    assert out.decode().strip() == "[True, True]"


async def test_who_was_stopped_behind_its_commit_is_told_before_it_acts(postgres: Any) -> None:
    """The commit was kept; but an effect must not begin under a place that was lost since."""
    stopped, others = postgres.open(), postgres.open()
    await stopped.commit([created(A), created(B)])
    postgres.die(stopped)
    commit = stopped._writer._write

    async def stopped_behind(*arguments: Any) -> Any:
        written = await commit(*arguments)
        await others.adopt(A)
        stopped._lease._sure_until = 0.0
        return written

    stopped._writer._write = stopped_behind
    committed = await stopped.commit([then(A, 2, "intent"), then(B, 2, "intent")])

    assert [position is None for position in committed.first_positions] == [True, False]
    assert [record.payload for record in await others.read(A)] == [b"begun", b"intent"]


async def test_who_cannot_write_and_gave_up_holds_nothing(postgres: Any, server_clock: Any) -> None:
    """A process that went on saying that it lives, and wrote nothing, would hold its executions
    for ever."""
    owner = PostgresJournal(postgres.url, clock=server_clock, lease_s=1)
    others = postgres.open()
    await owner.commit([created(A)])
    fail_writes(postgres)

    with pytest.raises(StorageFailed, match="disk is full"):
        await owner.commit([then(A, 2, "intent")])
    taken = await adopted(others, A)
    postgres.execute("DROP TRIGGER full_disk ON journal")
    late = await owner.commit([then(A, 2, "intent")])

    assert (taken.epoch, taken.may_still_run) == (2, True)
    assert late.first_positions == [None]
    await owner.close()


async def test_who_could_not_write_for_a_while_goes_on_when_nobody_took_over(
    postgres: Any, server_clock: Any
) -> None:
    owner = PostgresJournal(postgres.url, clock=server_clock, lease_s=1)
    await owner.commit([created(A)])
    fail_writes(postgres)
    with pytest.raises(StorageFailed):
        await owner.commit([then(A, 2, "intent")])
    postgres.execute("DROP TRIGGER full_disk ON journal")
    postgres.execute("UPDATE owners SET until = '-infinity'")

    await owner.commit([then(A, 2, "intent")])
    await eventually(lambda: owner.is_owner_alive(owner.owner))

    assert await postgres.open().adopt(A) is None
    await owner.close()


async def test_an_owner_that_nobody_knows_may_still_run(postgres: Any) -> None:
    owner, others = postgres.open(), postgres.open()
    await owner.commit([created(A)])
    postgres.execute("DELETE FROM owners")

    assert (await others.adopt(A)).may_still_run


async def test_an_owner_of_the_right_epoch_and_another_name_is_refused(postgres: Any) -> None:
    """As when a database came back from a backup and two took the same epoch."""
    mine = postgres.open()
    await mine.commit([created(A)])
    postgres.execute("UPDATE executions SET owner = 'another'")

    assert (await mine.commit([then(A, 2, "late")])).first_positions == [None]


async def test_what_was_released_runs_nowhere(postgres: Any) -> None:
    owner, others = postgres.open(), postgres.open()
    await owner.commit([created(A, release=True)])

    assert not (await others.adopt(A)).may_still_run


async def test_two_that_adopt_at_once_are_one_owner(postgres: Any) -> None:
    await postgres.commit_and_die(created(A))
    rivals = [postgres.open() for _ in range(4)]

    answers = await asyncio.gather(*(rival.adopt(A) for rival in rivals))

    owners = [taken.owner for taken in answers if taken is not None]
    assert len(owners) == 1
    assert (await rivals[0].get(A)).epoch == 2


def test_a_process_of_another_place_is_never_seen_dead() -> None:
    here = identity()
    place, pid, started = here.split("/")
    assert not seen_dead(here)
    assert seen_dead(f"{place}/{pid}/{int(started) + 1}"), "its number was given to another"
    assert seen_dead(f"{place}/{2**30}/1")
    assert not seen_dead(f"elsewhere:{place}/{2**30}/1")
    assert not seen_dead("")
    assert pid == str(os.getpid())


def fail_writes(postgres: Any) -> None:
    postgres.execute(
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = '53100'; END $$"
    )
    postgres.execute(
        "CREATE TRIGGER full_disk BEFORE INSERT ON journal"
        " FOR EACH ROW EXECUTE FUNCTION full_disk()"
    )


async def test_a_renewal_that_fails_in_an_unforeseen_way_is_not_the_last(
    postgres: Any, server_clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    renew, failures = Writer.renew, [WorkspaceUnusable("an older server")]

    async def fickle(writer: Writer) -> None:
        if failures:
            raise failures.pop()
        await renew(writer)

    monkeypatch.setattr(Writer, "renew", fickle)
    owner = PostgresJournal(postgres.url, clock=server_clock, lease_s=1)
    await owner.commit([created(A)])
    first = postgres.execute("SELECT until FROM owners")[0]["until"]
    await eventually(lambda: postgres.ask("SELECT FROM owners WHERE until > $1", first))
    assert not failures
    await owner.close()
