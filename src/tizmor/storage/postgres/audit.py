"""Rows of the audit log. Processes write it one after the other: each transaction that adds to it
holds a lock on it, so that it finds the row before its own."""

from __future__ import annotations

from collections.abc import Sequence

from tizmor.ports.audit import AuditRow, appended
from tizmor.storage.postgres.wire import Connection

_LOCK = "SELECT pg_advisory_xact_lock(hashtext('tizmor audit'))"
_LAST = "SELECT number, payload, hash FROM audit_log ORDER BY number DESC LIMIT 1"
_INSERT = (
    "INSERT INTO audit_log (number, payload, hash)"
    " SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bytea[])"
)
AFTER = "SELECT number, payload, hash FROM audit_log WHERE number > $1 ORDER BY number LIMIT $2"


async def lock(connection: Connection) -> None:
    """Have the log for this transaction alone; to be taken before anything that it writes."""
    await connection.execute(_LOCK)


async def append(connection: Connection, payloads: Sequence[bytes]) -> None:
    """Write entries behind the last one, within the transaction that holds the lock."""
    last = await connection.fetchrow(_LAST)
    rows = appended(None if last is None else AuditRow(*last), payloads)
    await connection.execute(_INSERT, *(list(column) for column in zip(*rows, strict=True)))
