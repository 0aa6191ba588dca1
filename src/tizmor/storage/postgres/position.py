"""The order of all events, without holes that fill later.

A sequence gives numbers in the order in which they are asked for, and transactions become visible
in the order in which they commit: who polls `position > last` passes over the rows of one that
commits late, for ever. So a position is made of its transaction's number (`xid8`, which never wraps
around), and a reader stops before the oldest transaction that is still open: behind this horizon
nothing can appear any more. One integer is cursor and order at once.

A transaction's number is the server's own count. A database that is restored into another server
meets a lower count there; `journal_origin` says how much to add, and `tizmor migrate` sets it.
"""

from __future__ import annotations

from tizmor.core.errors import WorkspaceUnusable
from tizmor.storage.postgres.wire import Connection

PLACES = 1 << 16
"""Events in one transaction, at most."""

HORIZON = f"((pg_snapshot_xmin(pg_current_snapshot())::text::bigint + $1::bigint) * {PLACES})"
"""SQL: the first position that may still be filled; `$1` is the origin."""

_ORIGIN = (
    "SELECT coalesce((SELECT transactions FROM journal_origin), 0) AS origin,"
    " coalesce((SELECT max(position) FROM journal), 0) AS last,"
    " pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next"
)
_SET_ORIGIN = (
    "INSERT INTO journal_origin (id, transactions) VALUES (1, $1)"
    " ON CONFLICT (id) DO UPDATE SET transactions = excluded.transactions"
)


def position(turn: int, place: int) -> int:
    """The position of an event: its transaction's number, the origin added, and its place there."""
    return turn * PLACES + place


async def origin(connection: Connection) -> int:
    """What to add to a transaction's number. Raises `WorkspaceUnusable` where new events would
    stand before old ones."""
    row = (await connection.fetch(_ORIGIN))[0]
    if row["last"] >= position(row["next"] + row["origin"], 0):
        raise WorkspaceUnusable(
            "the database was restored into another server, whose count of transactions is behind:"
            " run `tizmor migrate`"
        )
    return int(row["origin"])


async def mend_origin(connection: Connection) -> None:
    """Let the next transaction's events stand after all that are stored."""
    row = (await connection.fetch(_ORIGIN))[0]
    behind = row["last"] // PLACES + 1 - (row["next"] + row["origin"])
    if behind > 0:
        await connection.execute(_SET_ORIGIN, row["origin"] + behind)
