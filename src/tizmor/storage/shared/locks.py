"""Locks in the shared tables.

Every claim has a number, given in the order of asking; it is the place in line and, once the claim
is granted, the fencing token. Of two claims that exclude each other the one with the lower number
goes first, on every resource alike, so that there is always one that can go on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import NamedTuple

from tizmor.core.plan import Access, Resource
from tizmor.ports.locks import Held, Holder, Taken
from tizmor.storage.shared.work import AreDead, Moment, Shared, Statement, Tell, Work

_MINE = (
    "SELECT id, resource, access, granted FROM resource_locks"
    " WHERE execution = ? AND step = ? ORDER BY resource"
)
_CLAIM = (
    "INSERT INTO resource_locks (resource, access, execution, step, owner, granted, asked_at_ms)"
    " VALUES (?, ?, ?, ?, ?, 0, ?)"
)
_TAKE_OVER = "UPDATE resource_locks SET owner = ? WHERE execution = ? AND step = ?"
_RIVALS = (
    "SELECT id, execution, step, owner, access FROM resource_locks"
    " WHERE resource = ? AND (granted = 1 OR id < ?) AND NOT (execution = ? AND step = ?)"
    " ORDER BY id"
)
_GRANT = (
    "UPDATE resource_locks SET granted = 1, granted_at_ms = ?"
    " WHERE execution = ? AND step = ? AND granted = 0"
)
_DROP = "DELETE FROM resource_locks WHERE execution = ? AND step = ?"
_WAITING = "SELECT DISTINCT execution, step FROM resource_locks WHERE owner = ? AND granted = 0"
_NEXT = "SELECT execution, step, owner FROM resource_locks WHERE resource = ? ORDER BY id"


class _Claim(NamedTuple):
    id: int
    resource: str
    access: str
    granted: int


class SharedLocks:
    """The `Locks` of one process."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    async def acquire(self, holder: Holder, wanted: Sequence[Resource]) -> Held | Taken:
        return await self._shared.do(partial(_acquire, holder=holder, wanted=_strictest(wanted)))

    async def release(self, holder: Holder) -> None:
        await self._shared.do(partial(_release, holder=holder))


def _strictest(wanted: Iterable[Resource]) -> dict[str, Access]:
    """Each resource once, by name, as it is needed most strictly."""
    needed: dict[str, Access] = {}
    for resource in sorted(wanted, key=lambda r: r.name):
        if needed.get(resource.name) is not Access.EXCLUSIVE:
            needed[resource.name] = resource.access
    return needed


def _acquire(moment: Moment, holder: Holder, wanted: dict[str, Access]) -> Work[Held | Taken]:
    claims = yield from _claims(moment, holder, wanted)
    for claim in claims:
        if not claim.granted and (yield from _is_taken(holder, claim)):
            return Taken(claim.resource)
    yield Statement(_GRANT, (moment.now_ms, *holder))
    return Held(tuple(claim.id for claim in claims))


def _claims(moment: Moment, holder: Holder, wanted: dict[str, Access]) -> Work[list[_Claim]]:
    """The holder's claims, as they were or made now."""
    claims = [_Claim(*row) for row in (yield Statement(_MINE, holder))]
    if {claim.resource: claim.access for claim in claims} == wanted:
        yield Statement(_TAKE_OVER, (moment.me, *holder))
        return claims
    yield Statement(_DROP, holder)
    for name, access in wanted.items():
        yield Statement(_CLAIM, (name, access.value, *holder, moment.me, moment.now_ms))
    return [_Claim(*row) for row in (yield Statement(_MINE, holder))]


def _is_taken(holder: Holder, claim: _Claim) -> Work[bool]:
    """Whether another's claim excludes this one. Those of dead processes are swept away."""
    exclusive = claim.access == Access.EXCLUSIVE
    rivals = [
        (Holder(execution, step), owner)
        for _, execution, step, owner, access in (
            yield Statement(_RIVALS, (claim.resource, claim.id, *holder))
        )
        if exclusive or access == Access.EXCLUSIVE
    ]
    if not rivals:
        return False
    dead = {row[0] for row in (yield AreDead(tuple({owner for _, owner in rivals})))}
    for rival, owner in rivals:
        if owner in dead:
            yield from leave(rival)
    return any(owner not in dead for _, owner in rivals)


def _release(moment: Moment, holder: Holder) -> Work[None]:
    yield from leave(holder)


def leave(holder: Holder) -> Work[None]:
    """Take a holder's claims away, and have those look who stand in line for what it had."""
    claims = [_Claim(*row) for row in (yield Statement(_MINE, holder))]
    if not claims:
        return
    yield Statement(_DROP, holder)
    waiting: set[str] = set()
    for claim in claims:
        waiting.update(row[2] for row in (yield Statement(_NEXT, (claim.resource,))))
    yield Tell(tuple(sorted(waiting)))


def next_in_line(moment: Moment) -> Work[list[Holder]]:
    """The holders of this process that stand in line, and for whom everything is free by now."""
    free = []
    for row in (yield Statement(_WAITING, (moment.me,))):
        holder = Holder(*row)
        claims = [_Claim(*found) for found in (yield Statement(_MINE, holder))]
        taken = False
        for claim in claims:
            taken = taken or (yield from _is_taken(holder, claim))
        if not taken:
            free.append(holder)
    return free
