"""What an append is that can't be written: kept before, another's by now, or a sign of damage."""

from __future__ import annotations

from typing import NamedTuple

from tizmor.ports.journal import Append
from tizmor.storage.blobs import split
from tizmor.storage.chain import Link, damage
from tizmor.storage.postgres.wire import Connection

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
    """Judge an append whose claim failed.

    A commit whose outcome was unknown comes again, unchanged: what it left is recognised event for
    event, whoever owns the execution by now. `retried` says of one that creates an execution
    whether it was tried before: if not, its number was drawn by another, who may have written the
    very same events. Raises `JournalDamaged` when this process owns the
    execution at that epoch and yet the journal doesn't end where the append begins: rows that were
    acknowledged are gone, or others stand in their place.
    """
    stored = await connection.fetchrow(_HEAD, append.execution)
    if stored is None:
        return Verdict(None, None)
    owner, epoch, seq, checksum = stored
    link = Link(seq, checksum) if owner == me else None
    if append.create is not None and (not retried or (epoch == 1 and owner not in (me, None))):
        return Verdict(None, link)
    position = await _position(connection, append)
    if position is None and link is not None and epoch == append.epoch and append.create is None:
        raise damage(
            append.execution, append.first_seq, f"the stored journal ends with event {seq} instead"
        )
    if not append.events:
        mine = link is not None or (owner is None and append.release)
        here = (epoch, seq) == (append.epoch, append.first_seq - 1)
        position = 0 if mine and here and await _is_settled(connection, append) else None
    return Verdict(position, link)


async def _position(connection: Connection, append: Append) -> int | None:
    """Where the first event stands when all are stored as they are."""
    first = append.first_seq
    rows = await connection.fetch(_EVENTS, append.execution, first, first + len(append.events))
    written = [(at_ms, split(payload)[0]) for at_ms, payload in append.events]
    if not rows or [(at_ms, payload) for _, at_ms, payload in rows] != written:
        return None
    return int(rows[0]["position"])


async def _is_settled(connection: Connection, append: Append) -> bool:
    """Whether no row that it settles is open: what came after a release was never written."""
    settles = [inbox_id for inbox_id, _ in append.settles]
    return not await connection.fetch(_UNSETTLED, settles, append.execution)
