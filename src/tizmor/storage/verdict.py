"""What an append is that can't be written: kept before, another's by now, or a sign of damage."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from tizmor.ports.journal import Append
from tizmor.storage.batch import Head
from tizmor.storage.blobs import split
from tizmor.storage.chain import Link
from tizmor.storage.retry import Found, kept_at
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
    """Judge an append whose claim failed, as `kept_at` says."""
    stored = connection.execute(HEAD, (append.execution,)).fetchone()
    if stored is None:
        return Verdict(None, None)
    owner, epoch, seq, checksum, ended = stored
    number, first = append.execution, append.first_seq
    rows = connection.execute(_EVENTS, (number, first, first + len(append.events))).fetchall()
    unsettled = any(
        connection.execute(_UNSETTLED, (inbox_id, number)).fetchone()
        for inbox_id, _ in append.settles
    )
    written = [(at_ms, split(payload)[0]) for at_ms, payload in append.events]
    found = Found(owner, epoch, seq, rows, unsettled)
    position = kept_at(append, written, found, me, retried=retried)
    return Verdict(position, Head(Link(seq, checksum), bool(ended)) if owner == me else None)
