"""Work on shared tables on PostgreSQL, over a connection of its own.

An advisory lock lets one transaction of all processes at a time do such work: so none meets
another's half, none fails for another's sake, and they can't lock each other out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import TypeVar

from tizmor.core.errors import StorageFailed
from tizmor.ports.clock import Clock
from tizmor.storage.postgres.lease import Lease, Life, lives
from tizmor.storage.postgres.listener import CHANNEL
from tizmor.storage.postgres.wire import Connection, Wire, numbered
from tizmor.storage.shared.batches import Batches, Piece
from tizmor.storage.shared.work import (
    OWNER_OF,
    AreDead,
    Moment,
    OwnerOf,
    Rows,
    Statement,
    Tell,
    Work,
)

_T = TypeVar("_T")

PATIENCE_S = 15.0
_NOW = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint"
_ALONE = (
    "WITH alone AS MATERIALIZED (SELECT pg_advisory_xact_lock(hashtext('tizmor shared')))"
    " {now} FROM alone"
)
"""The time is asked for when nobody else has the lock any more."""
_TELL = "SELECT pg_notify($2, owner) FROM unnest($1::text[]) AS owner"


class PostgresShared:
    """The `Shared` of one process, in the name of its lease; times are the server's own."""

    def __init__(self, url: str, lease: Lease, clock: Clock) -> None:
        self._wire = Wire(url, f"shared {lease.me}", prepare=_as_it_is, patience_s=PATIENCE_S)
        self._looking = Wire(
            url, f"looking {lease.me}", prepare=_only_to_look, patience_s=PATIENCE_S
        )
        self._lease = lease
        self._batches = Batches(self._do_all, _told_already, clock)

    async def do(self, work: Callable[[Moment], Work[_T]]) -> _T:
        return await self._batches.do(work)

    async def look(self, work: Callable[[Moment], Work[_T]]) -> _T:
        return await self._looking.use(partial(self._look, work=work))

    async def close(self) -> None:
        await self._batches.close()
        await self._wire.close()
        await self._looking.close()

    async def _do_all(self, pieces: Collection[Piece]) -> Collection[str]:
        try:
            await self._wire.use(partial(self._in_one, pieces=pieces))
        except StorageFailed:
            raise
        except Exception as error:
            if len(pieces) == 1:
                next(iter(pieces)).error = error
            else:  # one that fails doesn't take the others with it
                for piece in pieces:
                    await self._do_all([piece])
        return ()

    async def _in_one(self, connection: Connection, pieces: Collection[Piece]) -> None:
        await self._lease.begin(connection)
        told: set[str] = set()
        async with connection.transaction(isolation="read_committed"):
            moment = Moment(await connection.fetchval(_ALONE.format(now=_NOW)), self._lease.me)
            for piece in pieces:
                piece.result = await _done(connection, piece.work(moment), told)
            if told:
                await connection.execute(_TELL, sorted(told), CHANNEL)

    async def _look(self, connection: Connection, work: Callable[[Moment], Work[_T]]) -> _T:
        moment = Moment(await connection.fetchval(_NOW), self._lease.me)
        return await _done(connection, work(moment), set())


async def _done(connection: Connection, work: Work[_T], told: set[str]) -> _T:
    """Do a piece of work; `told` gains those whom it would have look."""
    rows: Rows = []
    try:
        request = next(work)
        while True:
            match request:
                case Statement():
                    found = await connection.fetch(numbered(request.sql), *request.values)
                    rows = [tuple(row) for row in found]
                case AreDead():
                    known = await lives(connection, request.owners)
                    rows = [(owner,) for owner, life in known.items() if life is not Life.ALIVE]
                case OwnerOf():
                    found = await connection.fetch(numbered(OWNER_OF), request.execution)
                    rows = [tuple(row) for row in found]
                case Tell():
                    told.update(request.owners)
                    rows = []
            request = work.send(rows)
    except StopIteration as end:
        result: _T = end.value
        return result


async def _told_already(owners: Collection[str]) -> None:
    """The database tells them itself."""


async def _only_to_look(connection: Connection) -> None:
    await connection.execute("SET default_transaction_read_only = on")


async def _as_it_is(connection: Connection) -> None:
    """A connection of which nothing more is asked."""
