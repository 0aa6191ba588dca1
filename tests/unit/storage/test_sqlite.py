from __future__ import annotations

import asyncio
import os
import resource
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tizmor.core.errors import JournalDamaged, StorageFailed, UnknownExecution, WorkspaceUnusable
from tizmor.core.ids import public_id
from tizmor.ports.clock import Clock
from tizmor.ports.journal import (
    Append,
    InboxKind,
    Journal,
    StepRow,
    WaitingRow,
)
from tizmor.storage import connection, writer
from tizmor.storage.sqlite import DATABASE, open_sqlite

A, B = 5001, 5002
Sql = Callable[..., list[Any]]
Created = Callable[..., Append]


def files(folder: Path) -> list[str]:
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*"))


def then(execution: int, first_seq: int, *payloads: bytes, **more: Any) -> Append:
    events = [(2_000, payload) for payload in payloads]
    return Append(execution=execution, epoch=1, first_seq=first_seq, events=events, **more)


async def test_looking_where_nothing_was_run_creates_nothing(tmp_path: Path, clock: Clock) -> None:
    looking = open_sqlite(tmp_path / ".tizmor", create=False, clock=clock)

    assert await looking.recent() == []
    assert await looking.unfinished() == []
    assert await looking.get(A) is None
    assert await looking.read(A) == []
    assert await looking.adopt(A) is None
    assert [wake async for wake in looking.wakes()] == []
    with pytest.raises(UnknownExecution):
        await looking.send(A, InboxKind.CANCEL, b"")
    with pytest.raises(StorageFailed, match="only to look"):
        await looking.commit([])
    await looking.close()

    assert files(tmp_path) == []


async def test_looking_at_a_workspace_leaves_no_trace(
    folder: Path, clock: Clock, journal: Journal, created: Created
) -> None:
    await journal.commit([created(A, b"one")])
    await journal.close()
    before = files(folder)

    looking = open_sqlite(folder, create=False, clock=clock)
    assert len(await looking.read(A)) == 1
    assert len(await looking.recent()) == 1
    looking.check(deep=True)
    await looking.close()

    assert files(folder) == before


async def test_closing_leaves_the_database_alone(
    folder: Path, journal: Journal, created: Created
) -> None:
    await journal.commit([created(A, b"one")])
    wakes = journal.wakes()
    await anext(wakes)
    assert len(list((folder / "owners").iterdir())) == 2

    await journal.close()

    assert files(folder) == ["owners", "schema.lock", DATABASE, "turn.lock", "use.lock"]


async def test_read_models_are_written_with_their_events(
    journal: Journal, created: Created, sql: Sql
) -> None:
    step = StepRow(step="search", agent="DriveSearch", status="running", started_at_ms=5)
    gate = WaitingRow(
        id="g1", kind="approval", step="meet", state="open", payload=b"{}", asked_at_ms=6
    )
    await journal.commit([created(A, b"one", steps=[step], waiting=[gate])])
    done = StepRow(
        step="search", agent="DriveSearch", status="done", attempt=2, started_at_ms=5, ended_at_ms=9
    )
    decided = WaitingRow(
        id="g1",
        kind="approval",
        step="meet",
        state="approved",
        payload=b"{1}",
        asked_at_ms=6,
        decided_at_ms=8,
    )
    await journal.commit([then(A, 2, b"two", steps=[done], waiting=[decided])])

    figures = (0,) * 6
    assert sql("SELECT * FROM execution_steps") == [
        (A, "search", "DriveSearch", "done", 2, 5, 9, *figures)
    ]
    assert sql("SELECT * FROM pending_approvals") == [
        (A, "g1", "approval", "meet", "approved", b"{1}", 6, 8)
    ]


@pytest.mark.parametrize(
    ("statement", "seq"),
    [
        ("UPDATE journal SET payload = x'00' WHERE seq = 2", 2),
        ("UPDATE journal SET at_ms = at_ms + 1 WHERE seq = 1", 1),
        ("UPDATE journal SET checksum = checksum + 1 WHERE seq = 3", 3),
        ("DELETE FROM journal WHERE seq = 1", 1),
        ("DELETE FROM journal WHERE seq = 2", 2),
        ("DELETE FROM journal WHERE seq = 3", 3),
        ("UPDATE executions SET last_checksum = 0", 3),
        ("DELETE FROM executions", 0),
    ],
)
async def test_damage_is_found_and_named(
    journal: Journal, created: Created, sql: Sql, statement: str, seq: int
) -> None:
    await journal.commit([created(A, b"one", b"two", b"three")])
    sql(statement)

    with pytest.raises(JournalDamaged, match=f"{public_id(A)}, event {seq}:"):
        await journal.read(A)

    findings = {name: (state, said) for name, state, said in journal.check(deep=True)}
    assert findings["database"] == ("ok", "ok")
    assert findings["checksums"][0] == "failed"
    assert f"{public_id(A)}, event {seq}:" in findings["checksums"][1]


async def test_damage_of_one_execution_leaves_the_others_readable(
    journal: Journal, created: Created, sql: Sql
) -> None:
    await journal.commit([created(A, b"one"), created(B, b"two")])
    sql("UPDATE journal SET payload = x'00' WHERE execution = ?", A)

    assert len(await journal.read(B)) == 1
    with pytest.raises(JournalDamaged, match=public_id(A)):
        await journal.read_feed(0, 10)


async def test_a_swap_of_two_rows_is_found_in_the_feed(
    journal: Journal, created: Created, sql: Sql
) -> None:
    await journal.commit([created(A, b"one", b"two", b"three")])
    sql("UPDATE journal SET seq = -seq")
    sql("UPDATE journal SET seq = CASE seq WHEN -1 THEN 1 WHEN -2 THEN 3 ELSE 2 END")

    with pytest.raises(JournalDamaged, match="event 2"):
        await journal.read_feed(0, 10)


async def test_a_damaged_file_is_damage(folder: Path, clock: Clock, created: Created) -> None:
    journal = open_sqlite(folder, create=True, clock=clock)
    await journal.commit([created(A, *[b"x" * 1000] * 50)])
    await journal.close()
    content = bytearray((folder / DATABASE).read_bytes())
    content[-4096 * 4 :] = b"\xff" * 4096 * 4
    (folder / DATABASE).write_bytes(content)

    looking = open_sqlite(folder, create=False, clock=clock)
    with pytest.raises(JournalDamaged, match="damaged"):
        await looking.read(A)
    assert looking.check(deep=False)[0][1] == "failed"
    await looking.close()


def test_something_else_under_the_name_of_the_database_is_refused(
    folder: Path, clock: Clock
) -> None:
    folder.mkdir()
    (folder / DATABASE).write_bytes(b"not a database at all, " * 100)
    with pytest.raises(JournalDamaged, match="not a database"):
        open_sqlite(folder, create=True, clock=clock)


def test_a_database_of_something_else_is_refused(folder: Path, clock: Clock) -> None:
    folder.mkdir()
    with closing(sqlite3.connect(folder / DATABASE)) as foreign:
        foreign.execute("CREATE TABLE notes (text)")
    with pytest.raises(WorkspaceUnusable, match="isn't a database of Tizmor"):
        open_sqlite(folder, create=True, clock=clock)


def test_a_workspace_that_is_not_there_is_refused(tmp_path: Path, clock: Clock) -> None:
    with pytest.raises(WorkspaceUnusable, match="can't be used"):
        open_sqlite(tmp_path / "missing" / ".tizmor", create=True, clock=clock)


@contextmanager
def as_a_plain_user() -> Iterator[None]:
    """Root may write everything; whoever else runs the tests is a plain user already."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


@pytest.mark.parametrize("names", [(), (DATABASE,)])
def test_a_workspace_that_may_not_be_written_is_refused(
    names: tuple[str, ...], clock: Clock
) -> None:
    with tempfile.TemporaryDirectory() as workspace:
        Path(workspace).chmod(0o755)
        folder = Path(workspace) / ".tizmor"
        folder.mkdir()
        for name in names:
            (folder / name).touch(0o444)
        folder.chmod(0o777 if names else 0o555)
        with as_a_plain_user(), pytest.raises(WorkspaceUnusable, match="Permission denied"):
            open_sqlite(folder, create=True, clock=clock)


@contextmanager
def full_disk(at_bytes: int) -> Iterator[None]:
    """No file may grow past a size, as when the disk is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (at_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_a_full_disk_fails_the_commit_and_the_same_batch_goes_through_later(
    journal: Journal, created: Created
) -> None:
    await journal.commit([created(A, b"one")])
    batch = [then(A, 2, *[b"x" * 10_000] * 100), created(B, b"two")]

    with full_disk(at_bytes=300_000), pytest.raises(StorageFailed, match="disk"):
        await journal.commit(batch)
    assert len(await journal.read(A)) == 1

    assert (await journal.commit(batch)).first_positions == [2, 102]
    assert len(await journal.read(A)) == 101


async def test_a_commit_that_was_durable_though_it_failed_is_recognised(
    journal: Journal, created: Created, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def unlucky(*writing: Any) -> Iterator[None]:
        with connection.writing(*writing):
            yield
        raise StorageFailed("the connection broke after COMMIT was sent")

    await journal.commit([created(A, b"one")])
    batch = [then(A, 2, b"two"), created(B, b"b", release=True)]
    with monkeypatch.context() as patched:
        patched.setattr(writer, "writing", unlucky)
        with pytest.raises(StorageFailed):
            await journal.commit(batch)

    assert (await journal.commit(batch)).first_positions == [2, 3]
    assert (await journal.commit([then(A, 3, b"three")])).first_positions == [4]
    stored = await journal.get(B)
    assert stored is not None
    assert stored.owner is None


async def test_a_commit_waits_for_another_process_to_finish_its_own(
    folder: Path, journal: Journal, created: Created
) -> None:
    await journal.commit([created(A, b"one")])
    with closing(sqlite3.connect(folder / DATABASE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        committing = asyncio.ensure_future(journal.commit([then(A, 2, b"two")]))
        assert len(await journal.read(A)) == 1
        assert not committing.done()
        other.execute("COMMIT")

    async with asyncio.timeout(5):
        assert (await committing).first_positions == [2]


async def test_a_database_that_stays_locked_fails_the_commit_and_says_why(
    folder: Path, clock: Clock, created: Created, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "BUSY_S", 0.05)
    journal = open_sqlite(folder, create=True, clock=clock)
    with closing(sqlite3.connect(folder / DATABASE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageFailed, match="another process"):
            await journal.commit([created(A, b"one")])
        other.execute("COMMIT")

    assert (await journal.commit([created(A, b"one")])).first_positions == [1]
    await journal.close()


_COMMIT_UNTIL_KILLED = """
import asyncio, sys
from pathlib import Path
from tizmor.drivers.embedded.clock import SystemClock
from tizmor.ports.journal import Append, ExecutionRow, NewExecution
from tizmor.storage.sqlite import open_sqlite

async def main():
    journal = open_sqlite(Path(sys.argv[1]), create=True, clock=SystemClock())
    new = NewExecution(query="q", user="u", created_at_ms=1)
    row = ExecutionRow(status="RUNNING")
    for seq in range(1, 100_000):
        await journal.commit([
            Append(execution=e, epoch=1, first_seq=seq, events=[(seq, b"%d" % seq)], row=row,
                   create=new if seq == 1 else None)
            for e in range(1, 9)
        ])
        print(seq, flush=True)

asyncio.run(main())
"""


async def test_what_was_acknowledged_survives_kill_9(folder: Path, clock: Clock) -> None:
    folder.parent.mkdir(exist_ok=True)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _COMMIT_UNTIL_KILLED,
        str(folder),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    while int(await process.stdout.readline()) < 50:
        pass
    process.kill()
    acknowledged = max([50, *(int(line) for line in (await process.stdout.read()).split())])
    await process.wait()

    journal = open_sqlite(folder, create=True, clock=clock)
    histories = [await journal.read(execution) for execution in range(1, 9)]
    feed = await journal.read_feed(0, 1_000_000)
    adopted = [await journal.adopt(execution) for execution in range(1, 9)]
    await journal.close()

    assert {len(history) for history in histories} <= {acknowledged, acknowledged + 1}
    assert len({len(history) for history in histories}) == 1
    assert [record.position for record in feed] == list(range(1, len(feed) + 1))
    assert [stored.epoch for stored in adopted if stored] == [2] * 8


async def test_wakes_reach_a_workspace_with_a_long_path(tmp_path: Path, clock: Clock) -> None:
    deep = tmp_path / ("long" * 30) / ("longer" * 20)
    deep.mkdir(parents=True)
    journal = open_sqlite(deep / ".tizmor", create=True, clock=clock)

    await anext(journal.wakes())

    assert list((deep / ".tizmor" / "owners").glob("*.sock"))
    await journal.close()
