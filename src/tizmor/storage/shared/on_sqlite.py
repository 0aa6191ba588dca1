"""Work on shared tables on SQLite, by the journal's writer thread: what has come up while the last
transaction ran is done in the next."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Collection
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, NamedTuple, TypeVar

from tizmor.ports.clock import Clock
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

OnThread = Callable[[Callable[[], Any]], Awaitable[Any]]
Looking = Callable[[Callable[[sqlite3.Connection], Any]], Awaitable[Any]]


class SqliteShared:
    """The `Shared` of one process, `me`. `on_thread` runs what it is given on the thread that may
    write, `writing` is a transaction there, `looking` runs it on the one that reads; `appear` lets
    this process be seen as alive, `is_dead` knows of others, `ring` has them look."""

    def __init__(
        self,
        me: str,
        *,
        on_thread: OnThread,
        writing: Callable[[], AbstractContextManager[sqlite3.Connection]],
        looking: Looking,
        appear: Callable[[], None],
        is_dead: Callable[[str], bool],
        ring: Callable[[Collection[str]], Awaitable[None]],
        clock: Clock,
    ) -> None:
        self._me = me
        self._on_thread = on_thread
        self._writing = writing
        self._looking = looking
        self._appear = appear
        self._known = Known(is_dead)
        self._clock = clock
        self._batches = Batches(self._do_all, ring, clock)

    async def do(self, work: Callable[[Moment], Work[_T]]) -> _T:
        return await self._batches.do(work)

    async def look(self, work: Callable[[Moment], Work[_T]]) -> _T:
        moment = Moment(self._clock.now_ms(), self._me)
        result: _T = await self._looking(
            lambda connection: done(connection, work(moment), self._known, set())
        )
        return result

    async def close(self) -> None:
        """Wait until what was asked for is done."""
        await self._batches.close()

    async def _do_all(self, pieces: Collection[Piece]) -> Collection[str]:
        told: Collection[str] = await self._on_thread(partial(self._in_one, pieces))
        return told

    def _in_one(self, pieces: Collection[Piece]) -> Collection[str]:
        self._appear()
        with self._writing() as connection:
            moment = Moment(self._clock.now_ms(), self._me)
            return do_pieces(connection, pieces, moment, self._known)


def _owner_of(connection: sqlite3.Connection, execution: int) -> Rows:
    return connection.execute(OWNER_OF, (execution,)).fetchall()


class Known(NamedTuple):
    """What is known of processes: who is dead, and who runs an execution."""

    is_dead: Callable[[str], bool]
    owner_of: Callable[[sqlite3.Connection, int], Rows] = _owner_of


def do_pieces(
    connection: sqlite3.Connection,
    pieces: Collection[Piece],
    moment: Moment,
    known: Known,
) -> set[str]:
    """Do pieces of work within the transaction that is open; who is to look. One that fails leaves
    nothing behind, and the others go on."""
    told: set[str] = set()
    for piece in pieces:
        connection.execute("SAVEPOINT piece")
        try:
            piece.result = done(connection, piece.work(moment), known, told)
        except sqlite3.Error:
            raise
        except Exception as error:
            piece.error = error
            connection.execute("ROLLBACK TO piece")
        connection.execute("RELEASE piece")
    return told


def done(
    connection: sqlite3.Connection,
    work: Work[_T],
    known: Known,
    told: set[str],
) -> _T:
    """Do a piece of work; `told` gains those whom it would have look."""
    rows: Rows = []
    try:
        request = next(work)
        while True:
            match request:
                case Statement():
                    rows = connection.execute(request.sql, request.values).fetchall()
                case AreDead():
                    rows = [(owner,) for owner in request.owners if known.is_dead(owner)]
                case OwnerOf():
                    rows = known.owner_of(connection, request.execution)
                case Tell():
                    told.update(request.owners)
                    rows = []
            request = work.send(rows)
    except StopIteration as end:
        result: _T = end.value
        return result
