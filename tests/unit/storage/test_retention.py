"""Retention on real files: others go on meanwhile, a crash in between does no harm, space comes
back.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tizmor.core.errors import StorageFailed
from tizmor.ports.clock import Clock
from tizmor.ports.journal import Append, ExecutionRow, Journal
from tizmor.storage import retention
from tizmor.storage.sqlite import DATABASE, open_sqlite

Sql = Callable[..., list[Any]]
Created = Callable[..., Append]

OLD = ExecutionRow(status="COMPLETED", ended=True, updated_at_ms=1)
EVENT = b'{"type":"Paused"}'


def ended(created: Created, number: int, *payloads: bytes, **more: Any) -> Append:
    append = created(number, *payloads, release=True, **more)
    return Append(**{f: getattr(append, f) for f in append.__struct_fields__} | {"row": OLD})


def size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.glob(f"{DATABASE}*"))


async def test_the_file_shrinks_when_nobody_else_has_it_open(
    folder: Path, clock: Clock, journal: Journal, created: Created
) -> None:
    await journal.commit([ended(created, number, b"x" * 30_000) for number in range(1, 100)])
    other = open_sqlite(folder, create=False, clock=clock)
    assert len(await other.recent(limit=1000)) == 99

    freed = await journal.gc(ended_before_ms=2)
    assert (freed.executions, freed.compacted) == (99, False)
    await other.close()
    before = size(folder)
    freed = await journal.gc(ended_before_ms=2)

    assert (freed.executions, freed.compacted) == (0, True)
    assert size(folder) < before / 8
    await journal.commit([created(1, b"on")])
    assert len(await journal.read(1)) == 1
    still = open_sqlite(folder, create=False, clock=clock)
    assert await still.recent()
    await still.close()


async def test_a_file_with_little_to_give_back_is_not_written_anew(
    journal: Journal, created: Created
) -> None:
    await journal.commit([created(number, b"x" * 30_000) for number in range(1, 100)])
    await journal.commit([ended(created, 100, b"x" * 5_000)])

    freed = await journal.gc(ended_before_ms=2)

    assert (freed.executions, freed.compacted) == (1, False)


async def test_what_a_crash_left_half_removed_is_gone_for_all_and_removed_by_the_next(
    journal: Journal, created: Created, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    await journal.commit([ended(created, 1, *[EVENT] * 2_000), created(2, EVENT)])
    monkeypatch.setattr(retention, "_SLICE_S", 0.0)

    def crash_after(slices: int) -> Callable[..., Iterator[None]]:
        def remove(*arguments: Any) -> Iterator[None]:
            for number, _ in enumerate(retention.remove(*arguments)):
                yield
                if number == slices:
                    raise StorageFailed("the power went")

        return remove

    with monkeypatch.context() as patched:
        patched.setattr("tizmor.storage.sqlite.remove", crash_after(3))
        with pytest.raises(StorageFailed):
            await journal.gc(ended_before_ms=2)

    assert 0 < sql("SELECT count(*) FROM journal WHERE execution = 1")[0][0] < 2_000
    assert [stored.execution for stored in await journal.recent()] == [2]
    assert await journal.get(1) is None
    assert await journal.read(1) == []
    assert await journal.adopt(1) is None
    assert (await journal.commit([created(1, b"again")])).first_positions == [None]
    assert {state for _, state, _ in journal.check(deep=True)} == {"ok"}
    assert await journal.read_feed(0, 3_000)

    assert (await journal.gc(ended_before_ms=2)).executions == 1
    assert sql("SELECT count(*) FROM journal") == [(1,)]
    assert sql("SELECT count(*) FROM executions") == [(1,)]


async def test_one_that_goes_on_meanwhile_stays(
    folder: Path, clock: Clock, journal: Journal, created: Created, monkeypatch: pytest.MonkeyPatch
) -> None:
    await journal.commit([ended(created, 1, b"one")])
    other = open_sqlite(folder, create=True, clock=clock)

    def adopted_meanwhile(*arguments: Any) -> Iterator[None]:
        asyncio.run(other.adopt(1))
        yield from retention.remove(*arguments)

    monkeypatch.setattr("tizmor.storage.sqlite.remove", adopted_meanwhile)
    await journal.gc(ended_before_ms=2)

    assert len(await journal.read(1)) == 1
    await other.close()


async def test_what_dead_processes_left_beside_the_database_is_swept(
    folder: Path, journal: Journal, created: Created
) -> None:
    await journal.commit([created(1, b"one")])
    (folder / "owners" / "77-0123456789abcdef.lock").touch()
    (folder / "owners" / "77-0123456789abcdef.sock").touch()

    await journal.gc(ended_before_ms=2)

    assert [file.stem for file in (folder / "owners").iterdir()] == [journal.owner]


_COMMIT_AND_TELL_WHEN = """
import asyncio, sys, time
from pathlib import Path
from tizmor.drivers.embedded.clock import SystemClock
from tizmor.ports.journal import Append, NewExecution
from tizmor.storage.sqlite import open_sqlite

async def main():
    journal = open_sqlite(Path(sys.argv[1]), create=True, clock=SystemClock())
    create = NewExecution(query="q", user="u", created_at_ms=1)
    for batch in range(1_000_000):
        events = [(batch, b"event")] * 64
        append = Append(
            execution=9_999, epoch=1, first_seq=64 * batch + 1, events=events, create=create
        )
        await journal.commit([append])
        create = None
        print(time.monotonic(), flush=True)

asyncio.run(main())
"""


async def test_another_process_at_full_load_is_hardly_held_up(
    journal: Journal, folder: Path, created: Created
) -> None:
    """200,000 events and 40 MB of blobs are removed beside a process that commits without pause. In
    one go the longest that it waits would be half of what all of it takes, however long that is."""
    large = [b'{"output":"%03d' % n + b"x" * 1_000_000 + b'"}' for n in range(40)]
    await journal.commit([ended(created, n, *[b"event"] * 25_000) for n in range(1, 9)])
    await journal.commit([ended(created, 9, *large)])
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _COMMIT_AND_TELL_WHEN, str(folder), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    await process.stdout.readline()

    began = time.monotonic()
    assert (await journal.gc(ended_before_ms=2)).executions == 9
    end = time.monotonic()
    process.kill()
    told = [float(line) for line in (await process.communicate())[0].split()]

    waits = sorted(later - earlier for earlier, later in pairwise(told) if began <= later <= end)
    assert len(waits) > 3
    assert waits[-1] < (end - began) / 3
