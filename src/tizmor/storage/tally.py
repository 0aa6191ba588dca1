"""What the executions took that ended between two positions of the journal.

An execution counts once, when its last event comes to be before such a position; its steps count
in the minutes in which they ended. So nothing need be remembered of what goes on, and counting
again from the same position gives the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from tizmor.ports.metrics import BOUNDS_MS, MINUTE_MS, Count, Measure, merged

EVENTS_AT_ONCE = 5_000

ENDED = (
    "SELECT j.execution FROM journal AS j WHERE j.position > {after} AND j.position <= {until}"
    " AND EXISTS (SELECT 1 FROM executions AS e"
    " WHERE e.id = j.execution AND e.last_seq = j.seq AND e.ended <> 0)"
)
"""The last event of an execution that has ended stays its last."""


def _bucket(value: str) -> str:
    cases = " ".join(f"WHEN {value} <= {most} THEN {n}" for n, most in enumerate(BOUNDS_MS))
    return f"CASE {cases} ELSE {len(BOUNDS_MS)} END"


def _minute(value: str) -> str:
    return f"{value} / {MINUTE_MS} * {MINUTE_MS}"


_LASTED = "(CASE WHEN {end} > {start} THEN {end} - {start} ELSE 0 END)"
_RAN = _LASTED.format(start="created_at_ms", end="updated_at_ms")
_WAITED = _LASTED.format(start="asked_at_ms", end="decided_at_ms")

STEPS = (
    f"SELECT {_minute('ended_at_ms')}, agent, CASE WHEN cached = 1 THEN 'cached' ELSE status END,"
    f" {_bucket('run_ms')}, {_bucket('queue_ms')}, {_bucket('wait_ms')}, count(*), sum(run_ms),"
    " sum(queue_ms), sum(CASE WHEN wait_ms > 0 THEN 1 ELSE 0 END), sum(wait_ms), sum(attempt),"
    " sum(tokens), sum(microusd) FROM execution_steps WHERE execution {among}"
    " AND ended_at_ms IS NOT NULL AND (attempt > 0 OR cached = 1) GROUP BY 1, 2, 3, 4, 5, 6"
)
"""A step that was never begun took nothing."""
EXECUTIONS = (
    f"SELECT {_minute('updated_at_ms')}, status, {_bucket(_RAN)}, count(*), sum({_RAN})"
    " FROM executions WHERE id {among} GROUP BY 1, 2, 3"
)
ASKED = (
    f"SELECT {_minute('decided_at_ms')}, kind, state, {_bucket(_WAITED)}, count(*), sum({_WAITED})"
    " FROM pending_approvals WHERE execution {among} AND decided_at_ms IS NOT NULL"
    " GROUP BY 1, 2, 3, 4"
)

TALLIED = (STEPS, EXECUTIONS, ASKED)

BY_STATUS = "SELECT status, count(*) FROM executions WHERE ended = 0 GROUP BY status"
BY_KIND = (
    "SELECT p.kind, count(*) FROM executions AS e JOIN pending_approvals AS p ON p.execution = e.id"
    " WHERE e.ended = 0 AND p.state = 'open' GROUP BY p.kind"
)

Rows = Iterable[tuple[Any, ...]]


def counts(steps: Rows, executions: Rows, asked: Rows) -> list[Count]:
    """The rows of `STEPS`, `EXECUTIONS` and `ASKED` as counts, each of a kind once."""
    return merged((*_of_steps(steps), *_of_executions(executions), *_of_asked(asked)))


def _of_steps(rows: Rows) -> Iterator[Count]:
    for row in rows:
        minute, agent, outcome, ran, queued, waited = row[:6]
        number, run_ms, queue_ms, waits, wait_ms, *amounts = map(int, row[6:])
        yield Count(Measure.STEP_RUN.value, minute, agent, outcome, ran, number, run_ms)
        yield Count(Measure.STEP_QUEUE.value, minute, agent, "", queued, number, queue_ms)
        if waits:
            yield Count(Measure.STEP_WAIT.value, minute, agent, "", waited, waits, wait_ms)
        measures = (Measure.ATTEMPTS, Measure.TOKENS, Measure.MICROUSD)
        for measure, amount in zip(measures, amounts, strict=True):
            if amount:
                yield Count(measure.value, minute, agent, "", 0, number, amount)


def _of_executions(rows: Rows) -> Iterator[Count]:
    for minute, status, place, number, total in rows:
        yield Count(Measure.EXECUTION.value, minute, "", status, place, number, int(total))


def _of_asked(rows: Rows) -> Iterator[Count]:
    for minute, kind, state, place, number, total in rows:
        yield Count(Measure.ASKED.value, minute, kind, state, place, number, int(total))
