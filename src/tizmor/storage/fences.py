"""Fencing: what was decided under a lease is written only while that lease stands.

A process that is stopped for longer than others wait for it, and goes on, doesn't know that what it
had was given to others meanwhile. Its tokens tell: nobody else's have their numbers (Burrows, The
Chubby lock service, 2006, calls them sequencers). The execution of a stale holder is given up in
the transaction that was to write for it, so that who takes it over begins with what is known.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from tizmor.ports.journal import Append

_STANDS = "SELECT 1 FROM resource_locks WHERE id = ? AND owner = ? AND granted = 1"
_GIVE_UP = (
    "UPDATE executions SET owner = NULL WHERE id = ? AND owner = ? AND epoch = ? AND last_seq = ?"
)


def stand(connection: sqlite3.Connection, owner: str, fences: Iterable[int]) -> bool:
    """Whether all of these leases are still this owner's."""
    return all(connection.execute(_STANDS, (token, owner)).fetchone() for token in fences)


def give_up_void(connection: sqlite3.Connection, owner: str, append: Append) -> None:
    """Let the execution be nobody's if the append was decided under a lease that is gone. What was
    kept before, and comes again, is left to be recognised."""
    if append.create is None and not stand(connection, owner, append.fences):
        place = (append.execution, owner, append.epoch, append.first_seq - 1)
        connection.execute(_GIVE_UP, place)
