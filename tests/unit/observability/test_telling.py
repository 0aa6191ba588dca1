"""The journal told as spans and kept: all of it, once, whatever dies when."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.replay.recording import EXECUTION, read, recorded

from tizmor.core.errors import StorageFailed
from tizmor.observability.projection import projected
from tizmor.observability.spans import Span
from tizmor.observability.telling import Telling
from tizmor.observability.told import span_of
from tizmor.ports.journal import Append, ExecutionRow, Journal, NewExecution, Record
from tizmor.ports.traces import KeptSpan, Traces
from tizmor.storage.memory import MemoryDatabase

ALL = dict(recorded())
every_journal = pytest.mark.parametrize("path", ALL.values(), ids=ALL)


async def append(journal: Journal, events: list[tuple[int, bytes]], *, after: int = 0) -> None:
    created = NewExecution(query="q", user="me", created_at_ms=1)
    new = created if not after else None
    row = ExecutionRow(status="RUNNING")
    kept = await journal.commit(
        [
            Append(
                execution=EXECUTION,
                epoch=1,
                first_seq=after + 1,
                events=events,
                row=row,
                create=new,
            )
        ]
    )
    assert kept.first_positions != [None]


async def kept(journal: Journal) -> list[Span]:
    return [span_of(row) for row in await journal.sharing.traces.of(EXECUTION)]


def by_id(spans: list[Span]) -> dict[str, Span]:
    assert len({span.span_id for span in spans}) == len(spans)
    return {span.span_id: span for span in spans}


@every_journal
async def test_what_is_kept_is_what_is_told_when_somebody_asks(path: Path) -> None:
    journal = MemoryDatabase().open()
    events = read(path)
    await append(journal, events)
    await Telling(journal, to_be_sent=False).catch_up()
    assert by_id(await kept(journal)) == by_id(projected(EXECUTION, events))


@every_journal
@pytest.mark.parametrize("each_in_a_new_process", [False, True])
async def test_told_as_it_grows_it_is_the_same(path: Path, each_in_a_new_process: bool) -> None:
    """A process that goes on where another died reads what was before."""
    journal = MemoryDatabase().open()
    events = read(path)
    telling = Telling(journal, to_be_sent=False)
    for number, event in enumerate(events):
        await append(journal, [event], after=number)
        if each_in_a_new_process:
            telling = Telling(journal, to_be_sent=False)
        await telling.catch_up()
    assert by_id(await kept(journal)) == by_id(projected(EXECUTION, events))


class Failing:
    """The kept spans of a database that fails now and then."""

    def __init__(self, traces: Traces, fails: Callable[[], bool]) -> None:
        self._traces = traces
        self._fails = fails

    async def keep(self, spans: list[KeptSpan], **more: object) -> bool:
        if self._fails():
            raise StorageFailed("the disk is full")
        return await self._traces.keep(spans, **more)  # type: ignore[arg-type]

    def __getattr__(self, name: str) -> object:
        return getattr(self._traces, name)


async def test_what_could_not_be_kept_is_told_again() -> None:
    journal = MemoryDatabase().open()
    events = read(ALL["anchor"] if "anchor" in ALL else next(iter(ALL.values())))
    fails = iter([True, False, True, True] + [False] * 100)
    telling = Telling(journal, to_be_sent=False)
    telling._traces = Failing(journal.sharing.traces, lambda: next(fails))  # type: ignore[assignment]
    failed = 0
    for number, event in enumerate(events):
        await append(journal, [event], after=number)
        try:
            await telling.catch_up()
        except StorageFailed:
            failed += 1
    await telling.catch_up()
    assert failed == 3
    assert by_id(await kept(journal)) == by_id(projected(EXECUTION, events))


async def test_of_two_processes_one_tells_and_the_other_goes_on_when_it_leaves() -> None:
    database = MemoryDatabase()
    one, other = database.open(), database.open()
    events = read(next(iter(ALL.values())))
    first, second = Telling(one, to_be_sent=False), Telling(other, to_be_sent=False)
    await append(one, events[:2])
    await first.catch_up()
    await second.catch_up()
    assert (first.leads, second.leads) == (True, False)
    await first.leave()
    await append(one, events[2:], after=2)
    await second.catch_up()
    assert (first.leads, second.leads) == (False, True)
    assert by_id(await kept(one)) == by_id(projected(EXECUTION, events))


async def test_what_cannot_be_told_is_counted_and_the_rest_goes_on() -> None:
    journal = MemoryDatabase().open()
    await append(journal, [(1, b'{"type":"FromTheFuture"}')])
    await Telling(journal, to_be_sent=False).catch_up()
    standing = await journal.sharing.traces.standing()
    assert (standing.lost, standing.position) == (1, await journal.last_position())
    assert await kept(journal) == []


async def test_an_execution_that_is_just_being_removed_is_passed_over() -> None:
    journal = MemoryDatabase().open()
    events = read(next(iter(ALL.values())))
    await append(journal, events)
    telling = Telling(journal, to_be_sent=False)
    late = [Record(position=1, execution=EXECUTION, seq=9, at_ms=1, payload=events[-1][1])]
    assert telling._tell(late, {EXECUTION: []}) == []
