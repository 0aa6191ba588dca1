"""What an append is that can't be written: kept before, another's by now, or a sign of damage."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from tizmor.ports.journal import Append
from tizmor.storage.batch import Head
from tizmor.storage.blobs import split
from tizmor.storage.chain import Link, damage
from tizmor.storage.rows import HEAD

_EVENTS = (
    "SELECT position, at_ms, payload FROM journal"
    " WHERE execution = ? AND seq >= ? AND seq < ? ORDER BY seq"
)
_UNSETTLED = "SELECT 1 FROM inbox WHERE id = ? AND execution = ? AND outcome IS NULL"


class Verdict(NamedTuple):
    """`position` of the first event, None when nothing of it is kept; `head` while this process
    owns the execution."""

    position: int | None
    head: Head | None


def verdict(connection: sqlite3.Connection, me: str, append: Append, *, retried: bool) -> Verdict:
    """Judge an append whose claim failed.

    A commit whose outcome was unknown comes again, unchanged: what it left is recognised event for
    event, whoever owns the execution by now. `retried` says of one that creates an execution
    whether the commit before this one did so, too: if not, its number was drawn by another, who may
    have written the very same events. Raises `JournalDamaged` when this process owns the execution
    at that epoch and yet the journal doesn't end where the append begins: rows that were
    acknowledged are gone, or others stand in their place.
    """
    stored = connection.execute(HEAD, (append.execution,)).fetchone()
    if stored is None:
        return Verdict(None, None)
    owner, epoch, seq, checksum, ended = stored
    head = Head(Link(seq, checksum), bool(ended)) if owner == me else None
    if append.create is not None and (not retried or (epoch == 1 and owner not in (me, None))):
        return Verdict(None, head)
    position = _position(connection, append)
    if position is None and head is not None and epoch == append.epoch and append.create is None:
        raise damage(
            append.execution, append.first_seq, f"the stored journal ends with event {seq} instead"
        )
    if not append.events:
        mine = head is not None or (owner is None and append.release)
        here = (epoch, seq) == (append.epoch, append.first_seq - 1)
        position = 0 if mine and here and _is_settled(connection, append) else None
    return Verdict(position, head)


def _position(connection: sqlite3.Connection, append: Append) -> int | None:
    """Where the first event stands when all are stored as they are."""
    first = append.first_seq
    rows = connection.execute(
        _EVENTS, (append.execution, first, first + len(append.events))
    ).fetchall()
    written = [(at_ms, split(payload)[0]) for at_ms, payload in append.events]
    if not rows or [(at_ms, payload) for _, at_ms, payload in rows] != written:
        return None
    position: int = rows[0][0]
    return position


def _is_settled(connection: sqlite3.Connection, append: Append) -> bool:
    """Whether no row that it settles is open: what came after a release was never written."""
    return not any(
        connection.execute(_UNSETTLED, (inbox_id, append.execution)).fetchone()
        for inbox_id, _ in append.settles
    )
