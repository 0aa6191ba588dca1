"""The rows that `tally` adds up, of the journal in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator
from typing import Any

from tizmor.ports.metrics import MINUTE_MS, Tally, Unfinished, bucket
from tizmor.storage.memory_rows import MemoryRows
from tizmor.storage.tally import EVENTS_AT_ONCE, counts


def tallied(rows: MemoryRows, after: int) -> Tally:
    """As `Journal.tally`."""
    new = [record for record in rows.journal if record.position > after][:EVENTS_AT_ONCE]
    if not new:
        return Tally(after=after, until=after)
    ended = {
        record.execution
        for record in new
        if rows.executions[record.execution].row.ended
        and rows.histories[record.execution][-1].seq == record.seq
    }
    counted = counts(_steps(rows, ended), _executions(rows, ended), _asked(rows, ended))
    return Tally(after=after, until=new[-1].position, counts=counted)


def unfinished(rows: MemoryRows) -> Unfinished:
    """As `Journal.in_progress`."""
    live = {n: stored.row.status for n, stored in rows.executions.items() if not stored.row.ended}
    asked = Counter(w.kind for (n, _), w in rows.waiting.items() if n in live and w.state == "open")
    return Unfinished(Counter(live.values()), asked)


def _minute(at_ms: int) -> int:
    return at_ms // MINUTE_MS * MINUTE_MS


def _steps(rows: MemoryRows, ended: Container[int]) -> Iterator[tuple[Any, ...]]:
    for (execution, _), s in rows.steps.items():
        if execution in ended and s.ended_at_ms is not None and (s.attempt or s.cached):
            yield (
                *(_minute(s.ended_at_ms), s.agent, "cached" if s.cached else s.status),
                *(bucket(s.run_ms), bucket(s.queue_ms), bucket(s.wait_ms)),
                *(1, s.run_ms, s.queue_ms, int(s.wait_ms > 0), s.wait_ms),
                *(s.attempt, s.tokens, s.microusd),
            )


def _executions(rows: MemoryRows, ended: Container[int]) -> Iterator[tuple[Any, ...]]:
    for number, stored in rows.executions.items():
        if number in ended:
            ran_ms = max(0, stored.row.updated_at_ms - stored.created_at_ms)
            minute = _minute(stored.row.updated_at_ms)
            yield minute, stored.row.status, bucket(ran_ms), 1, ran_ms


def _asked(rows: MemoryRows, ended: Container[int]) -> Iterator[tuple[Any, ...]]:
    for (execution, _), asked in rows.waiting.items():
        if execution in ended and asked.decided_at_ms is not None:
            waited_ms = max(0, asked.decided_at_ms - asked.asked_at_ms)
            minute = _minute(asked.decided_at_ms)
            yield minute, asked.kind, asked.state, bucket(waited_ms), 1, waited_ms
