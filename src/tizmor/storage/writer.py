"""The one writer of a process: commits, adoption, and rows of the inbox.

Its methods block and run on one thread. A commit is one transaction of a few prepared statements.
It first claims all of its executions, each by an UPDATE that only the owner can make, at the stored
epoch and sequence number. When every claim holds, which is nearly always, the rest follows; when
one doesn't, the transaction is rolled back and the appends are judged one by one.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec import structs

from tizmor.core.errors import UnknownExecution
from tizmor.core.ids import public_id
from tizmor.ports.clock import Clock
from tizmor.ports.journal import Append, Committed, InboxKind, StoredExecution
from tizmor.storage.batch import Batch, Head
from tizmor.storage.chain import Link
from tizmor.storage.connection import connect, storage_errors, writing
from tizmor.storage.fences import give_up_void, stand
from tizmor.storage.owners import Owners
from tizmor.storage.presence import Presence
from tizmor.storage.retention import compact, is_worth_compacting
from tizmor.storage.rows import HEAD, HEADS, stored_execution
from tizmor.storage.turn import Turn
from tizmor.storage.usage import Usage
from tizmor.storage.verdict import Verdict, verdict

_TAKE = (
    "UPDATE executions SET owner = ?, epoch = epoch + 1"
    " WHERE id IN (SELECT value FROM json_each(?))"
)
_LET_GO = "UPDATE executions SET owner = NULL WHERE id = ? AND owner = ?"
_SEND = (
    "INSERT INTO inbox (execution, kind, payload, created_at_ms) VALUES (?, ?, ?, ?) RETURNING id"
)


class _Contested(Exception):
    """Some execution of the batch could not be claimed."""


class Writer:
    """Writes in the name of `owners.me`.

    It opens its connection, and appears among the owners, when it first must: a process that only
    looks leaves no trace.
    """

    def __init__(self, database: Path, owners: Owners, clock: Clock) -> None:
        self._database = database
        self._owners = owners
        self._me = owners.me
        self._clock = clock
        self._heads: dict[int, Head] = {}
        self._opened: sqlite3.Connection | None = None
        self._turn = Turn(database.with_name("turn.lock"))
        self._presence = Presence(database)
        self._created: set[int] = set()

    def commit(self, appends: Sequence[Append]) -> Committed:
        if not appends:
            return Committed(first_positions=[])
        created_before = self._created
        self._created = {append.execution for append in appends if append.create is not None}
        self._owners.appear()
        batch = self._new_batch()
        whole = True
        for append in appends:
            whole = batch.add(append) and whole
        fences = [token for append in appends for token in append.fences]
        positions = self._commit_whole(batch, fences) if whole else None
        if positions is None:
            positions = self._commit_each(appends, created_before)
        return Committed(first_positions=positions)

    def adopt(self, executions: Sequence[int]) -> list[StoredExecution]:
        """Take, in one transaction, all of these that no living process owns."""
        self._owners.appear()
        with self.writing() as connection:
            rows = connection.execute(HEADS, (json.dumps(list(executions)),)).fetchall()
            found = [(stored_execution(row), Head(Link(*row[-2:]), bool(row[8]))) for row in rows]
            dead = self._dead({stored.owner for stored, _ in found})
            free = [one for one in found if one[0].owner in dead]
            taken = [stored.execution for stored, _ in free if stored.owner != self._me]
            connection.execute(_TAKE, (self._me, json.dumps(taken)))
        self._heads.update({stored.execution: head for stored, head in free})
        for owner in dead - {None, self._me}:
            self._owners.forget(str(owner))
        adopted = {stored.execution: self._taken(stored) for stored, _ in free}
        return [adopted[execution] for execution in executions if execution in adopted]

    def let_go(self, execution: int) -> None:
        """Give up one that this process owns."""
        with self.writing() as connection:
            connection.execute(_LET_GO, (execution, self._me))
        self._heads.pop(execution, None)

    def send(self, execution: int, kind: InboxKind, payload: bytes) -> tuple[int, str | None]:
        """Write an inbox row; its id and the execution's owner."""
        with self.writing() as connection:
            found = connection.execute(HEAD, (execution,)).fetchone()
            if found is None:
                raise UnknownExecution(f"there is no execution {public_id(execution)}")
            row = (execution, kind.value, payload, self._now_ms())
            inbox_id: int = connection.execute(_SEND, row).fetchone()[0]
        return inbox_id, found[0]

    def compact(self, usage: Usage) -> bool:
        """Let the file shrink if that is worth it and no other process uses the database; whether
        it was done."""
        with self.writing() as connection:
            worth = is_worth_compacting(connection)
        return worth and usage.alone(lambda: compact(connection))

    def close(self) -> None:
        """Give up what this process owns. The last process to close folds the log in."""
        if self._opened is None:
            return
        with storage_errors():
            if self._heads:
                with self.writing():
                    owned = [(execution, self._me) for execution in self._heads]
                    self._opened.executemany(_LET_GO, owned)
            self._heads.clear()
            self._opened.close()
        self._turn.close()
        self._opened = None

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One durable transaction, when it is this process's turn, on the files that are there."""
        connection = self._connection
        with writing(connection, self._turn):
            self._presence.check()
            yield connection

    @property
    def _connection(self) -> sqlite3.Connection:
        if self._opened is None:
            self._opened = connect(self._database)
        return self._opened

    def _now_ms(self) -> int:
        return int(self._clock.now().timestamp() * 1000)

    def _new_batch(self) -> Batch:
        return Batch(self._me, self._heads, self._now_ms())

    def _dead(self, owners: Iterable[str | None]) -> set[str | None]:
        """Those of these whose executions may be taken; what is nobody's, or its own, one may."""
        return {
            owner
            for owner in owners
            if owner in (None, self._me) or not self._owners.is_alive(str(owner))
        }

    def _taken(self, stored: StoredExecution) -> StoredExecution:
        """The row as it stands once this process owns it."""
        if stored.owner == self._me:
            return structs.replace(stored, may_still_run=True)
        return structs.replace(stored, owner=self._me, epoch=stored.epoch + 1)

    def _commit_whole(self, batch: Batch, fences: Sequence[int]) -> list[int | None] | None:
        try:
            with self.writing() as connection:
                if not (stand(connection, self._me, fences) and batch.claim(connection)):
                    raise _Contested
                positions = self._write(batch)
        except _Contested:
            return None
        self._remember(batch)
        return positions

    def _commit_each(self, appends: Sequence[Append], created: set[int]) -> list[int | None]:
        """Each append by itself: kept now, found kept, or not this process's to write. `created`
        are the executions that the commit before this one was to create."""
        positions: list[int | None] = []
        kept: list[Batch] = []
        judged: list[tuple[int, Verdict]] = []
        with self.writing() as connection:
            for append in appends:
                batch = self._new_batch()
                if append.fences:
                    give_up_void(connection, self._me, append)
                if batch.add(append) and batch.claim(connection):
                    positions += self._write(batch)
                    kept.append(batch)
                else:
                    retried = append.execution in created
                    answer = verdict(connection, self._me, append, retried=retried)
                    positions.append(answer.position)
                    judged.append((append.execution, answer))
        for batch in kept:
            self._remember(batch)
        for execution, answer in judged:
            self._remember_only(execution, answer.head)
        return positions

    def _remember(self, batch: Batch) -> None:
        self._heads.update(batch.heads)
        for execution in batch.released:
            del self._heads[execution]

    def _remember_only(self, execution: int, head: Head | None) -> None:
        if head is None:
            self._heads.pop(execution, None)
        else:
            self._heads[execution] = head

    def _write(self, batch: Batch) -> list[int | None]:
        """Write what follows the claims; the position of each append's first event."""
        batch.write(self._connection)
        last = self._connection.execute("SELECT max(position) FROM journal").fetchone()[0] or 0
        position = last - sum(batch.counts) + 1
        positions: list[int | None] = []
        for count in batch.counts:
            positions.append(position if count else 0)
            position += count
        return positions
