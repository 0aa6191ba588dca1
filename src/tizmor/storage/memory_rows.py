"""The rows of the journal in memory: what a commit makes of them, and a removal."""

from __future__ import annotations

from functools import cached_property

import msgspec

from tizmor.ports.audit import AuditRow, appended
from tizmor.ports.journal import (
    Append,
    Checkpoint,
    ExecutionRow,
    Freed,
    InboxRow,
    MessageRow,
    NewExecution,
    Record,
    SharedRow,
    StepRow,
    StoredExecution,
    WaitingRow,
)
from tizmor.storage.batch import STATE_LEVELS
from tizmor.storage.blobs import Blobs, split
from tizmor.storage.shared.in_memory import MemoryTables
from tizmor.storage.shared.removal import FORGET


class MemoryRows:
    """By the tables' names; the keys are theirs. Nothing is checked here: `tizmor.storage.memory`
    says what may be written."""

    def __init__(self) -> None:
        self.executions: dict[int, StoredExecution] = {}
        self.histories: dict[int, list[Record]] = {}
        self.journal: list[Record] = []
        self.steps: dict[tuple[int, str], StepRow] = {}
        self.waiting: dict[tuple[int, str], WaitingRow] = {}
        self.shared: dict[tuple[int, str, int], SharedRow] = {}
        self.messages: dict[tuple[int, str], MessageRow] = {}
        self.inbox: dict[int, InboxRow] = {}
        self.checkpoints: dict[int, Checkpoint] = {}
        self.blobs: dict[int, Blobs] = {}
        """The blobs that each execution would refer to."""
        self.audit: list[AuditRow] = []
        self.last_position = 0
        self.last_inbox_id = 0

    @cached_property
    def tables(self) -> MemoryTables:
        """What is shared beside the journal; made when it is first needed."""
        return MemoryTables()

    def keep(self, append: Append, owner: str) -> int:
        """Write what a commit says, by its owner. The position of its first event."""
        if append.create is None:
            stored = self.executions[append.execution]
        else:
            stored = _created(append.execution, append.create)
            self.histories[append.execution] = []
        self.store(stored, owner=None if append.release else owner, row=append.row or stored.row)
        position = self._add_events(append)
        self._add_models(append)
        self.audit += appended(self.audit[-1] if self.audit else None, append.audit)
        return position

    def store(self, stored: StoredExecution, **changes: object) -> StoredExecution:
        changed = msgspec.structs.replace(stored, **changes)
        self.executions[stored.execution] = changed
        return changed

    def _add_events(self, append: Append) -> int:
        position = first = self.last_position + 1
        for offset, (at_ms, payload) in enumerate(append.events):
            record = Record(
                position=position + offset,
                execution=append.execution,
                seq=append.first_seq + offset,
                at_ms=at_ms,
                payload=payload,
            )
            self.journal.append(record)
            self.histories[append.execution].append(record)
            self._use_blobs(append.execution, payload)
        self.last_position += len(append.events)
        return first if append.events else 0

    def _use_blobs(self, execution: int, payload: bytes, *, outer: int = 1) -> None:
        _, moved = split(payload, outer=outer)
        if moved:
            self.blobs.setdefault(execution, {}).update(moved)

    def _add_models(self, append: Append) -> None:
        execution = append.execution
        for step in append.steps:
            self.steps[execution, step.step] = step
        for waiting in append.waiting:
            self.waiting[execution, waiting.id] = waiting
        for shared in append.shared:
            self.shared[execution, shared.key, shared.version] = shared
            self._use_blobs(execution, shared.payload)
        for message in append.messages:
            self.messages[execution, message.id] = message
            self._use_blobs(execution, message.payload)
        for inbox_id, outcome in append.settles:
            row = self.inbox.get(inbox_id)
            if row is not None and row.execution == execution and row.outcome is None:
                self.inbox[inbox_id] = msgspec.structs.replace(row, outcome=outcome)
        if append.checkpoint is not None:
            seq = append.first_seq + len(append.events) - 1
            self.checkpoints[execution] = Checkpoint(seq=seq, payload=append.checkpoint)
            self._use_blobs(execution, append.checkpoint, outer=STATE_LEVELS)

    def size_of(self, executions: set[int]) -> Freed:
        """What removing these would free."""
        kept = {d for number, uses in self.blobs.items() if number not in executions for d in uses}
        blobs = {
            digest
            for number in executions
            for digest in self.blobs.get(number, ())
            if digest not in kept
        }
        payloads = [r.payload for number in executions for r in self.histories[number]]
        payloads += [self.checkpoints[n].payload for n in executions if n in self.checkpoints]
        return Freed(
            executions=len(executions),
            events=sum(len(self.histories[number]) for number in executions),
            blobs=len(blobs),
            bytes=sum(map(len, payloads)),
            log_lines=sum(self._lines(number) for number in executions),
        )

    def _lines(self, execution: int) -> int:
        count = "SELECT count(*) FROM logs WHERE execution = ?"
        found: int = self.tables.connection.execute(count, (execution,)).fetchone()[0]
        return found

    def remove(self, executions: set[int]) -> None:
        for number in executions:
            del self.executions[number], self.histories[number]
            self.checkpoints.pop(number, None)
            self.blobs.pop(number, None)
            for statement in FORGET:
                self.tables.connection.execute(statement, (number,))
        self.journal = [r for r in self.journal if r.execution not in executions]
        self.steps = {key: row for key, row in self.steps.items() if key[0] not in executions}
        self.waiting = {key: row for key, row in self.waiting.items() if key[0] not in executions}
        self.shared = {key: row for key, row in self.shared.items() if key[0] not in executions}
        self.messages = {k: row for k, row in self.messages.items() if k[0] not in executions}
        self.inbox = {i: row for i, row in self.inbox.items() if row.execution not in executions}


def _created(execution: int, new: NewExecution) -> StoredExecution:
    return StoredExecution(
        execution=execution,
        query=new.query,
        user=new.user,
        created_at_ms=new.created_at_ms,
        row=ExecutionRow(status="", updated_at_ms=new.created_at_ms),
        epoch=1,
        priority=new.priority,
        dry_run=new.dry_run,
    )
