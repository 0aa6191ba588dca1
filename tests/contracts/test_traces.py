"""Kept spans, shared by processes: in memory, on SQLite and on PostgreSQL."""

from __future__ import annotations

from typing import Any

import msgspec

from tizmor.ports.journal import Journal
from tizmor.ports.traces import KeptSpan, TraceStanding

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def span(number: int, *, execution: int = 7, end_ms: int | None = 20) -> KeptSpan:
    return KeptSpan(
        execution,
        f"{number:016x}",
        None,
        TRACE,
        "step",
        "invoke_agent A",
        number,
        end_ms,
        None,
        b"{}",
    )


SPANS = [span(number) for number in range(1, 12)]


async def keep(journal: Journal, *spans: KeptSpan, position: int, to_be_sent: bool = True) -> bool:
    return await journal.sharing.traces.keep(spans, position=position, to_be_sent=to_be_sent)


async def test_what_was_told_is_kept_and_found_by_its_execution(journal: Journal) -> None:
    traces = journal.sharing.traces
    assert await traces.of(7) == []
    assert await traces.lead() == 0
    many = [span(number, execution=9) for number in range(600)]
    assert await keep(journal, *SPANS, span(12, end_ms=None), *many, position=5)
    assert await traces.of(7) == [*SPANS, span(12, end_ms=None)]
    assert await traces.of(9) == many


async def test_telling_it_again_changes_rows_and_adds_none(journal: Journal) -> None:
    """After a crash what was not noted as told is told once more."""
    traces = journal.sharing.traces
    await traces.lead()
    begun = span(3, end_ms=None)
    await keep(journal, span(1), begun, position=5)
    ended = msgspec.structs.replace(begun, end_ms=90, error="failed", told=b'{"message":"no"}')
    await keep(journal, span(1), ended, position=6)
    assert await traces.of(7) == [span(1), ended]


async def test_one_process_at_a_time_tells_and_another_goes_on_behind_it(backend: Any) -> None:
    one, other = backend.open(), backend.open()
    assert await one.sharing.traces.lead() == 0
    assert await other.sharing.traces.lead() is None
    await keep(one, span(1), position=41)
    assert await one.sharing.traces.lead() == 41
    await one.sharing.traces.leave()
    assert await other.sharing.traces.lead() == 41


async def test_who_was_taken_for_dead_keeps_nothing_any_more(backend: Any) -> None:
    one, other = backend.open(), backend.open()
    await one.sharing.traces.lead()
    await keep(one, span(1), position=41)
    backend.die(one)
    assert await other.sharing.traces.lead() == 41
    assert not await keep(one, span(2), position=50)
    assert not await keep(one, position=50)
    assert await other.sharing.traces.of(7) == [span(1)]
    assert await other.sharing.traces.lead() == 41


async def test_what_has_ended_is_to_be_sent_once(journal: Journal) -> None:
    traces = journal.sharing.traces
    await traces.lead()
    await keep(journal, *SPANS, span(12, end_ms=None), position=5)
    await keep(journal, span(1, execution=8), position=6, to_be_sent=False)
    first = await traces.unsent(6)
    assert len(first) == 6
    await traces.sent(first, refused=2)
    await traces.sent(first, refused=2)  # as when nobody knows whether it was noted
    rest = await traces.unsent(100)
    assert {s.span_id for s in (*first, *rest)} == {s.span_id for s in SPANS}
    await traces.sent(rest)
    await keep(journal, *SPANS, position=7)
    assert await traces.unsent(100) == []
    await keep(journal, span(12), position=8)
    assert await traces.unsent(100) == [span(12)]
    expected = TraceStanding(position=8, sent=9, refused=2, waiting=1)
    assert await traces.standing() == expected


async def test_what_waits_too_long_is_given_up_and_counted(journal: Journal) -> None:
    traces = journal.sharing.traces
    await traces.lead()
    for execution in range(1, 11):
        await keep(journal, span(1, execution=execution), position=execution)
    assert await traces.give_up(10) == 0
    assert await traces.give_up(4) == 6
    assert [s.execution for s in await traces.unsent(100)] == [7, 8, 9, 10]
    assert await traces.standing() == TraceStanding(position=10, given_up=6, waiting=4)
    assert len(await traces.of(1)) == 1


async def test_what_agents_tell_is_kept_whoever_tells_the_journal(backend: Any) -> None:
    one, other = backend.open(), backend.open()
    await one.sharing.traces.lead()
    await other.sharing.traces.add([span(1)], to_be_sent=True, lost=3)
    assert await one.sharing.traces.of(7) == [span(1)]
    assert (await one.sharing.traces.standing()).lost == 3


async def test_what_was_lost_is_counted_once(journal: Journal) -> None:
    traces = journal.sharing.traces
    await traces.lead()
    for _ in range(2):
        await traces.keep([], position=5, to_be_sent=False, lost=2)
    assert await traces.standing() == TraceStanding(position=5, lost=2)
