"""Named resources that steps of all processes use, one writer or many readers at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from tizmor.core.plan import Resource


class Holder(NamedTuple):
    """A step of an execution, as who holds or waits for something."""

    execution: int
    step: str


class Held(NamedTuple):
    """The holder has all that it asked for. `tokens` are fencing tokens, one for each resource in
    the order of the names: whoever comes to hold a resource later has a higher one."""

    tokens: tuple[int, ...]


class Taken(NamedTuple):
    """Somebody else uses the resource `name`, or was there before. The holder stands in line."""

    name: str


class Claim(NamedTuple):
    """What a holder has of a resource since then, or waits for."""

    resource: str
    access: str
    holder: Holder
    held: bool
    since_ms: int


class Locks(Protocol):
    """Leases on resources. A lease lasts until it is released, or its holder's process is dead.

    All that a step needs is taken at once or not at all, so nobody holds one thing while waiting
    for another, and there is no deadlock. Who came first is first, so nobody starves.
    """

    async def acquire(self, holder: Holder, wanted: Sequence[Resource]) -> Held | Taken:
        """Take all of these, or stand in line for them. Asking again keeps the place."""
        ...

    async def release(self, holder: Holder) -> None:
        """Give back what the holder has, and its places in line; whoever is next is told."""
        ...

    async def standing(self) -> Sequence[Claim]:
        """Who has and who waits for what: by resource, those who have it first. It only looks."""
        ...
