"""Everything that only looks.

Its methods block and run on one thread, on a connection of its own: they neither wait for the
writer nor make it wait. Rows of the journal are verified as they are read.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from tizmor.core.errors import JournalDamaged
from tizmor.core.ids import public_id
from tizmor.ports.audit import AuditRow
from tizmor.ports.journal import (
    AgentFigures,
    Checkpoint,
    InboxRow,
    Measurement,
    OpenMatter,
    Record,
    StoredExecution,
)
from tizmor.ports.metrics import Tally, Unfinished
from tizmor.ports.search import Sought
from tizmor.storage import audit, search
from tizmor.storage.blobs import MARK, BlobDamaged, damaged, join, references
from tizmor.storage.chain import START, Link, checkpoint_checksum, damage, verified
from tizmor.storage.connection import connect_to_read, snapshot, storage_errors
from tizmor.storage.retention import Found, survey
from tizmor.storage.rows import (
    AMONG,
    BEFORE_ALL,
    BLOB_OF,
    BLOBS_OF,
    EXECUTION,
    FIGURES,
    INBOX,
    MEASURED,
    MEASUREMENTS,
    OPEN_MATTERS,
    REMOVED,
    agent_figures,
    inbox_row,
    measurements,
    stored_execution,
)
from tizmor.storage.tally import (
    BY_KIND,
    BY_STATUS,
    ENDED,
    EVENTS_AT_ONCE,
    TALLIED,
    counts,
)

_COLUMNS = "SELECT execution, position, seq, at_ms, payload, checksum FROM journal"
_HISTORY = f"{_COLUMNS} WHERE execution = ? AND seq > ? ORDER BY seq"
_FEED = f"{_COLUMNS} WHERE position > ? ORDER BY position LIMIT ?"
_CHECKSUM = "SELECT checksum FROM journal WHERE execution = ? AND seq = ?"
_HISTORIES = f"{_COLUMNS} WHERE execution {AMONG} ORDER BY execution, seq"
_ENDS = "SELECT id, last_seq, last_checksum FROM executions"
_LASTS = f"{_ENDS} WHERE id {AMONG} AND ended <> {REMOVED}"
_LAST = "SELECT last_seq, last_checksum, ended FROM executions WHERE id = ?"
_CHECKPOINT = "SELECT seq, payload, checksum FROM execution_checkpoints WHERE execution = ?"
_BLOB = "SELECT content FROM blobs WHERE hash = ?"
_ONE = f"{EXECUTION} WHERE id = ? AND ended <> {REMOVED}"
_RECENT = f"{EXECUTION} WHERE id < ? AND ended <> {REMOVED} ORDER BY id DESC LIMIT ?"
_RECENT_ENDED = f"{EXECUTION} WHERE id < ? AND ended = 1 ORDER BY id DESC LIMIT ?"
_RECENT_UNFINISHED = f"{EXECUTION} WHERE id < ? AND ended = 0 ORDER BY id DESC LIMIT ?"
_PENDING = (
    f"{INBOX} JOIN executions ON executions.id = inbox.execution"
    " WHERE inbox.outcome IS NULL AND executions.owner = ? ORDER BY inbox.id"
)
_UNTIL = (
    "SELECT max(position) FROM"
    " (SELECT position FROM journal WHERE position > ? ORDER BY position LIMIT ?)"
)
_ENDED = ENDED.format(after="?", until="?")
_OPEN_MATTERS = OPEN_MATTERS.format(kind="?1", execution="?2", at="?3", id="?4", limit="?5")
_BLOBS_OF = BLOBS_OF.format(execution="?")
_BLOB_OF = BLOB_OF.format(execution="?", hash="?")
_BEYOND = (1 << 63) - 1
_T = TypeVar("_T")
_AT_ONCE = 500
"""Executions whose events are read by one statement."""


class Reader:
    """Reads one database; it opens its connection when it first must."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._opened: sqlite3.Connection | None = None

    def look(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """Do something else that only looks."""
        with storage_errors():
            return work(self._connection)

    def history(self, execution: int, after_seq: int) -> list[Record]:
        """One execution's events, to the very one that `executions` holds for its last."""
        with snapshot(self._connection):
            return self._whole(self._history(execution, after_seq))

    def histories(self, executions: Sequence[int]) -> dict[int, list[Record]]:
        """As `history` of each; many of them by one statement."""
        found: dict[int, list[Record]] = {}
        for start in range(0, len(executions), _AT_ONCE):
            with snapshot(self._connection):
                found |= self._histories(executions[start : start + _AT_ONCE])
        return found

    def figures(self) -> list[AgentFigures]:
        with storage_errors():
            return [agent_figures(row) for row in self._connection.execute(FIGURES)]

    def tally(self, after: int) -> Tally:
        """The journal is looked through by position and not read: not one payload is touched."""
        with snapshot(self._connection):
            until = self._one(_UNTIL, after, EVENTS_AT_ONCE)[0]
            if until is None:
                return Tally(after=after, until=after)
            ended = json.dumps([row[0] for row in self._all(_ENDED, after, until)])
            rows = [self._all(query.format(among=AMONG), ended) for query in TALLIED]
            return Tally(after=after, until=until, counts=counts(*rows))

    def in_progress(self) -> Unfinished:
        with snapshot(self._connection):
            executions = dict(self._all(BY_STATUS))
            return Unfinished(executions, dict(self._all(BY_KIND)))

    def checkpoint(self, execution: int) -> Checkpoint | None:
        with snapshot(self._connection):
            stored = self._checkpoint(execution)
            if stored is None:
                return None
            try:
                payload = join(stored.payload, self.blob)
            except BlobDamaged as error:
                raise damage(execution, stored.seq, f"the checkpoint there: {error}") from error
        return Checkpoint(seq=stored.seq, payload=payload)

    def verify(self, execution: int) -> tuple[int, dict[bytes, str]]:
        """Read all rows of an execution: how many events it has, and which blobs they and the
        checkpoint refer to, each with the place that does. Raises `JournalDamaged`."""
        with snapshot(self._connection):
            records = self._history(execution, 0)
            places = [(record.payload, f"event {record.seq}") for record in records]
            checkpoint = self._checkpoint(execution)
        if checkpoint is not None:
            places.append((checkpoint.payload, f"the checkpoint at event {checkpoint.seq}"))
        return len(records), {
            digest: place for payload, place in places for digest in references(payload)
        }

    def audit(self, after: int, limit: int) -> list[AuditRow]:
        with storage_errors():
            return audit.read(self._connection, after, limit)

    def blob(self, digest: bytes) -> bytes | None:
        """A blob's content as it is stored."""
        found = self._one(_BLOB, digest)
        return None if found is None else found[0]

    def blobs(self) -> list[bytes]:
        """The hashes of all blobs."""
        return [row[0] for row in self._all("SELECT hash FROM blobs")]

    def feed(self, after_position: int, limit: int) -> list[Record]:
        with snapshot(self._connection):
            rows = self._connection.execute(_FEED, (after_position, limit)).fetchall()
            links: dict[int, Link] = {}
            for execution, _, seq, *_ in rows:
                if execution not in links:
                    links[execution] = self._link(execution, seq - 1)
            return self._whole(verified(links, rows))

    def last_position(self) -> int:
        return self._one("SELECT max(position) FROM journal")[0] or 0

    def get(self, execution: int) -> StoredExecution | None:
        row = self._one(_ONE, execution)
        return None if row is None else stored_execution(row)

    def recent(
        self, *, limit: int, before: int | None, ended: bool | None
    ) -> list[StoredExecution]:
        query = {None: _RECENT, True: _RECENT_ENDED, False: _RECENT_UNFINISHED}[ended]
        rows = self._all(query, _BEYOND if before is None else before, limit)
        return [stored_execution(row) for row in rows]

    def search(self, sought: Sought, *, limit: int) -> tuple[list[StoredExecution], int | None]:
        sql, values = search.last_looked_at(sought)
        with snapshot(self._connection):
            last = self._connection.execute(sql, values).fetchone()
            within = msgspec.structs.replace(sought, since=last[0]) if last else sought
            sql, values = search.found(within, limit=limit, like=search.ON_SQLITE)
            rows = self._connection.execute(sql, values).fetchall()
        found = [stored_execution(row) for row in rows]
        if len(found) == limit:
            return found, found[-1].execution
        return found, last[0] if last else None

    def measured(self, agents: Sequence[str], *, among: int) -> list[Measurement]:
        wanted = "(SELECT value FROM json_each(?))"
        query = MEASURED.format(among="?", wanted=wanted, most="?")
        most = MEASUREMENTS * len(agents)
        return measurements(self._all(query, among - 1, json.dumps(list(agents)), most))

    def unfinished(self) -> list[StoredExecution]:
        return [
            stored_execution(row) for row in self._all(f"{EXECUTION} WHERE ended = 0 ORDER BY id")
        ]

    def open_matters(self, kind: str, limit: int, after: OpenMatter | None) -> list[OpenMatter]:
        rows = self._all(_OPEN_MATTERS, kind, *(after or BEFORE_ALL), limit)
        return [OpenMatter(*row) for row in rows]

    def blobs_of(self, execution: int) -> list[tuple[bytes, int]]:
        return self._all(_BLOBS_OF, execution)

    def blob_of(self, execution: int, digest: bytes) -> bytes | None:
        found = self._one(_BLOB_OF, execution, digest)
        if found is None:
            return None
        if wrong := damaged(digest, found[0]):
            raise JournalDamaged(f"execution {public_id(execution)}: {wrong}")
        content: bytes = found[0]
        return content

    def survey(self, ended_before_ms: int, is_alive: Callable[[str], bool]) -> Found:
        """What retention would remove."""
        with snapshot(self._connection):
            return survey(self._connection, ended_before_ms, is_alive)

    def outcome(self, inbox_id: int) -> str | None:
        row = self._one("SELECT outcome FROM inbox WHERE id = ?", inbox_id)
        return None if row is None else row[0]

    def pending(self, owner: str) -> list[InboxRow]:
        return [inbox_row(row) for row in self._all(_PENDING, owner)]

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    @property
    def _connection(self) -> sqlite3.Connection:
        if self._opened is None:
            self._opened = connect_to_read(self._database)
        return self._opened

    def _history(self, execution: int, after_seq: int) -> list[Record]:
        head = self._connection.execute(_LAST, (execution,)).fetchone()
        last = START if head is None else Link(*head[:2])
        if after_seq > last.seq or (head is not None and head[2] == REMOVED):
            return []
        links = {execution: self._link(execution, after_seq)}
        rows = self._connection.execute(_HISTORY, (execution, after_seq)).fetchall()
        records = verified(links, rows)
        _check_end(execution, links[execution], last)
        return records

    def _histories(self, executions: Sequence[int]) -> dict[int, list[Record]]:
        numbers = (json.dumps(list(executions)),)
        heads = self._connection.execute(_LASTS, numbers).fetchall()
        ends = {number: Link(seq, checksum) for number, seq, checksum in heads}
        found: dict[int, list[Record]] = {number: [] for number in executions}
        links = dict.fromkeys(ends, START)
        rows = self._connection.execute(_HISTORIES, numbers).fetchall()
        if len(ends) < len(found):  # retention is removing some of them
            rows = [row for row in rows if row[0] in ends]
        for record in self._whole(verified(links, rows)):
            found[record.execution].append(record)
        for number, last in ends.items():
            _check_end(number, links[number], last)
        return found

    def _checkpoint(self, execution: int) -> Checkpoint | None:
        """The checkpoint as its row holds it, verified."""
        row = self._connection.execute(_CHECKPOINT, (execution,)).fetchone()
        if row is None:
            return None
        seq, payload, stored = row
        if checkpoint_checksum(execution, seq, payload) != stored:
            raise damage(execution, seq, "the checkpoint there is not what was written")
        return Checkpoint(seq=seq, payload=payload)

    def _whole(self, records: list[Record]) -> list[Record]:
        """The records with the values that were moved out of their rows."""
        for index, record in enumerate(records):
            if record.payload[:1] == MARK:
                try:
                    payload = join(record.payload, self.blob)
                except BlobDamaged as error:
                    raise damage(record.execution, record.seq, str(error)) from error
                records[index] = msgspec.structs.replace(record, payload=payload)
        return records

    def _link(self, execution: int, seq: int) -> Link:
        """Where the chain stands after `seq`, by that row's own word."""
        if seq <= 0:
            return START
        row = self._connection.execute(_CHECKSUM, (execution, seq)).fetchone()
        if row is None:
            raise damage(execution, seq, "the row is missing")
        return Link(seq, row[0])

    def _one(self, query: str, *values: object) -> Any:
        with storage_errors():
            return self._connection.execute(query, values).fetchone()

    def _all(self, query: str, *values: object) -> list[Any]:
        with storage_errors():
            return self._connection.execute(query, values).fetchall()


def _check_end(execution: int, found: Link, last: Link) -> None:
    if found != last:
        raise damage(execution, last.seq, "the last row is not the one that was written")
