"""The journal in memory, for tests and for the simulator: the same answers, nothing on disk.

One `MemoryDatabase` stands for the file, each `MemoryJournal` opened on it for a process.
"""

from __future__ import annotations

import bisect
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from functools import cached_property

import msgspec

from tizmor.core.errors import UnknownExecution
from tizmor.core.ids import public_id
from tizmor.ports.audit import AuditRow
from tizmor.ports.journal import (
    AgentFigures,
    Append,
    Checkpoint,
    Committed,
    Freed,
    InboxKind,
    InboxRow,
    Measurement,
    OpenMatter,
    Record,
    StepRow,
    StoredExecution,
)
from tizmor.ports.metrics import Tally, Unfinished
from tizmor.ports.search import MOST_LOOKED_AT, Sought
from tizmor.ports.sharing import Sharing
from tizmor.storage.fences import stand
from tizmor.storage.memory_rows import MemoryRows
from tizmor.storage.memory_tally import tallied, unfinished
from tizmor.storage.retry import Found, kept_at
from tizmor.storage.rows import measurements
from tizmor.storage.shared.in_memory import MemoryShared
from tizmor.storage.shared.on_sqlite import Known
from tizmor.storage.shared.sharing import DatabaseSharing
from tizmor.storage.wakes import WakeSignal


class MemoryDatabase(MemoryRows):
    """What several journals share. Owners are named `memory-1`, `memory-2`, … in turn; `now_ms`
    is what time it is for all of them."""

    def __init__(self, *, now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000) -> None:
        super().__init__()
        self.now_ms = now_ms
        self.living: dict[str, WakeSignal] = {}
        self.growth = WakeSignal()
        self.known = Known(lambda owner: owner not in self.living, self._owner_of)
        self._opened = 0

    def open(self) -> MemoryJournal:
        self._opened += 1
        return MemoryJournal(self, f"memory-{self._opened}")

    def _owner_of(self, tables: object, execution: int) -> list[tuple[str | None]]:
        stored = self.executions.get(execution)
        return [] if stored is None else [(stored.owner,)]


class MemoryJournal:
    """The `Journal` of one imagined process."""

    def __init__(self, database: MemoryDatabase, owner: str) -> None:
        self.owner = owner
        self._database = database
        self._created: set[int] = set()
        self._signal = WakeSignal()
        database.living[owner] = self._signal

    @cached_property
    def sharing(self) -> Sharing:
        shared = MemoryShared(
            self._database.tables,
            self.owner,
            now_ms=self._database.now_ms,
            known=self._database.known,
            ring=self._ring,
        )
        return DatabaseSharing(shared)

    async def commit(self, appends: Sequence[Append]) -> Committed:
        if len({append.execution for append in appends}) != len(appends):
            raise ValueError("an execution may be in a commit once only")
        created_before = self._created
        self._created = {append.execution for append in appends if append.create is not None}
        for append in appends:
            if append.fences and self._may_write(append):
                self._give_up_void(append)
        writable = [self._may_write(append) for append in appends]
        found = [
            None if write else self._already_there(append, created_before)
            for append, write in zip(appends, writable, strict=True)
        ]
        positions = [
            self._database.keep(append, self.owner) if write else position
            for append, write, position in zip(appends, writable, found, strict=True)
        ]
        self._database.growth.fire()
        if any(append.settles for append in appends):
            for signal in self._database.living.values():
                signal.fire()
        return Committed(first_positions=positions)

    async def read(self, execution: int, *, after_seq: int = 0) -> list[Record]:
        return self._database.histories.get(execution, [])[after_seq:]

    async def read_all(self, executions: Sequence[int]) -> dict[int, list[Record]]:
        return {execution: await self.read(execution) for execution in executions}

    async def checkpoint(self, execution: int) -> Checkpoint | None:
        return self._database.checkpoints.get(execution)

    async def audit(self, *, after: int = 0, limit: int = 1000) -> list[AuditRow]:
        return self._database.audit[after : after + limit]

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

    async def search(
        self, sought: Sought, *, limit: int
    ) -> tuple[list[StoredExecution], int | None]:
        numbers = sorted(self._database.executions, reverse=True)
        looked_at = [n for n in numbers if sought.since <= n < sought.before][:MOST_LOOKED_AT]
        found: list[StoredExecution] = []
        for number in looked_at:
            stored = self._database.executions[number]
            if len(found) < limit and sought.is_met_by(
                status=stored.row.status,
                user=stored.user,
                dry_run=stored.dry_run,
                query=stored.query,
            ):
                found.append(stored)
        if len(found) == limit:
            return found, found[-1].execution
        return found, looked_at[-1] if len(looked_at) == MOST_LOOKED_AT else None

    async def measured(self, agents: Sequence[str], *, among: int) -> list[Measurement]:
        newest = sorted(self._database.steps.items(), reverse=True)
        first = newest[min(among, len(newest)) - 1][0][0] if newest else 0
        return measurements(
            (s.agent, s.run_ms or s.ended_at_ms - s.started_at_ms, s.tokens, s.microusd)
            for (execution, _), s in newest
            if execution >= first
            if s.status == "succeeded" and s.attempt and not s.cached and s.agent in agents
            if s.started_at_ms is not None and s.ended_at_ms is not None
        )

    async def unfinished(self) -> list[StoredExecution]:
        stored = sorted(self._database.executions.items())
        return [execution for _, execution in stored if not execution.row.ended]

    async def open_matters(
        self, kind: str, *, limit: int, after: OpenMatter | None = None
    ) -> list[OpenMatter]:
        found = sorted(
            OpenMatter(execution, row.asked_at_ms, row.id)
            for (execution, _), row in self._database.waiting.items()
            if (row.kind, row.state) == (kind, "open")
            if not self._database.executions[execution].row.ended
        )
        return [matter for matter in found if after is None or matter > after][:limit]

    async def blobs_of(self, execution: int) -> list[tuple[bytes, int]]:
        return sorted((d, len(c)) for d, c in self._database.blobs.get(execution, {}).items())

    async def blob_of(self, execution: int, digest: bytes) -> bytes | None:
        return self._database.blobs.get(execution, {}).get(digest)

    async def figures(self) -> list[AgentFigures]:
        by_agent: dict[str, list[StepRow]] = {}
        for row in self._database.steps.values():
            if row.attempt:
                by_agent.setdefault(row.agent, []).append(row)
        return [_figures(agent, by_agent[agent]) for agent in sorted(by_agent)]

    async def tally(self, after: int) -> Tally:
        return tallied(self._database, after)

    async def in_progress(self) -> Unfinished:
        return unfinished(self._database)

    async def read_feed(self, after_position: int, limit: int) -> list[Record]:
        journal = self._database.journal
        first = bisect.bisect_right(journal, after_position, key=lambda record: record.position)
        return journal[first : first + limit]

    async def last_position(self) -> int:
        return self._database.journal[-1].position if self._database.journal else 0

    async def adopt(self, execution: int) -> StoredExecution | None:
        stored = self._database.executions.get(execution)
        if stored is None:
            return None
        if stored.owner == self.owner:
            return msgspec.structs.replace(stored, may_still_run=True)
        if stored.owner in self._database.living:
            return None
        return self._database.store(stored, owner=self.owner, epoch=stored.epoch + 1)

    async def adopt_all(self, executions: Sequence[int]) -> list[StoredExecution]:
        adopted = [await self.adopt(execution) for execution in executions]
        return [stored for stored in adopted if stored is not None]

    async def let_go(self, execution: int) -> None:
        stored = self._database.executions.get(execution)
        if stored is not None and stored.owner == self.owner:
            self._database.store(stored, owner=None)

    async def is_owner_alive(self, owner: str) -> bool:
        return owner in self._database.living

    async def send(self, execution: int, kind: InboxKind, payload: bytes) -> int:
        stored = self._database.executions.get(execution)
        if stored is None:
            raise UnknownExecution(f"there is no execution {public_id(execution)}")
        self._database.last_inbox_id += 1
        inbox_id = self._database.last_inbox_id
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

    async def growth(self) -> AsyncIterator[None]:
        async for _ in self._database.growth.each():
            yield

    async def gc(self, *, ended_before_ms: int, dry_run: bool = False) -> Freed:
        database = self._database
        old = {
            number
            for number, stored in database.executions.items()
            if stored.row.ended
            and stored.row.updated_at_ms < ended_before_ms
            and stored.owner not in database.living
        }
        dry_runs = {n for n, stored in database.executions.items() if stored.dry_run}
        removed = {n for n in old if n - 1 not in dry_runs - old}
        freed = database.size_of(removed)
        if not dry_run:
            database.remove(removed)
        return freed

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
                    self._database.store(stored, owner=None)
        self.die()

    def _ring(self, owners: Iterable[str]) -> None:
        for owner in owners:
            if (signal := self._database.living.get(owner)) is not None:
                signal.fire()

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

    def _give_up_void(self, append: Append) -> None:
        """As `tizmor.storage.fences` says."""
        tables = self._database.tables.connection
        if append.create is None and not stand(tables, self.owner, append.fences):
            self._database.store(self._database.executions[append.execution], owner=None)

    def _already_there(self, append: Append, created_before: set[int]) -> int | None:
        stored = self._database.executions.get(append.execution)
        if stored is None:
            return None
        first = append.first_seq - 1
        history = self._database.histories[append.execution]
        found = Found(
            stored.owner,
            stored.epoch,
            len(history),
            [(r.position, r.at_ms, r.payload) for r in history[first : first + len(append.events)]],
            not self._is_settled(append),
        )
        retried = append.execution in created_before
        return kept_at(append, append.events, found, self.owner, retried=retried)

    def _is_settled(self, append: Append) -> bool:
        """Whether no row that it settles is open: what came after a release was never written."""
        rows = [self._database.inbox.get(inbox_id) for inbox_id, _ in append.settles]
        return not any(
            row is not None and row.execution == append.execution and row.outcome is None
            for row in rows
        )


def _figures(agent: str, rows: Sequence[StepRow]) -> AgentFigures:
    summed = ("queue_ms", "wait_ms", "run_ms", "tokens", "microusd", "cached")
    return AgentFigures(
        agent=agent,
        steps=len(rows),
        succeeded=sum(row.status == "succeeded" for row in rows),
        failed=sum(row.status == "failed" for row in rows),
        attempts=sum(row.attempt for row in rows),
        **{name: sum(getattr(row, name) for row in rows) for name in summed},
    )
