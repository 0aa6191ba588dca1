"""The statements of a commit, and how many rows go by one.

Binding and stepping a statement costs more than most rows do, and each step lets go of the
interpreter's lock and fights to get it back. So rows are inserted by statements of 64, of 8 and of
one, whose text never changes: SQLite prepares each once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

_ROWS = (64, 8, 1)


class Insert:
    """An INSERT of many rows, whose values stand one behind the other in a flat list."""

    def __init__(self, table: str, columns: Sequence[str], *, conflict: str = "") -> None:
        self._columns = len(columns)
        into = f"{table} ({', '.join(columns)})"
        row = f"({', '.join('?' * self._columns)})"
        self._statements = [
            (rows, " ".join(("INSERT INTO", into, "VALUES", ", ".join([row] * rows), conflict)))
            for rows in _ROWS
        ]

    def run(self, connection: sqlite3.Connection, values: Sequence[Any]) -> int:
        """Insert them all, in order; how many rows were."""
        at, end = 0, len(values)
        inserted = 0
        for rows, statement in self._statements:
            step = rows * self._columns
            while end - at >= step:
                cursor = connection.execute(statement, values[at : at + step])
                inserted += cursor.rowcount
                at += step
        return inserted


CREATE = Insert(
    "executions",
    (
        "last_seq", "last_checksum", "status", "steps_total", "steps_done", "updated_at_ms",
        "due_ms", "id", "owner", "query", "user", "created_at_ms", "priority", "dry_run",
        "ended", "epoch",
    ),
    conflict="ON CONFLICT (id) DO NOTHING",
)  # fmt: skip
ADVANCE = (
    "UPDATE executions SET last_seq = ?, last_checksum = ?"
    " WHERE id = ? AND owner = ? AND epoch = ? AND last_seq = ?"
)
ADVANCE_AND_SHOW = (
    "UPDATE executions SET last_seq = ?, last_checksum = ?, status = ?, steps_total = ?,"
    " steps_done = ?, updated_at_ms = ?, due_ms = ?"
    " WHERE id = ? AND owner = ? AND epoch = ? AND last_seq = ?"
)
# Apart from the others: a statement that can set `ended` makes SQLite rewrite the partial index.
END = "UPDATE executions SET ended = ?, owner = ? WHERE id = ?"
EVENT = Insert("journal", ("execution", "seq", "at_ms", "payload", "checksum"))
_STEP = (
    "execution", "step", "agent", "status", "attempt", "started_at_ms", "ended_at_ms",
    "queue_ms", "run_ms",
)  # fmt: skip
_RARE = ("wait_ms", "tokens", "microusd", "cached")
"""What most steps have none of: to bind it for each would take a tenth of the time of a commit."""
_AGAIN = (
    "ON CONFLICT (execution, step) DO UPDATE SET agent = excluded.agent,"
    " status = excluded.status, attempt = excluded.attempt,"
    " started_at_ms = excluded.started_at_ms, ended_at_ms = excluded.ended_at_ms,"
    " queue_ms = excluded.queue_ms, run_ms = excluded.run_ms, "
)
PLAIN_STEP = Insert(
    "execution_steps", _STEP, conflict=_AGAIN + ", ".join(f"{name} = 0" for name in _RARE)
)
STEP = Insert(
    "execution_steps",
    (*_STEP, *_RARE),
    conflict=_AGAIN + ", ".join(f"{name} = excluded.{name}" for name in _RARE),
)
WAITING = Insert(
    "pending_approvals",
    ("execution", "id", "kind", "step", "state", "payload", "asked_at_ms", "decided_at_ms"),
    conflict="ON CONFLICT (execution, id) DO UPDATE SET kind = excluded.kind,"
    " step = excluded.step, state = excluded.state, payload = excluded.payload,"
    " asked_at_ms = excluded.asked_at_ms, decided_at_ms = excluded.decided_at_ms",
)
SHARED = Insert(
    "shared_context",
    ("execution", "key", "version", "step", "payload", "untrusted", "at_ms"),
    conflict="ON CONFLICT (execution, key, version) DO NOTHING",
)
MESSAGE = Insert(
    "agent_messages",
    (
        "execution", "id", "kind", "sender", "recipient", "correlation", "payload", "untrusted",
        "state", "reason", "sent_at_ms", "due_ms", "ended_at_ms",
    ),
    conflict="ON CONFLICT (execution, id) DO UPDATE SET payload = excluded.payload,"
    " untrusted = excluded.untrusted, state = excluded.state, reason = excluded.reason,"
    " due_ms = excluded.due_ms, ended_at_ms = excluded.ended_at_ms",
)  # fmt: skip
SETTLE = (
    "UPDATE inbox SET outcome = ?, settled_at_ms = ?"
    " WHERE id = ? AND execution = ? AND outcome IS NULL"
)
CHECKPOINT = Insert(
    "execution_checkpoints",
    ("execution", "seq", "payload", "checksum"),
    conflict="ON CONFLICT (execution) DO UPDATE SET seq = excluded.seq,"
    " payload = excluded.payload, checksum = excluded.checksum",
)
BLOB = Insert("blobs", ("hash", "content"), conflict="ON CONFLICT (hash) DO NOTHING")
BLOB_USE = Insert(
    "blob_uses", ("execution", "hash"), conflict="ON CONFLICT (execution, hash) DO NOTHING"
)
