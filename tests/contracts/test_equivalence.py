"""Whatever several processes do to a journal, every database gives the same answers."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tizmor.core.errors import TizmorError
from tizmor.ports.journal import Append, ExecutionRow, InboxKind, Journal, NewExecution, Record

PROCESSES = 3
EXECUTIONS = (11, 12, 13)

process = st.integers(0, PROCESSES - 1)
execution = st.sampled_from(EXECUTIONS)
rows = st.none() | st.builds(
    ExecutionRow,
    status=st.sampled_from(["RUNNING", "WAITING"]),
    ended=st.booleans(),
    updated_at_ms=st.integers(0, 3),
    due_ms=st.none() | st.integers(1, 1 << 50),
)
LARGE = b'{"output":"' + b"x" * 40_000 + b'"}'


class Write(NamedTuple):
    """What an append is made of; `seq_off` and `epoch_off` are mistakes or time gone by."""

    execution: int
    payloads: Sequence[bytes]
    create: bool
    release: bool
    row: ExecutionRow | None
    settle: int | None
    checkpoint: bytes | None
    seq_off: int
    epoch_off: int


writes = st.builds(
    Write,
    execution=execution,
    payloads=st.lists(st.sampled_from([b"", b"x", b"yy", LARGE]), max_size=3),
    create=st.sampled_from([False, False, True]),
    release=st.sampled_from([False, False, False, True]),
    row=rows,
    settle=st.none() | st.integers(1, 4),
    checkpoint=st.sampled_from([None, None, b"folded", LARGE]),
    seq_off=st.sampled_from([0] * 8 + [-1, 1]),
    epoch_off=st.sampled_from([0] * 8 + [-1]),
)
operations = st.one_of(
    st.tuples(
        st.just("commit"), process, st.lists(writes, max_size=3, unique_by=lambda w: w.execution)
    ),
    st.tuples(st.just("again"), process, st.none()),
    st.tuples(st.just("adopt"), process, execution),
    st.tuples(st.just("send"), process, execution),
    st.tuples(st.just("gc"), process, st.tuples(st.integers(0, 4), st.booleans())),
    st.tuples(st.just("close"), process, st.none()),
    st.tuples(st.just("die"), process, st.none()),
)


class Scenario:
    """Plays operations on one backend and keeps every answer; owners are named by number, positions
    by their place among all."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend
        self._processes: list[Journal] = []
        self._last: list[Sequence[Append]] = [()] * PROCESSES
        self._names: dict[str | None, str] = {}
        self.answers: list[Any] = []

    async def play(self, script: Sequence[tuple[str, int, Any]]) -> list[Any]:
        for _ in range(PROCESSES):
            self._processes.append(self._open())
        for name, number, value in script:
            try:
                answer = await getattr(self, f"_{name}")(number, value)
            except (TizmorError, ValueError) as error:
                answer = type(error).__name__, str(error)
            self.answers += [(name, answer), await self._state()]
        await self._backend.close()
        return self.answers

    def _open(self) -> Journal:
        journal: Journal = self._backend.open()
        self._names[journal.owner] = f"process {len(self._names)}"
        return journal

    async def _commit(self, number: int, value: Sequence[Write]) -> Any:
        journal = self._processes[number]
        self._last[number] = [await self._append(journal, write) for write in value]
        return await self._again(number, None)

    async def _again(self, number: int, _: None) -> Any:
        committed = await self._processes[number].commit(self._last[number])
        places = await self._places()
        return [None if at is None else places[at] for at in committed.first_positions]

    async def _adopt(self, number: int, value: int) -> Any:
        return self._shown(await self._processes[number].adopt(value))

    async def _send(self, number: int, value: int) -> Any:
        return await self._processes[number].send(value, InboxKind.PAUSE, b"p")

    async def _gc(self, number: int, value: tuple[int, bool]) -> Any:
        before, dry_run = value
        freed = await self._processes[number].gc(ended_before_ms=before, dry_run=dry_run)
        return freed.executions, freed.events, freed.blobs

    async def _close(self, number: int, _: None) -> None:
        await self._processes[number].close()
        self._restart(number)

    async def _die(self, number: int, _: None) -> None:
        self._backend.die(self._processes[number])
        self._restart(number)

    def _restart(self, number: int) -> None:
        self._processes[number] = self._open()
        self._last[number] = ()

    async def _append(self, journal: Journal, write: Write) -> Append:
        stored = await journal.get(write.execution)
        seq = len(await journal.read(write.execution))
        begins = stored is None or write.create
        return Append(
            execution=write.execution,
            epoch=1 if begins or stored is None else stored.epoch + write.epoch_off,
            first_seq=1 if begins else max(1, seq + 1 + write.seq_off),
            events=[(seq + n, payload) for n, payload in enumerate(write.payloads)],
            row=write.row,
            create=NewExecution(query="q", user="u", created_at_ms=3) if begins else None,
            settles=[] if write.settle is None else [(write.settle, f"by {seq}")],
            checkpoint=write.checkpoint,
            release=write.release,
        )

    async def _state(self) -> Any:
        journal = self._processes[0]
        places = await self._places()
        return (
            [self._placed(await journal.read(number), places) for number in EXECUTIONS],
            self._placed(await journal.read_feed(0, 1000), places),
            places[await journal.last_position()],
            [self._shown(stored) for stored in await journal.recent()],
            [stored.execution for stored in await journal.unfinished()],
            [await other.pending() for other in self._processes],
            [await journal.outcome(inbox_id) for inbox_id in range(1, 5)],
        )

    async def _places(self) -> dict[int, int]:
        feed = await self._processes[0].read_feed(0, 1000)
        return {0: 0} | {record.position: place for place, record in enumerate(feed, 1)}

    def _placed(self, records: list[Record], places: dict[int, int]) -> list[Record]:
        return [
            msgspec.structs.replace(record, position=places[record.position]) for record in records
        ]

    def _shown(self, stored: Any) -> Any:
        if stored is None:
            return None
        owner = self._names.get(stored.owner)
        return (stored.execution, stored.query, stored.row, owner, stored.epoch)


@settings(max_examples=60, deadline=None)
@given(script=st.lists(operations, max_size=15))
def test_memory_and_sqlite_answer_the_same(
    memory_backend: Any, sqlite_backend: Any, script: list[tuple[str, int, Any]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        on_disk = asyncio.run(Scenario(sqlite_backend(Path(folder) / "s")).play(script))
    in_memory = asyncio.run(Scenario(memory_backend()).play(script))

    assert in_memory == on_disk


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(script=st.lists(operations, max_size=12))
def test_memory_and_postgresql_answer_the_same(
    memory_backend: Any, postgres_backend: Any, script: list[tuple[str, int, Any]]
) -> None:
    on_server = asyncio.run(Scenario(postgres_backend()).play(script))
    in_memory = asyncio.run(Scenario(memory_backend()).play(script))

    assert in_memory == on_server
