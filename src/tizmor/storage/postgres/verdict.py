"""What an append is that can't be written: kept before, another's by now, or a sign of damage."""

from __future__ import annotations

from typing import NamedTuple

from tizmor.ports.journal import Append
from tizmor.storage.blobs import split
from tizmor.storage.chain import Link
from tizmor.storage.postgres.wire import Connection
from tizmor.storage.retry import Found, kept_at

_HEAD = "SELECT owner, epoch, last_seq, last_checksum FROM executions WHERE id = $1"
_EVENTS = (
    "SELECT position, at_ms, payload FROM journal"
    " WHERE execution = $1 AND seq >= $2 AND seq < $3 ORDER BY seq"
)
_UNSETTLED = "SELECT FROM inbox WHERE id = ANY($1::bigint[]) AND execution = $2 AND outcome IS NULL"


class Verdict(NamedTuple):
    """`position` of the first event, None when nothing of it is kept; `link` is where the stored
    journal ends while this process owns the execution."""

    position: int | None
    link: Link | None


async def verdict(connection: Connection, me: str, append: Append, *, retried: bool) -> Verdict:
    """Judge an append whose claim failed, as `kept_at` says."""
    stored = await connection.fetchrow(_HEAD, append.execution)
    if stored is None:
        return Verdict(None, None)
    owner, epoch, seq, checksum = stored
    number, first = append.execution, append.first_seq
    rows = await connection.fetch(_EVENTS, number, first, first + len(append.events))
    settles = [inbox_id for inbox_id, _ in append.settles]
    unsettled = bool(await connection.fetch(_UNSETTLED, settles, number)) if settles else False
    written = [(at_ms, split(payload)[0]) for at_ms, payload in append.events]
    found = Found(owner, epoch, seq, [tuple(row) for row in rows], unsettled)
    position = kept_at(append, written, found, me, retried=retried)
    return Verdict(position, Link(seq, checksum) if owner == me else None)
