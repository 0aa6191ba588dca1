"""What one commit writes, as rows of the parts of `statement`."""

from __future__ import annotations

from collections.abc import Mapping

from tizmor.ports.journal import Append, ExecutionRow, NewExecution
from tizmor.storage.batch import STATE_LEVELS
from tizmor.storage.blobs import Blobs, split
from tizmor.storage.chain import START, Link, checkpoint_checksum, checksum
from tizmor.storage.postgres.position import position
from tizmor.storage.postgres.statement import PARTS, Rows

_NO_ROW = (None,) * 6


class Batch:
    """The rows of some appends, and where their executions' chains stand once they are committed.

    `links` is where they stand before, by what this process remembers.
    """

    def __init__(self, links: Mapping[int, Link], now_ms: int) -> None:
        self._known = links
        self._now_ms = now_ms
        self.links: dict[int, Link] = {}
        self.rows: dict[str, Rows] = {name: [] for name in PARTS}
        self._first_places: dict[int, int | None] = {}

    @property
    def has_blobs(self) -> bool:
        return bool(self.rows["contents"])

    def add(self, append: Append) -> bool:
        """Add an append's rows; False when this process knows that it can't be kept as it is."""
        execution = append.execution
        if execution in self.links:
            raise ValueError("an execution may be in a commit once only")
        before = self._before(append)
        if before is None:
            return False
        link = self._add_events(append, before)
        if append.create is None:
            self._claim(append, before, link)
        else:
            self._create(append, append.create, link)
        self._add_models(append)
        self._add_checkpoint(append, link)
        self.links[execution] = link
        return True

    def first_position(self, execution: int, turn: int) -> int:
        """Of a kept append, given its transaction's `turn`; 0 when it has no events."""
        place = self._first_places[execution]
        return 0 if place is None else position(turn, place)

    def _before(self, append: Append) -> Link | None:
        if append.create is not None:
            if append.first_seq != 1 or append.epoch != 1:
                raise ValueError("an execution is created with epoch 1 and its first event")
            return START
        link = self._known.get(append.execution)
        return link if link is not None and link.seq == append.first_seq - 1 else None

    def _add_events(self, append: Append, link: Link) -> Link:
        seq, last = link
        execution = append.execution
        events = self.rows["events"]
        self._first_places[execution] = len(events) if append.events else None
        for place, (at_ms, payload) in enumerate(append.events, len(events)):
            seq += 1
            stored, blobs = split(payload)
            last = checksum(last, execution, seq, at_ms, stored)
            events.append((place, execution, seq, at_ms, stored, last))
            if blobs:
                self._add_blobs(execution, blobs)
        return Link(seq, last)

    def _claim(self, append: Append, before: Link, link: Link) -> None:
        row = _NO_ROW if append.row is None else _shown(append.row)
        self.rows["claimed"].append(
            (append.execution, append.epoch, before.seq, *link, *row, append.release)
        )

    def _create(self, append: Append, create: NewExecution, link: Link) -> None:
        row = append.row or ExecutionRow(status="", updated_at_ms=create.created_at_ms)
        self.rows["created"].append(
            (
                append.execution, _text(create.query), _text(create.user), create.created_at_ms,
                create.priority, int(create.dry_run), *link, *_shown(row), append.release,
            )
        )  # fmt: skip

    def _add_models(self, append: Append) -> None:
        execution = append.execution
        steps = {step.step: step for step in append.steps}
        self.rows["steps"] += [
            (
                execution,
                s.step,
                s.agent,
                s.status,
                s.attempt,
                s.started_at_ms,
                s.ended_at_ms,
                s.queue_ms,
                s.wait_ms,
                s.run_ms,
                s.tokens,
                s.microusd,
                s.cached,
            )
            for s in steps.values()
        ]
        waiting = {row.id: row for row in append.waiting}
        self.rows["waiting"] += [
            (execution, w.id, w.kind, w.step, w.state, w.payload, w.asked_at_ms, w.decided_at_ms)
            for w in waiting.values()
        ]
        if append.shared or append.messages:
            self._add_talk(append)
        outcomes = dict(reversed(append.settles))  # the first word on a command stands
        self.rows["settled"] += [
            (inbox_id, execution, outcome, self._now_ms) for inbox_id, outcome in outcomes.items()
        ]

    def _add_talk(self, append: Append) -> None:
        execution = append.execution
        self.rows["shared"] += [
            (
                execution, s.key, s.version, s.step, self._apart(execution, s.payload),
                int(s.untrusted), s.at_ms,
            )
            for s in append.shared
        ]  # fmt: skip
        self.rows["messages"] += [
            (
                execution, m.id, m.kind, m.sender, m.recipient, m.correlation,
                self._apart(execution, m.payload), int(m.untrusted), m.state,
                None if m.reason is None else _text(m.reason), m.sent_at_ms, m.due_ms,
                m.ended_at_ms,
            )
            for m in append.messages
        ]  # fmt: skip

    def _apart(self, execution: int, payload: bytes) -> bytes:
        stored, blobs = split(payload)
        self._add_blobs(execution, blobs)
        return stored

    def _add_checkpoint(self, append: Append, link: Link) -> None:
        if append.checkpoint is None:
            return
        stored, blobs = split(append.checkpoint, outer=STATE_LEVELS)
        execution = append.execution
        sealed = checkpoint_checksum(execution, link.seq, stored)
        self.rows["checkpoints"].append((execution, link.seq, stored, sealed))
        self._add_blobs(execution, blobs)

    def _add_blobs(self, execution: int, blobs: Blobs) -> None:
        for digest, content in blobs.items():
            self.rows["contents"].append((execution, digest, content))
            self.rows["uses"].append((execution, digest))


def _shown(row: ExecutionRow) -> tuple[str, int, int, int, int, int | None]:
    return (
        row.status, row.steps_total, row.steps_done, row.updated_at_ms, int(row.ended), row.due_ms
    )  # fmt: skip


def _text(value: str) -> str:
    """PostgreSQL's text can't hold NUL: it is written as an escape."""
    return value.replace("\0", "\\x00")
