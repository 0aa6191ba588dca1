"""Fencing, as `tizmor.storage.fences` says, on PostgreSQL.

The leases are locked against removal until the transaction ends: who would take one from this
process waits for what is being written under it.
"""

from __future__ import annotations

from collections.abc import Sequence

from tizmor.ports.journal import Append
from tizmor.storage.postgres.wire import Connection

_STANDING = (
    "SELECT id FROM resource_locks WHERE id = ANY($1::bigint[]) AND owner = $2 AND granted = 1"
    " FOR SHARE"
)
_GIVE_UP = (
    "UPDATE executions AS e SET owner = NULL"
    " FROM unnest($1::bigint[], $2::int[], $3::int[]) AS r(id, epoch, seq)"
    " WHERE e.id = ANY($1::bigint[]) AND e.id = r.id AND e.owner = $4 AND e.epoch = r.epoch"
    " AND e.last_seq = r.seq"
)


async def give_up_void(connection: Connection, owner: str, appends: Sequence[Append]) -> None:
    """Let the executions be nobody's whose appends were decided under a lease that is gone. To be
    called in the transaction that writes them."""
    tokens = sorted({token for append in appends for token in append.fences})
    standing = {row["id"] for row in await connection.fetch(_STANDING, tokens, owner)}
    void = [a for a in appends if a.create is None and not standing.issuperset(a.fences)]
    if void:
        await connection.execute(
            _GIVE_UP,
            [append.execution for append in void],
            [append.epoch for append in void],
            [append.first_seq - 1 for append in void],
            owner,
        )
