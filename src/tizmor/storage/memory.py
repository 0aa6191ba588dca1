"""The journal in memory, for tests and for the simulator: the same answers, nothing on disk.

One `MemoryDatabase` stands for the file, each `MemoryJournal` opened on it for a process.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import msgspec

from tizmor.core.errors import UnknownExecution
from tizmor.core.ids import public_id
from tizmor.ports.journal import (
    Append,
    Committed,
    ExecutionRow,
    InboxKind,
    InboxRow,
    NewExecution,
    Record,
    StepRow,
    StoredExecution,
    WaitingRow,
)
from tizmor.storage.chain import damage
from tizmor.storage.wakes import WakeSignal


class MemoryDatabase:
    """What several journals share. Owners are named `memory-1`, `memory-2`, … in turn."""

    def __init__(self) -> None:
        self.executions: dict[int, StoredExecution] = {}
        self.histories: dict[int, list[Record]] = {}
        self.journal: list[Record] = []
        self.steps: dict[tuple[int, str], StepRow] = {}
        self.waiting: dict[tuple[int, str], WaitingRow] = {}
        self.inbox: dict[int, InboxRow] = {}
        self.living: dict[str, WakeSignal] = {}
        self._opened = 0

    def open(self) -> MemoryJournal:
        self._opened += 1
        return MemoryJournal(self, f"memory-{self._opened}")


class MemoryJournal:
    """The `Journal` of one imagined process."""

    def __init__(self, database: MemoryDatabase, owner: str) -> None:
        self.owner = owner
        self._database = database
        self._signal = WakeSignal()
        database.living[owner] = self._signal

    async def commit(self, appends: Sequence[Append]) -> Committed:
        if len({append.execution for append in appends}) != len(appends):
            raise ValueError("an execution may be in a commit once only")
        writable = [self._may_write(append) for append in appends]
        found = [
            None if write else self._already_there(append)
            for append, write in zip(appends, writable, strict=True)
        ]
        positions = [
            self._keep(append) if write else position
            for append, write, position in zip(appends, writable, found, strict=True)
        ]
        if any(append.settles for append in appends):
            for signal in self._database.living.values():
                signal.fire()
        return Committed(first_positions=positions)

    async def read(self, execution: int, *, after_seq: int = 0) -> list[Record]:
        return self._database.histories.get(execution, [])[after_seq:]

    async def read_all(self, executions: Sequence[int]) -> dict[int, list[Record]]:
        return {execution: await self.read(execution) for execution in executions}

    async def get(self, execution: int) -> StoredExecution | None:
        return self._database.executions.get(execution)

    async def recent(
        self, *, limit: int = 50, before: int | None = None, ended: bool | None = None
    ) -> list[StoredExecution]:
        found = [
            stored
            for number, stored in sorted(self._database.executions.items(), reverse=True)
            if (before is None or number < before) and ended in (None, stored.row.ended)
        ]
        return found[:limit]

    async def unfinished(self) -> list[StoredExecution]:
        stored = sorted(self._database.executions.items())
        return [execution for _, execution in stored if not execution.row.ended]

    async def read_feed(self, after_position: int, limit: int) -> list[Record]:
        return self._database.journal[after_position : after_position + limit]

    async def last_position(self) -> int:
        return len(self._database.journal)

    async def adopt(self, execution: int) -> StoredExecution | None:
        stored = self._database.executions.get(execution)
        if stored is None or stored.owner == self.owner:
            return stored
        if stored.owner in self._database.living:
            return None
        return self._store(stored, owner=self.owner, epoch=stored.epoch + 1)

    async def adopt_all(self, executions: Sequence[int]) -> list[StoredExecution]:
        adopted = [await self.adopt(execution) for execution in executions]
        return [stored for stored in adopted if stored is not None]

    async def is_owner_alive(self, owner: str) -> bool:
        return owner in self._database.living

    async def send(self, execution: int, kind: InboxKind, payload: bytes) -> int:
        stored = self._database.executions.get(execution)
        if stored is None:
            raise UnknownExecution(f"there is no execution {public_id(execution)}")
        inbox_id = len(self._database.inbox) + 1
        self._database.inbox[inbox_id] = InboxRow(
            id=inbox_id, execution=execution, kind=kind, payload=payload
        )
        if stored.owner in self._database.living:
            self._database.living[stored.owner].fire()
        return inbox_id

    async def outcome(self, inbox_id: int) -> str | None:
        row = self._database.inbox.get(inbox_id)
        return None if row is None else row.outcome

    async def pending(self) -> list[InboxRow]:
        executions = self._database.executions
        return [
            row
            for row in self._database.inbox.values()
            if row.outcome is None and executions[row.execution].owner == self.owner
        ]

    async def wakes(self) -> AsyncIterator[None]:
        async for _ in self._signal.each():
            yield

    def check(self, *, deep: bool) -> list[tuple[str, str, str]]:
        events, executions = len(self._database.journal), len(self._database.executions)
        return [("journal", "ok", f"{events} events of {executions} executions")]

    def die(self) -> None:
        """End as by `kill -9`: what it owned stays in its name, and it is alive no more."""
        self._database.living.pop(self.owner, None)
        self._signal.close()

    async def close(self) -> None:
        if self.owner in self._database.living:
            for stored in list(self._database.executions.values()):
                if stored.owner == self.owner:
                    self._store(stored, owner=None)
        self.die()

    def _may_write(self, append: Append) -> bool:
        stored = self._database.executions.get(append.execution)
        if append.create is not None:
            if append.first_seq != 1 or append.epoch != 1:
                raise ValueError("an execution is created with epoch 1 and its first event")
            return stored is None
        return (
            stored is not None
            and (stored.owner, stored.epoch) == (self.owner, append.epoch)
            and len(self._database.histories[append.execution]) == append.first_seq - 1
        )

    def _already_there(self, append: Append) -> int | None:
        stored = self._database.executions.get(append.execution)
        if stored is None:
            return None
        mine = stored.owner == self.owner and stored.epoch == append.epoch
        if not append.events:
            released = append.release and stored.owner is None and stored.epoch == append.epoch
            return 0 if mine or released else None
        first = append.first_seq - 1
        history = self._database.histories[append.execution]
        there = history[first : first + len(append.events)]
        if [(record.at_ms, record.payload) for record in there] == list(append.events):
            return there[0].position
        if mine and append.create is None:
            raise damage(
                append.execution,
                append.first_seq,
                f"the stored journal ends with event {len(history)} instead",
            )
        return None

    def _keep(self, append: Append) -> int:
        if append.create is None:
            stored = self._database.executions[append.execution]
        else:
            stored = _created(append.execution, append.create)
            self._database.histories[append.execution] = []
        owner = None if append.release else self.owner
        self._store(stored, owner=owner, row=append.row or stored.row)
        position = self._add_events(append)
        self._add_models(append)
        return position

    def _store(self, stored: StoredExecution, **changes: object) -> StoredExecution:
        changed = msgspec.structs.replace(stored, **changes)
        self._database.executions[stored.execution] = changed
        return changed

    def _add_events(self, append: Append) -> int:
        position = first = len(self._database.journal) + 1
        for offset, (at_ms, payload) in enumerate(append.events):
            record = Record(
                position=position + offset,
                execution=append.execution,
                seq=append.first_seq + offset,
                at_ms=at_ms,
                payload=payload,
            )
            self._database.journal.append(record)
            self._database.histories[append.execution].append(record)
        return first if append.events else 0

    def _add_models(self, append: Append) -> None:
        execution = append.execution
        for step in append.steps:
            self._database.steps[execution, step.step] = step
        for waiting in append.waiting:
            self._database.waiting[execution, waiting.id] = waiting
        for inbox_id, outcome in append.settles:
            row = self._database.inbox.get(inbox_id)
            if row is not None and row.execution == execution and row.outcome is None:
                self._database.inbox[inbox_id] = msgspec.structs.replace(row, outcome=outcome)


def _created(execution: int, new: NewExecution) -> StoredExecution:
    return StoredExecution(
        execution=execution,
        query=new.query,
        user=new.user,
        created_at_ms=new.created_at_ms,
        row=ExecutionRow(status="", updated_at_ms=new.created_at_ms),
        epoch=1,
    )
