"""Taking over what no living process owns."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

import msgspec

from tizmor.ports.journal import StoredExecution
from tizmor.storage.chain import Link
from tizmor.storage.postgres.lease import Life, lives
from tizmor.storage.postgres.wire import Connection
from tizmor.storage.rows import EXECUTION, stored_execution

_CANDIDATES = "SELECT id, owner FROM executions WHERE id = ANY($1) ORDER BY id FOR UPDATE"
_TAKE = "UPDATE executions SET owner = $1, epoch = epoch + 1 WHERE id = ANY($2)"
_MINE = f"{EXECUTION} WHERE id = ANY($1)"
_LINKS = "SELECT id, last_seq, last_checksum FROM executions WHERE id = ANY($1)"


class Adopted(NamedTuple):
    """The rows of what now is this process's, in the order asked for, and where each one's chain
    stands."""

    executions: list[StoredExecution]
    links: dict[int, Link]


async def adopt(connection: Connection, me: str, executions: Sequence[int]) -> Adopted:
    """Take, in one transaction, all of these that nobody owns, or whose owner is dead or unheard
    of; of the latter, and of those that were this process's already, it is told that they may
    still run."""
    async with connection.transaction():
        rows = await connection.fetch(_CANDIDATES, list(executions))
        owners = {row["id"]: row["owner"] for row in rows}
        known = await lives(connection, {o for o in owners.values() if o not in (None, me)})
        free = [n for n, owner in owners.items() if _is_free(owner, me, known)]
        await connection.execute(_TAKE, me, free)
        mine = [*free, *(n for n, owner in owners.items() if owner == me)]
        links = {n: Link(*link) for n, *link in await connection.fetch(_LINKS, mine)}
        found = {row["id"]: row for row in await connection.fetch(_MINE, mine)}
    doubtful = {n for n in mine if owners[n] == me or known.get(owners[n]) is Life.UNHEARD}
    adopted = [n for n in dict.fromkeys(executions) if n in found]
    return Adopted([_told(found[n], n in doubtful) for n in adopted], links)


def _is_free(owner: str | None, me: str, known: dict[str, Life]) -> bool:
    return owner is None or (owner != me and known[owner] is not Life.ALIVE)


def _told(row: Collection[object], may_still_run: bool) -> StoredExecution:
    return msgspec.structs.replace(stored_execution(tuple(row)), may_still_run=may_still_run)
