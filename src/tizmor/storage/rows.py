"""Rows of the database as the port's values."""

from __future__ import annotations

from typing import Any

from tizmor.ports.journal import ExecutionRow, InboxKind, InboxRow, StoredExecution

REMOVED = 2
"""Of `executions.ended`: retention is removing it, in several transactions; it isn't there."""

AMONG = "IN (SELECT value FROM json_each(?))"
"""Given a JSON list."""
EXECUTION = (
    'SELECT id, query, "user", created_at_ms, status, steps_total, steps_done, updated_at_ms,'
    " ended, owner, epoch, priority, due_ms FROM executions"
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
INBOX = "SELECT inbox.id, inbox.execution, inbox.kind, inbox.payload, inbox.outcome FROM inbox"


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
    )


def inbox_row(row: tuple[Any, ...]) -> InboxRow:
    """A row of `INBOX`."""
    return InboxRow(
        id=row[0], execution=row[1], kind=InboxKind(row[2]), payload=row[3], outcome=row[4]
    )
