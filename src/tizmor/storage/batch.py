"""What one commit writes, as rows: one list for each statement, ready for `executemany`.

Built before the transaction begins, so that the write lock is held for SQLite's own work only. No
object is made per event but its row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tizmor.ports.journal import Append, ExecutionRow, NewExecution
from tizmor.storage.chain import START, Link, checksum

CREATE = (
    "INSERT INTO executions (last_seq, last_checksum, status, steps_total, steps_done,"
    " updated_at_ms, id, owner, query, user, created_at_ms, ended, epoch)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1) ON CONFLICT (id) DO NOTHING"
)
ADVANCE = (
    "UPDATE executions SET last_seq = ?, last_checksum = ?"
    " WHERE id = ? AND owner = ? AND epoch = ? AND last_seq = ?"
)
ADVANCE_AND_SHOW = (
    "UPDATE executions SET last_seq = ?, last_checksum = ?, status = ?, steps_total = ?,"
    " steps_done = ?, updated_at_ms = ? WHERE id = ? AND owner = ? AND epoch = ? AND last_seq = ?"
)
# Apart from the others: a statement that can set `ended` makes SQLite rewrite the partial index.
END = "UPDATE executions SET ended = ? WHERE id = ?"
RELEASE = "UPDATE executions SET owner = NULL WHERE id = ?"
EVENT = "INSERT INTO journal (execution, seq, at_ms, payload, checksum) VALUES (?, ?, ?, ?, ?)"
STEP = (
    "INSERT INTO execution_steps"
    " (execution, step, agent, status, attempt, started_at_ms, ended_at_ms)"
    " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (execution, step) DO UPDATE SET"
    " agent = excluded.agent, status = excluded.status, attempt = excluded.attempt,"
    " started_at_ms = excluded.started_at_ms, ended_at_ms = excluded.ended_at_ms"
)
WAITING = (
    "INSERT INTO pending_approvals"
    " (execution, id, kind, step, state, payload, asked_at_ms, decided_at_ms)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (execution, id) DO UPDATE SET"
    " kind = excluded.kind, step = excluded.step, state = excluded.state,"
    " payload = excluded.payload, asked_at_ms = excluded.asked_at_ms,"
    " decided_at_ms = excluded.decided_at_ms"
)
SETTLE = (
    "UPDATE inbox SET outcome = ?, settled_at_ms = ?"
    " WHERE id = ? AND execution = ? AND outcome IS NULL"
)

_Rows = list[tuple[Any, ...]]


class Head(NamedTuple):
    """What the owner remembers of an execution between two commits."""

    link: Link
    ended: bool


class Batch:
    """The rows of some appends, and the heads of their executions once they are committed.

    `claims` decide who may write: each must change exactly one row. `rest` follows them.
    """

    def __init__(self, owner: str, heads: Mapping[int, Head], now_ms: int) -> None:
        self._owner = owner
        self._known = heads
        self._now_ms = now_ms
        self.heads: dict[int, Head] = {}
        self.released: list[int] = []
        self.counts: list[int] = []
        self._created: _Rows = []
        self._advanced: _Rows = []
        self._shown: _Rows = []
        self._events: _Rows = []
        self._ended: _Rows = []
        self._steps: _Rows = []
        self._waiting: _Rows = []
        self._settled: _Rows = []

    @property
    def claims(self) -> Sequence[tuple[str, _Rows]]:
        return (
            (CREATE, self._created),
            (ADVANCE, self._advanced),
            (ADVANCE_AND_SHOW, self._shown),
        )

    @property
    def rest(self) -> Sequence[tuple[str, _Rows]]:
        return (
            (EVENT, self._events),
            (END, self._ended),
            (STEP, self._steps),
            (WAITING, self._waiting),
            (SETTLE, self._settled),
            (RELEASE, [(execution,) for execution in self.released]),
        )

    @property
    def settles(self) -> bool:
        return bool(self._settled)

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
            self._created.append(self._creation(append, append.create, link))
        elif row is None:
            self._advanced.append((*link, execution, self._owner, append.epoch, before.link.seq))
        else:
            self._shown.append(
                (
                    *link, row.status, row.steps_total, row.steps_done, row.updated_at_ms,
                    execution, self._owner, append.epoch, before.link.seq,
                )
            )  # fmt: skip
            if ended != before.ended:
                self._ended.append((int(ended), execution))
        self._add_models(append)
        self.heads[execution] = Head(link, ended)
        if append.release:
            self.released.append(execution)
        return True

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
        add = self._events.append
        for at_ms, payload in append.events:
            seq += 1
            last = checksum(last, execution, seq, at_ms, payload)
            add((execution, seq, at_ms, payload, last))
        self.counts.append(len(append.events))
        return Link(seq, last)

    def _creation(self, append: Append, create: NewExecution, link: Link) -> tuple[Any, ...]:
        row = append.row or ExecutionRow(status="", updated_at_ms=create.created_at_ms)
        return (
            *link, row.status, row.steps_total, row.steps_done, row.updated_at_ms,
            append.execution, self._owner, create.query, create.user, create.created_at_ms,
            int(row.ended),
        )  # fmt: skip

    def _add_models(self, append: Append) -> None:
        execution = append.execution
        for step in append.steps:
            self._steps.append(
                (
                    execution, step.step, step.agent, step.status, step.attempt,
                    step.started_at_ms, step.ended_at_ms,
                )
            )  # fmt: skip
        for waiting in append.waiting:
            self._waiting.append(
                (
                    execution, waiting.id, waiting.kind, waiting.step, waiting.state,
                    waiting.payload, waiting.asked_at_ms, waiting.decided_at_ms,
                )
            )  # fmt: skip
        for inbox_id, outcome in append.settles:
            self._settled.append((outcome, self._now_ms, inbox_id, execution))
