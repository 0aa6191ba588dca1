"""What one commit writes, as rows: one flat list of values for each statement.

Built before the transaction begins, so that the write lock is held for SQLite's own work only. No
object is made per event.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any, NamedTuple

from tizmor.ports.journal import Append, ExecutionRow, NewExecution
from tizmor.storage import audit, statements
from tizmor.storage.blobs import MARK, PACKED, ROW_BYTES, split
from tizmor.storage.chain import START, Link, checkpoint_checksum, checksum

STATE_LEVELS = 3
"""A state, its steps and each of these stay in a checkpoint's row; what they hold may move out."""

_MARKS = (MARK, PACKED)
_Rows = list[tuple[Any, ...]]


class Head(NamedTuple):
    """What the owner remembers of an execution between two commits."""

    link: Link
    ended: bool


class Batch:
    """The rows of some appends, and the heads of their executions once they are committed."""

    def __init__(self, owner: str, heads: Mapping[int, Head], now_ms: int) -> None:
        self._owner = owner
        self._known = heads
        self._now_ms = now_ms
        self.heads: dict[int, Head] = {}
        self.released: list[int] = []
        self.counts: list[int] = []
        self._created: list[Any] = []
        self._advanced: _Rows = []
        self._shown: _Rows = []
        self._events: list[Any] = []
        self._ended: _Rows = []
        self._plain_steps: list[Any] = []
        self._steps: list[Any] = []
        self._waiting: list[Any] = []
        self._shared: list[Any] = []
        self._messages: list[Any] = []
        self._settled: _Rows = []
        self._checkpoints: list[Any] = []
        self._blobs: list[Any] = []
        self._blob_uses: list[Any] = []
        self._audit: list[bytes] = []

    def add(self, append: Append) -> bool:
        """Add an append's rows; False when this process knows that it can't be kept as it is."""
        execution = append.execution
        if execution in self.heads:
            raise ValueError("an execution may be in a commit once only")
        before = self._before(append)
        if before is None:
            return False
        link = self._add_events(append, before.link)
        row = append.row
        ended = before.ended if row is None else row.ended
        if append.create is not None:
            self._create(append, append.create, link)
        else:
            self._advance(append, before.link, link)
            if append.release or ended != before.ended:
                owner = None if append.release else self._owner
                self._ended.append((int(ended), owner, execution))
        self._add_models(append)
        if append.checkpoint is not None:
            self._add_checkpoint(execution, append.checkpoint, link)
        self.heads[execution] = Head(link, ended)
        if append.release:
            self.released.append(execution)
        return True

    def claim(self, connection: sqlite3.Connection) -> bool:
        """Move every execution on; False when one isn't this process's to write at this place."""
        claimed = 0
        if self._created:
            claimed += statements.CREATE.run(connection, self._created)
        if self._advanced:
            claimed += connection.executemany(statements.ADVANCE, self._advanced).rowcount
        if self._shown:
            claimed += connection.executemany(statements.ADVANCE_AND_SHOW, self._shown).rowcount
        return claimed == len(self.heads)

    def write(self, connection: sqlite3.Connection) -> None:
        """Write what follows the claims."""
        for insert, values in (
            (statements.EVENT, self._events),
            (statements.PLAIN_STEP, self._plain_steps),
            (statements.STEP, self._steps),
            (statements.WAITING, self._waiting),
            (statements.SHARED, self._shared),
            (statements.MESSAGE, self._messages),
            (statements.CHECKPOINT, self._checkpoints),
            (statements.BLOB, self._blobs),
            (statements.BLOB_USE, self._blob_uses),
        ):
            if values:
                insert.run(connection, values)
        for update, rows in (
            (statements.END, self._ended),
            (statements.SETTLE, self._settled),
        ):
            if rows:
                connection.executemany(update, rows)
        if self._audit:
            audit.append(connection, self._audit)

    def _before(self, append: Append) -> Head | None:
        if append.create is not None:
            if append.first_seq != 1 or append.epoch != 1:
                raise ValueError("an execution is created with epoch 1 and its first event")
            return Head(START, False)
        head = self._known.get(append.execution)
        if head is None or head.link.seq != append.first_seq - 1:
            return None
        return head

    def _add_events(self, append: Append, link: Link) -> Link:
        seq, last = link
        execution = append.execution
        values = self._events
        for at_ms, payload in append.events:
            seq += 1
            if len(payload) > ROW_BYTES or payload[:1] in _MARKS:
                payload = self._apart(execution, payload, 1)
            last = checksum(last, execution, seq, at_ms, payload)
            # The driver binds a bytearray at once; for bytes it first asks who knows how to.
            values += (execution, seq, at_ms, bytearray(payload), last)
        self.counts.append(len(append.events))
        return Link(seq, last)

    def _apart(self, execution: int, payload: bytes, levels: int) -> bytes:
        """The payload as it is stored; its blobs are added."""
        stored, moved = split(payload, outer=levels)
        for digest, content in moved.items():
            self._blobs += (digest, content)
            self._blob_uses += (execution, digest)
        return stored

    def _create(self, append: Append, create: NewExecution, link: Link) -> None:
        row = append.row or ExecutionRow(status="", updated_at_ms=create.created_at_ms)
        owner = None if append.release else self._owner
        self._created += (
            *link, row.status, row.steps_total, row.steps_done, row.updated_at_ms, row.due_ms,
            append.execution, owner, create.query, create.user, create.created_at_ms,
            create.priority, int(create.dry_run), int(row.ended), 1,
        )  # fmt: skip

    def _advance(self, append: Append, before: Link, link: Link) -> None:
        place = (append.execution, self._owner, append.epoch, before.seq)
        row = append.row
        if row is None:
            self._advanced.append((*link, *place))
        else:
            self._shown.append(
                (
                    *link, row.status, row.steps_total, row.steps_done, row.updated_at_ms,
                    row.due_ms, *place,
                )
            )  # fmt: skip

    def _add_models(self, append: Append) -> None:
        execution = append.execution
        for step in append.steps:
            row = (
                execution, step.step, step.agent, step.status, step.attempt,
                step.started_at_ms, step.ended_at_ms, step.queue_ms, step.run_ms,
            )  # fmt: skip
            if step.wait_ms or step.tokens or step.microusd or step.cached:
                self._steps += (*row, step.wait_ms, step.tokens, step.microusd, step.cached)
            else:
                self._plain_steps += row
        for waiting in append.waiting:
            self._waiting += (
                execution, waiting.id, waiting.kind, waiting.step, waiting.state,
                waiting.payload, waiting.asked_at_ms, waiting.decided_at_ms,
            )  # fmt: skip
        if append.shared or append.messages:
            self._add_talk(append)
        self._audit += append.audit
        for inbox_id, outcome in append.settles:
            self._settled.append((outcome, self._now_ms, inbox_id, execution))

    def _add_talk(self, append: Append) -> None:
        execution = append.execution
        for shared in append.shared:
            self._shared += (
                execution, shared.key, shared.version, shared.step,
                self._apart(execution, shared.payload, 1), int(shared.untrusted), shared.at_ms,
            )  # fmt: skip
        for m in append.messages:
            self._messages += (
                execution, m.id, m.kind, m.sender, m.recipient, m.correlation,
                self._apart(execution, m.payload, 1), int(m.untrusted), m.state, m.reason,
                m.sent_at_ms, m.due_ms, m.ended_at_ms,
            )  # fmt: skip

    def _add_checkpoint(self, execution: int, payload: bytes, link: Link) -> None:
        stored = self._apart(execution, payload, STATE_LEVELS)
        sealed = checkpoint_checksum(execution, link.seq, stored)
        self._checkpoints += (execution, link.seq, stored, sealed)
