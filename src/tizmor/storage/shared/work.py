"""A piece of work on shared tables, as a generator: it yields what it wants done, is sent what came
of it, and returns its result.

It knows neither a connection nor whether it has to wait for one. What it may rely on: nothing else
is done to the shared tables between its beginning and its end, by any process, and all of it is
kept or nothing. It may be done once more from its beginning, also after it was kept (when nobody
knows whether it was), so that doing it twice must be as doing it once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator
from typing import Any, NamedTuple, Protocol, TypeVar

from tizmor.core.errors import OwnershipLost
from tizmor.core.ids import public_id

_T = TypeVar("_T")

Rows = list[tuple[Any, ...]]


class Statement(NamedTuple):
    """SQL that both databases understand, `?` standing for each of its values."""

    sql: str
    values: tuple[Any, ...] = ()


class AreDead(NamedTuple):
    """Which of these owners are dead, or were not heard of for as long as their lease lasts. Each
    of them is a row."""

    owners: tuple[str, ...]


class OwnerOf(NamedTuple):
    """Which process runs an execution: one row, null where none does; no row for one that isn't on
    disk yet."""

    execution: int


class Tell(NamedTuple):
    """Have these owners look, once all of this is kept. No rows."""

    owners: tuple[str, ...]


OWNER_OF = "SELECT owner FROM executions WHERE id = ?"

Request = Statement | AreDead | OwnerOf | Tell
Work = Generator[Request, Rows, _T]


class Moment(NamedTuple):
    """When, and in whose name, a piece of work is done. `now_ms` is one clock's for all processes
    on the database."""

    now_ms: int
    me: str


def is_stale(moment: Moment, execution: int, owners: Collection[str]) -> Work[bool]:
    """Whether this process has lost an execution to another, and doesn't know it yet. That is asked
    where something of the execution's is not this process's, or nothing is anybody's: `owners` says
    whose it is."""
    if owners and all(owner == moment.me for owner in owners):
        return False
    for (owner,) in (yield OwnerOf(execution)):
        return owner != moment.me and (owner is not None or bool(owners))
    return False


def refuse_the_stale(moment: Moment, execution: int, owners: Collection[str]) -> Work[None]:
    """Who has lost an execution takes over nothing of its new owner's. Raises `OwnershipLost`."""
    if (yield from is_stale(moment, execution, owners)):
        raise OwnershipLost(f"{public_id(execution)} is another process's now")


def refuse_unless_owner(moment: Moment, execution: int) -> Work[None]:
    """Who is to wait must run the execution still: else it would stand there for as long as its
    process lives, since nothing tells it otherwise. Raises `OwnershipLost`."""
    for (owner,) in (yield OwnerOf(execution)):
        if owner != moment.me:
            raise OwnershipLost(f"{public_id(execution)} is not this process's any more")


class Shared(Protocol):
    """Does pieces of work, each as one transaction. Raises `StorageFailed` when that can't be done
    for longer than its patience lasts, `JournalDamaged` for a database that is not whole."""

    async def do(self, work: Callable[[Moment], Work[_T]]) -> _T: ...

    async def look(self, work: Callable[[Moment], Work[_T]]) -> _T:
        """Do a piece of work that only looks, beside all others and without waiting for them. Each
        of its statements sees what is kept by then."""
        ...
