"""Rows of the database as the port's values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from tizmor.ports.journal import (
    AgentFigures,
    ExecutionRow,
    InboxKind,
    InboxRow,
    Measurement,
    OpenMatter,
    StoredExecution,
)

REMOVED = 2
"""Of `executions.ended`: retention is removing it, in several transactions; it isn't there."""

AMONG = "IN (SELECT value FROM json_each(?))"
"""Given a JSON list."""
EXECUTION = (
    'SELECT id, query, "user", created_at_ms, status, steps_total, steps_done, updated_at_ms,'
    " ended, owner, epoch, priority, due_ms, dry_run FROM executions"
)
HEAD = (
    "SELECT owner, epoch, last_seq, last_checksum, ended FROM executions"
    " WHERE id = ? AND ended <> 2"
)
HEADS = EXECUTION.replace(
    " FROM executions",
    f", last_seq, last_checksum FROM executions WHERE id {AMONG} AND ended <> {REMOVED}",
)
"""Rows of `EXECUTION`, each with where its chain stands."""
OPEN_MATTERS = (
    "SELECT e.id, p.asked_at_ms, p.id FROM executions AS e JOIN pending_approvals AS p"
    " ON p.execution = e.id WHERE e.ended = 0 AND p.kind = {kind} AND p.state = 'open'"
    " AND e.id >= {execution} AND (e.id, p.asked_at_ms, p.id) > ({execution}, {at}, {id})"
    " ORDER BY e.id, p.asked_at_ms, p.id LIMIT {limit}"
)
"""It goes along the executions that have not ended, of which there is an index."""
BEFORE_ALL = OpenMatter(0, 0, "")
BLOBS_OF = (
    "SELECT u.hash, length(b.content) FROM blob_uses AS u JOIN blobs AS b ON b.hash = u.hash"
    " WHERE u.execution = {execution} ORDER BY u.hash"
)
BLOB_OF = (
    "SELECT b.content FROM blob_uses AS u LEFT JOIN blobs AS b ON b.hash = u.hash"
    " WHERE u.execution = {execution} AND u.hash = {hash}"
)
INBOX = "SELECT inbox.id, inbox.execution, inbox.kind, inbox.payload, inbox.outcome FROM inbox"
FIGURES = (
    "SELECT agent, count(*), sum(CASE WHEN status = 'succeeded' THEN 1 ELSE 0 END),"
    " sum(CASE WHEN status = 'failed' THEN 1 ELSE 0 END), sum(attempt), sum(queue_ms),"
    " sum(wait_ms), sum(run_ms), sum(tokens), sum(microusd), sum(cached)"
    " FROM execution_steps WHERE attempt > 0 GROUP BY agent ORDER BY agent"
)


def agent_figures(row: tuple[Any, ...]) -> AgentFigures:
    """A row of `FIGURES`."""
    agent, *numbers = row
    names = AgentFigures.__struct_fields__[1:]
    return AgentFigures(
        agent=agent, **{n: int(number) for n, number in zip(names, numbers, strict=True)}
    )


MEASURED = (
    "SELECT agent, CASE WHEN run_ms > 0 THEN run_ms ELSE ended_at_ms - started_at_ms END, tokens,"
    " microusd FROM execution_steps WHERE execution >= coalesce((SELECT execution FROM"
    " execution_steps ORDER BY execution DESC, step DESC LIMIT 1 OFFSET {among}), 0)"
    " AND status = 'succeeded' AND attempt > 0 AND cached = 0"
    " AND started_at_ms IS NOT NULL AND ended_at_ms IS NOT NULL AND agent IN {wanted}"
    " ORDER BY execution DESC, step DESC LIMIT {most}"
)
"""A list as a whole has no attempt of its own; rows of before the meter have no `run_ms`."""
MEASUREMENTS = 1_000
"""Of one agent."""


def measurements(rows: Iterable[tuple[Any, ...]]) -> list[Measurement]:
    """The first thousand of each agent."""
    counts: Counter[str] = Counter()
    found = []
    for agent, run_ms, tokens, microusd in rows:
        counts[agent] += 1
        if counts[agent] <= MEASUREMENTS:
            found.append(Measurement(agent=agent, run_ms=run_ms, tokens=tokens, microusd=microusd))
    return found


def stored_execution(row: tuple[Any, ...]) -> StoredExecution:
    """A row of `EXECUTION`."""
    return StoredExecution(
        execution=row[0],
        query=row[1],
        user=row[2],
        created_at_ms=row[3],
        row=ExecutionRow(
            status=row[4],
            steps_total=row[5],
            steps_done=row[6],
            updated_at_ms=row[7],
            ended=bool(row[8]),
            due_ms=row[12],
        ),
        owner=row[9],
        epoch=row[10],
        priority=row[11],
        dry_run=bool(row[13]),
    )


def inbox_row(row: tuple[Any, ...]) -> InboxRow:
    """A row of `INBOX`."""
    return InboxRow(
        id=row[0], execution=row[1], kind=InboxKind(row[2]), payload=row[3], outcome=row[4]
    )
