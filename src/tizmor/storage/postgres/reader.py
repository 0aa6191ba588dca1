"""Everything that only looks, on a connection of its own that refuses to write.

What belongs together is read in one snapshot. Rows of the journal are verified as they are read.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import asyncpg
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
from tizmor.storage import search
from tizmor.storage.blobs import BlobDamaged, damaged, join, references
from tizmor.storage.chain import START, Link, checkpoint_checksum, damage, verified
from tizmor.storage.postgres import position
from tizmor.storage.postgres.audit import AFTER
from tizmor.storage.postgres.lease import Life, lives
from tizmor.storage.postgres.wire import Connection, Wire, numbered
from tizmor.storage.rows import (
    BEFORE_ALL,
    BLOB_OF,
    BLOBS_OF,
    EXECUTION,
    FIGURES,
    INBOX,
    MEASURED,
    MEASUREMENTS,
    OPEN_MATTERS,
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

PATIENCE_S = 120.0

_SET_UP = (
    "SELECT set_config('jit', 'off', false),"
    " set_config('default_transaction_read_only', 'on', false)"
)
_COLUMNS = "SELECT execution, position, seq, at_ms, payload, checksum FROM journal"
_HISTORIES = f"{_COLUMNS} WHERE execution = ANY($1) AND seq > $2 ORDER BY execution, seq"
_HEADS = "SELECT id, last_seq, last_checksum FROM executions WHERE id = ANY($1)"
_FEED = (
    f"{_COLUMNS} WHERE position > $2 AND position < {position.HORIZON} ORDER BY position LIMIT $3"
)
_LAST = f"SELECT max(position) FROM journal WHERE position < {position.HORIZON}"
_LINKS = (
    "SELECT execution, seq, checksum FROM journal"
    " WHERE (execution, seq) IN (SELECT * FROM unnest($1::bigint[], $2::int[]))"
)
_BLOBS = "SELECT hash, content FROM blobs WHERE hash = ANY($1)"
_CHECKPOINT = "SELECT seq, payload, checksum FROM execution_checkpoints WHERE execution = $1"
_RECENT = f"{EXECUTION} WHERE id < $1 AND ($3::int IS NULL OR ended = $3) ORDER BY id DESC LIMIT $2"
_PENDING = (
    f"{INBOX} JOIN executions ON executions.id = inbox.execution"
    " WHERE inbox.outcome IS NULL AND executions.owner = $1 ORDER BY inbox.id"
)
_IDS = (
    "SELECT id FROM (SELECT id FROM executions UNION SELECT execution FROM journal) AS known"
    " WHERE id > $1 ORDER BY id LIMIT $2"
)
_UNTIL = (
    "SELECT max(position) FROM (SELECT position FROM journal"
    f" WHERE position > $2 AND position < {position.HORIZON} ORDER BY position LIMIT $3) AS next"
)
_ENDED = ENDED.format(after="$1", until="$2")
_TALLIED = tuple(query.format(among="= ANY($1::bigint[])") for query in TALLIED)
_OPEN_MATTERS = OPEN_MATTERS.format(
    kind="$1", execution="$2::bigint", at="$3::bigint", id="$4", limit="$5"
)
_BLOBS_OF = BLOBS_OF.format(execution="$1")
_BLOB_OF = BLOB_OF.format(execution="$1", hash="$2")
_BEYOND = (1 << 63) - 1

_T = TypeVar("_T")


class Reader:
    """Reads one database."""

    def __init__(self, url: str, purpose: str) -> None:
        self._wire = Wire(url, purpose, prepare=self._set_up, patience_s=PATIENCE_S)
        self._origin = 0

    async def histories(
        self, executions: Iterable[int], after_seq: int = 0
    ) -> dict[int, list[Record]]:
        """Each execution's events, to the very one that `executions` holds for its last."""
        wanted = list(executions)

        async def look(connection: Connection) -> dict[int, list[Record]]:
            heads = {n: Link(*link) for n, *link in await connection.fetch(_HEADS, wanted)}
            heads = {n: heads.get(n, START) for n in wanted}
            within = [n for n in wanted if after_seq <= heads[n].seq]
            links = await _links(connection, dict.fromkeys(within, after_seq))
            rows = await connection.fetch(_HISTORIES, within, after_seq)
            records = await _whole(connection, verified(links, map(tuple, rows)))
            for n in within:
                if links[n] != heads[n]:
                    raise damage(n, heads[n].seq, "the last row is not the one that was written")
            found: dict[int, list[Record]] = {n: [] for n in wanted}
            for record in records:
                found[record.execution].append(record)
            return found

        return await self._snapshot(look)

    async def feed(self, after_position: int, limit: int) -> list[Record]:
        """Behind the horizon nothing can appear any more: see `position`."""

        async def look(connection: Connection) -> list[Record]:
            rows = await connection.fetch(_FEED, self._origin, after_position, limit)
            firsts: dict[int, int] = {}
            for row in rows:
                firsts.setdefault(row["execution"], row["seq"] - 1)
            links = await _links(connection, firsts)
            return await _whole(connection, verified(links, map(tuple, rows)))

        return await self._snapshot(look)

    async def checkpoint(self, execution: int) -> Checkpoint | None:
        async def look(connection: Connection) -> Checkpoint | None:
            row = await connection.fetchrow(_CHECKPOINT, execution)
            if row is None:
                return None
            seq, payload, sealed = row
            if checkpoint_checksum(execution, seq, payload) != sealed:
                raise damage(execution, seq, "the checkpoint there is not what was written")
            record = Record(position=0, execution=execution, seq=seq, at_ms=0, payload=payload)
            return Checkpoint(seq=seq, payload=(await _whole(connection, [record]))[0].payload)

        return await self._snapshot(look)

    async def audit(self, after: int, limit: int) -> list[AuditRow]:
        return [AuditRow(*row) for row in await self._all(AFTER, after, limit)]

    async def last_position(self) -> int:
        last = await self._wire.use(lambda connection: connection.fetchval(_LAST, self._origin))
        return last or 0

    async def get(self, execution: int) -> StoredExecution | None:
        row = await self._one(f"{EXECUTION} WHERE id = $1", execution)
        return None if row is None else stored_execution(tuple(row))

    async def recent(
        self, *, limit: int, before: int | None, ended: bool | None
    ) -> list[StoredExecution]:
        state = None if ended is None else int(ended)
        rows = await self._all(_RECENT, _BEYOND if before is None else before, limit, state)
        return [stored_execution(tuple(row)) for row in rows]

    async def search(
        self, sought: Sought, *, limit: int
    ) -> tuple[list[StoredExecution], int | None]:
        async def look(connection: Connection) -> tuple[list[StoredExecution], int | None]:
            sql, values = search.last_looked_at(sought)
            last: int | None = await connection.fetchval(numbered(sql), *values)
            within = msgspec.structs.replace(sought, since=last) if last is not None else sought
            sql, values = search.found(within, limit=limit, like=search.ON_POSTGRES)
            rows = await connection.fetch(numbered(sql), *values)
            found = [stored_execution(tuple(row)) for row in rows]
            return found, found[-1].execution if len(found) == limit else last

        return await self._snapshot(look)

    async def measured(self, agents: Sequence[str], *, among: int) -> list[Measurement]:
        wanted = "(SELECT unnest($2::text[]))"
        query = MEASURED.format(among="$1", wanted=wanted, most="$3")
        rows = await self._all(query, among - 1, list(agents), MEASUREMENTS * len(agents))
        return measurements(tuple(row) for row in rows)

    async def open_matters(
        self, kind: str, limit: int, after: OpenMatter | None
    ) -> list[OpenMatter]:
        rows = await self._all(_OPEN_MATTERS, kind, *(after or BEFORE_ALL), limit)
        return [OpenMatter(*row) for row in rows]

    async def blobs_of(self, execution: int) -> list[tuple[bytes, int]]:
        return [(digest, size) for digest, size in await self._all(_BLOBS_OF, execution)]

    async def blob_of(self, execution: int, digest: bytes) -> bytes | None:
        found = await self._one(_BLOB_OF, execution, digest)
        if found is None:
            return None
        content: bytes | None = found[0]
        if wrong := damaged(digest, content):
            raise JournalDamaged(f"execution {public_id(execution)}: {wrong}")
        return content

    async def figures(self) -> list[AgentFigures]:
        return [agent_figures(tuple(row)) for row in await self._all(FIGURES)]

    async def tally(self, after: int) -> Tally:
        """Behind the horizon nothing can appear any more, and so nothing is passed over."""

        async def look(connection: Connection) -> Tally:
            until = await connection.fetchval(_UNTIL, self._origin, after, EVENTS_AT_ONCE)
            if until is None:
                return Tally(after=after, until=after)
            ended = [row["execution"] for row in await connection.fetch(_ENDED, after, until)]
            rows = [
                [tuple(row) for row in await connection.fetch(query, ended)] for query in _TALLIED
            ]
            return Tally(after=after, until=until, counts=counts(*rows))

        return await self._snapshot(look)

    async def in_progress(self) -> Unfinished:
        executions = dict(map(tuple, await self._all(BY_STATUS)))
        return Unfinished(executions, dict(map(tuple, await self._all(BY_KIND))))

    async def unfinished(self) -> list[StoredExecution]:
        rows = await self._all(f"{EXECUTION} WHERE ended = 0 ORDER BY id")
        return [stored_execution(tuple(row)) for row in rows]

    async def outcome(self, inbox_id: int) -> str | None:
        row = await self._one("SELECT outcome FROM inbox WHERE id = $1", inbox_id)
        return None if row is None else row[0]

    async def pending(self, owner: str) -> list[InboxRow]:
        return [inbox_row(tuple(row)) for row in await self._all(_PENDING, owner)]

    async def is_alive(self, owner: str) -> bool:
        known = await self._wire.use(lambda connection: lives(connection, [owner]))
        return known[owner] is Life.ALIVE

    async def ids(self, after: int, limit: int) -> list[int]:
        """Executions that any row names, ascending, a page at a time."""
        rows = await self._all(_IDS, after, limit)
        return [row["id"] for row in rows]

    async def close(self) -> None:
        await self._wire.close()

    async def _set_up(self, connection: Connection) -> None:
        await connection.execute(_SET_UP)
        self._origin = await position.origin(connection)

    async def _snapshot(self, look: Callable[[Connection], Awaitable[_T]]) -> _T:
        async def within(connection: Connection) -> _T:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                return await look(connection)

        return await self._wire.use(within)

    async def _one(self, query: str, *values: object) -> asyncpg.Record | None:
        return await self._wire.use(lambda connection: connection.fetchrow(query, *values))

    async def _all(self, query: str, *values: object) -> list[asyncpg.Record]:
        return await self._wire.use(lambda connection: connection.fetch(query, *values))


async def _links(connection: Connection, places: Mapping[int, int]) -> dict[int, Link]:
    """Where each execution's chain stands behind a row, by that row's own word."""
    wanted = {execution: seq for execution, seq in places.items() if seq > 0}
    links = dict.fromkeys(places, START)
    if wanted:
        rows = await connection.fetch(_LINKS, list(wanted), list(wanted.values()))
        links |= {execution: Link(seq, sealed) for execution, seq, sealed in rows}
    for execution, seq in wanted.items():
        if links[execution].seq != seq:
            raise damage(execution, seq, "the row is missing")
    return links


async def _whole(connection: Connection, records: list[Record]) -> list[Record]:
    """The records with the large values back in their payloads."""
    wanted = {digest for record in records for digest in references(record.payload)}
    if not wanted:
        return records
    rows = await connection.fetch(_BLOBS, list(wanted))
    contents: dict[bytes, bytes] = dict(map(tuple, rows))
    return [_joined(record, contents.get) for record in records]


def _joined(record: Record, fetch: Callable[[bytes], Any]) -> Record:
    try:
        return msgspec.structs.replace(record, payload=join(record.payload, fetch))
    except BlobDamaged as error:
        raise damage(record.execution, record.seq, str(error)) from error
