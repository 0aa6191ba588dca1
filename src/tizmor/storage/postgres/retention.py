"""What `gc` removes: executions that ended long ago, and blobs that nobody refers to.

In small transactions: a long one would hold back the horizon behind which the feed is read. One
that is interrupted between them is gone on with by the next.
"""

from __future__ import annotations

from functools import partial

from tizmor.ports.journal import Freed
from tizmor.storage.postgres.lease import Life, lives
from tizmor.storage.postgres.wire import Connection, Wire
from tizmor.storage.shared.removal import FORGET

PATIENCE_S = 600.0

Page = dict[int, str | None]
"""Executions that ended, with their owners: who lives may still have something to say."""

_PAGE = 500
_OLD = "ended = 1 AND updated_at_ms < $1"
# What has carried a dry run out (see `tizmor.engine.rehearsal`) stays as long as that: else that
# would be carried out once more.
_CANDIDATES = (
    f"SELECT id, owner FROM executions AS e WHERE {_OLD} AND id > $2 AND NOT EXISTS"
    " (SELECT FROM executions AS dry WHERE dry.id = e.id - 1 AND dry.dry_run = 1"
    " AND NOT (dry.ended = 1 AND dry.updated_at_ms < $1))"
    f" ORDER BY id LIMIT {_PAGE}"
)
# Read again under the row's lock: one that goes on meanwhile stays.
_REMOVE = (
    "DELETE FROM executions AS e USING unnest($2::bigint[], $3::text[]) AS r(id, owner)"
    f" WHERE e.id = r.id AND e.owner IS NOT DISTINCT FROM r.owner AND {_OLD} RETURNING e.id"
)
_ROW_BYTES = 64
"""Of a row of the journal beside its payload: its header, its columns, its place in two indexes."""
_EVENTS = (
    "SELECT count(*) AS number,"
    f" coalesce(sum(octet_length(payload) + {_ROW_BYTES}), 0)::bigint + (SELECT"
    " coalesce(sum(octet_length(payload)), 0) FROM execution_checkpoints"
    " WHERE execution = ANY($1))::bigint AS bytes FROM journal WHERE execution = ANY($1)"
)
_LOG_LINES = "SELECT count(*) FROM logs WHERE execution = ANY($1)"
_BELONGING = (
    "journal",
    "execution_steps",
    "pending_approvals",
    "inbox",
    "execution_checkpoints",
    "blob_uses",
    "cache_claims",
    "shared_context",
    "agent_messages",
    "budgets",
    "budget_reservations",
    "circuit_waits",
    "traces",
)
_LATE_SPANS = (
    "DELETE FROM traces AS t WHERE NOT EXISTS (SELECT FROM executions WHERE id = execution)"
)
_SPANS = (
    "SELECT count(*) AS number, coalesce(sum(octet_length(told) + octet_length(name)), 0)::bigint"
    " AS bytes FROM traces WHERE execution = ANY($1)"
)
_KEEP_OUT = "SELECT pg_advisory_xact_lock(hashtext('tizmor blobs'))"
_BLOBS = "SELECT count(*) AS number, coalesce(sum(octet_length(content)), 0)::bigint AS bytes FROM"
_REMOVE_BLOBS = (
    "WITH gone AS (DELETE FROM blobs WHERE NOT EXISTS"
    " (SELECT FROM blob_uses WHERE blob_uses.hash = blobs.hash) RETURNING content)"
    f" {_BLOBS} gone"
)
_UNUSED_BLOBS = (
    f"{_BLOBS} blobs WHERE NOT EXISTS (SELECT FROM blob_uses AS u JOIN executions AS e"
    f" ON e.id = u.execution WHERE u.hash = blobs.hash AND NOT ({_OLD}))"
)


async def collect(wire: Wire, *, ended_before_ms: int, dry_run: bool) -> Freed:
    """As the port's `gc` says."""
    executions = events = spans = size = lines = 0
    after = 0
    while page := await _page(wire, ended_before_ms, after):
        after = max(page)
        remove = partial(_remove, ended_before_ms=ended_before_ms, page=page, dry_run=dry_run)
        freed = await wire.use(remove)
        executions, events = executions + freed.executions, events + freed.events
        size, lines = size + freed.bytes, lines + freed.log_lines
        spans += freed.spans
    blobs, unused = await wire.use(
        lambda connection: _unused(connection, ended_before_ms, dry_run=dry_run)
    )
    return Freed(
        executions=executions,
        events=events,
        spans=spans,
        blobs=blobs,
        bytes=size + unused,
        log_lines=lines,
    )


async def _page(wire: Wire, ended_before_ms: int, after: int) -> Page:
    rows = await wire.use(lambda connection: connection.fetch(_CANDIDATES, ended_before_ms, after))
    return {row["id"]: row["owner"] for row in rows}


async def _remove(
    connection: Connection, *, ended_before_ms: int, page: Page, dry_run: bool
) -> Freed:
    async with connection.transaction():
        known = await lives(connection, {owner for owner in page.values() if owner is not None})
        free = {n: o for n, o in page.items() if o is None or known[o] is not Life.ALIVE}
        gone = list(free)
        if not dry_run:
            rows = await connection.fetch(_REMOVE, ended_before_ms, gone, list(free.values()))
            gone = [row["id"] for row in rows]
        lines = await connection.fetchval(_LOG_LINES, gone)
        events, size = (await connection.fetch(_EVENTS, gone))[0]
        spans, of_spans = (await connection.fetch(_SPANS, gone))[0]
        if not dry_run:
            for table in _BELONGING:
                await connection.execute(f"DELETE FROM {table} WHERE execution = ANY($1)", gone)
            for statement in FORGET:
                await connection.execute(statement.replace("= ?", "= ANY($1::bigint[])"), gone)
    return Freed(
        executions=len(gone),
        events=events,
        spans=spans,
        bytes=size + of_spans,
        log_lines=lines,
    )


async def _unused(
    connection: Connection, ended_before_ms: int, *, dry_run: bool
) -> tuple[int, int]:
    async with connection.transaction():
        if dry_run:
            number, size = (await connection.fetch(_UNUSED_BLOBS, ended_before_ms))[0]
        else:
            await connection.execute(_LATE_SPANS)
            await connection.execute(_KEEP_OUT)
            number, size = (await connection.fetch(_REMOVE_BLOBS))[0]
    return number, size
