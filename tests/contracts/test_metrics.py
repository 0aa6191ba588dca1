"""What executions took, added up by all processes together: on every storage."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest
from tests.contracts.rows import created, then

from tizmor.ports.journal import (
    Append,
    ExecutionRow,
    Journal,
    NewExecution,
    StepRow,
    WaitingRow,
)
from tizmor.ports.metrics import HOUR_MS, MINUTE_MS, OTHER, Measure
from tizmor.storage.shared.metrics import MOST_LABELS

ENDED = ExecutionRow(status="COMPLETED", ended=True, updated_at_ms=61_500)
GOES_ON = ExecutionRow(status="RUNNING", updated_at_ms=61_500)


def step(name: str, **more: Any) -> StepRow:
    given = {"agent": "Find", "status": "succeeded", "attempt": 1, "ended_at_ms": 61_000}
    return StepRow(step=name, **(given | more))


def run(number: int, *steps: StepRow, row: ExecutionRow = ENDED, **more: Any) -> Append:
    begun = created(number, "begun", "ended", row=row, steps=steps, **more)
    return msgspec.structs.replace(
        begun, create=NewExecution(query="q", user="me", created_at_ms=1_500)
    )


async def count(journal: Journal) -> None:
    """Count all that there is."""
    while True:
        tally = await journal.tally(await journal.sharing.metrics.position())
        if tally.until == tally.after:
            return
        await journal.sharing.metrics.add(tally)


async def totals(journal: Journal, measure: Measure) -> list[tuple[Any, ...]]:
    found = await journal.sharing.metrics.totals()
    return [tuple(c[2:]) for c in found if c.measure == measure]


async def test_what_ended_is_counted_by_agent_outcome_and_time(journal: Journal) -> None:
    await journal.commit(
        [
            run(
                1,
                step("a", run_ms=7, queue_ms=3, tokens=5, microusd=70, attempt=2),
                step("b", run_ms=9, wait_ms=400),
                step("c", status="failed", run_ms=90_000, agent="Send"),
                step("d", cached=1, attempt=0),
                step("never_begun", status="skipped", attempt=0),
                step("running", status="running", ended_at_ms=None),
            )
        ]
    )
    await count(journal)
    assert await totals(journal, Measure.STEP_RUN) == [
        ("Find", "cached", 0, 1, 0),
        ("Find", "succeeded", 3, 2, 16),
        ("Send", "failed", 15, 1, 90_000),
    ]
    assert await totals(journal, Measure.STEP_QUEUE) == [
        ("Find", "", 0, 2, 0),
        ("Find", "", 2, 1, 3),
        ("Send", "", 0, 1, 0),
    ]
    assert await totals(journal, Measure.STEP_WAIT) == [("Find", "", 8, 1, 400)]
    assert await totals(journal, Measure.EXECUTION) == [("", "COMPLETED", 14, 1, 60_000)]
    assert await totals(journal, Measure.ATTEMPTS) == [("Find", "", 0, 2, 3), ("Send", "", 0, 1, 1)]
    assert await totals(journal, Measure.TOKENS) == [("Find", "", 0, 1, 5)]
    assert await totals(journal, Measure.MICROUSD) == [("Find", "", 0, 1, 70)]


async def test_how_long_humans_were_waited_for_is_counted_once_they_decided(
    journal: Journal,
) -> None:
    asked = WaitingRow(
        id="a1", kind="approval", step="s", state="approved", payload=b"{}", asked_at_ms=1_000,
        decided_at_ms=4_000,
    )  # fmt: skip
    others = (
        msgspec.structs.replace(asked, id="a2", state="open", decided_at_ms=None),
        msgspec.structs.replace(asked, id="q1", kind="question", state="answered"),
    )
    await journal.commit([run(1, waiting=(asked, *others))])
    await count(journal)
    assert await totals(journal, Measure.ASKED) == [
        ("approval", "approved", 11, 1, 3_000),
        ("question", "answered", 11, 1, 3_000),
    ]


async def test_what_goes_on_is_counted_when_it_has_ended(journal: Journal) -> None:
    await journal.commit([run(1, step("a"), row=GOES_ON), run(2, step("a"))])
    await count(journal)
    assert await totals(journal, Measure.EXECUTION) == [("", "COMPLETED", 14, 1, 60_000)]
    await journal.commit([then(1, 3, "more", row=ENDED)])
    await count(journal)
    assert await totals(journal, Measure.EXECUTION) == [("", "COMPLETED", 14, 2, 120_000)]
    assert await totals(journal, Measure.STEP_RUN) == [("Find", "succeeded", 0, 2, 0)]


async def test_nothing_is_counted_twice_whoever_counts(
    backend: Any, advance: Callable[[int], None]
) -> None:
    first, second = backend.open(), backend.open()
    await first.commit([run(n, step("a", run_ms=1)) for n in range(1, 4)])
    stale = await first.tally(await first.sharing.metrics.position())
    await asyncio.gather(count(first), count(second), count(first))
    assert await second.sharing.metrics.add(stale) is False
    assert await totals(second, Measure.STEP_RUN) == [("Find", "succeeded", 0, 3, 3)]


async def test_a_tally_that_was_lost_is_counted_again(journal: Journal) -> None:
    """A process dies between looking and adding."""
    await journal.commit([run(1, step("a"))])
    await journal.tally(0)
    await count(journal)
    assert await totals(journal, Measure.STEP_RUN) == [("Find", "succeeded", 0, 1, 0)]


async def test_many_events_are_looked_at_in_parts(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("reader", "memory_tally", "postgres.reader"):
        monkeypatch.setattr(f"tizmor.storage.{module}.EVENTS_AT_ONCE", 3)
    for number in range(1, 6):
        await journal.commit([run(number, step("a"))])
    assert (await journal.tally(0)).until < await journal.last_position()
    await count(journal)
    assert await totals(journal, Measure.STEP_RUN) == [("Find", "succeeded", 0, 5, 0)]


async def test_too_many_agents_are_counted_together(journal: Journal) -> None:
    steps = [step(f"s{n}", agent=f"A{n:04}", run_ms=1) for n in range(MOST_LABELS + 20)]
    await journal.commit([run(1, *steps)])
    await count(journal)
    found = await totals(journal, Measure.STEP_RUN)
    assert len(found) <= MOST_LABELS + 1
    assert sum(row[3] for row in found) == MOST_LABELS + 20
    others = sum(row[3] for row in found if row[0] == OTHER)
    assert others == MOST_LABELS + 20 - (len(found) - 1)


async def test_a_series_has_points_by_the_step_that_is_asked_for(journal: Journal) -> None:
    times = [MINUTE_MS, 2 * MINUTE_MS, HOUR_MS, HOUR_MS + MINUTE_MS]
    await journal.commit([run(1, *(step(f"s{t}", ended_at_ms=t) for t in times))])
    await count(journal)

    async def points(step_ms: int, to_ms: int = 2 * HOUR_MS) -> list[tuple[int, int]]:
        found = await journal.sharing.metrics.series(0, to_ms, step_ms=step_ms)
        return [(c.at_ms, c.number) for c in found if c.measure == Measure.STEP_RUN]

    assert await points(MINUTE_MS) == [(t, 1) for t in times]
    assert await points(HOUR_MS) == [(0, 2), (HOUR_MS, 2)]
    assert await points(HOUR_MS, HOUR_MS) == [(0, 2)]


async def test_old_minutes_become_hours_and_nothing_is_lost_by_it(
    journal: Journal, backend: Any, advance: Callable[[int], None]
) -> None:
    now = backend.clock.now_ms() // HOUR_MS * HOUR_MS
    minutes = [now - 60 * HOUR_MS, now - 60 * HOUR_MS + MINUTE_MS, now - 59 * HOUR_MS, now]
    await journal.commit([run(1, *(step(f"s{t}", ended_at_ms=t) for t in minutes))])
    await count(journal)

    async def points() -> Sequence[tuple[int, int]]:
        found = await journal.sharing.metrics.series(0, now + HOUR_MS, step_ms=MINUTE_MS)
        return [(c.at_ms, c.number) for c in found if c.measure == Measure.STEP_RUN]

    assert await points() == [(t, 1) for t in minutes]
    for _ in range(2):
        await journal.sharing.metrics.tidy()
        assert await points() == [(minutes[0], 2), (minutes[2], 1), (now, 1)]
    advance(401 * 24 * HOUR_MS)
    await journal.sharing.metrics.tidy()
    assert await points() == []
    assert [row[3] for row in await totals(journal, Measure.STEP_RUN)] == [4]


async def test_what_has_not_ended_is_told_by_status_and_by_what_is_asked(journal: Journal) -> None:
    open_one = WaitingRow(
        id="a1", kind="approval", step="s", state="open", payload=b"{}", asked_at_ms=1
    )
    waits = ExecutionRow(status="WAITING", updated_at_ms=1)
    await journal.commit(
        [
            run(1, row=waits, waiting=(open_one,)),
            run(2, row=waits),
            run(3, row=GOES_ON),
            run(4, waiting=(open_one,)),
        ]
    )
    executions, asked = await journal.in_progress()
    assert executions == {"WAITING": 2, "RUNNING": 1}
    assert asked == {"approval": 1}
    assert await journal.sharing.metrics.lines() == {}
