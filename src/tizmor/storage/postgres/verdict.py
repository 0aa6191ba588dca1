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


class Verdict(NamedTuple):
    """`position` of the first event, None when nothing of it is kept; `link` is where the stored
    journal ends while this process owns the execution."""

    position: int | None
    link: Link | None


async def verdict(connection: Connection, me: str, append: Append) -> Verdict:
    """Judge an append whose claim failed.

    A commit whose outcome was unknown comes again, unchanged: what it left is recognised event for
    event, whoever owns the execution by now. Raises `JournalDamaged` when this process owns the
    execution at that epoch and yet the journal doesn't end where the append begins: rows that were
    acknowledged are gone, or others stand in their place.
    """
    stored = await connection.fetchrow(_HEAD, append.execution)
    if stored is None:
        return Verdict(None, None)
    owner, epoch, seq, checksum = stored
    link = Link(seq, checksum) if owner == me else None
    if not append.events:
        same = epoch == append.epoch and (owner == me or (owner is None and append.release))
        return Verdict(0 if same else None, link)
    position = await _position(connection, append)
    if position is None and link is not None and epoch == append.epoch and append.create is None:
        raise damage(
            append.execution, append.first_seq, f"the stored journal ends with event {seq} instead"
        )
    return Verdict(position, link)


async def _position(connection: Connection, append: Append) -> int | None:
    """Where the first event stands when all are stored as they are."""
    first = append.first_seq
    rows = await connection.fetch(_EVENTS, append.execution, first, first + len(append.events))
    if [(at_ms, payload) for _, at_ms, payload in rows] != [
        (at_ms, split(payload)[0]) for at_ms, payload in append.events
    ]:
        return None
    return int(rows[0]["position"])
