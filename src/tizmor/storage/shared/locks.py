"""Locks in the shared tables.

Every claim has a number, given in the order of asking; it is the place in line and, once the claim
is granted, the fencing token. Of two claims that exclude each other the one with the lower number
goes first, on every resource alike, so that there is always one that can go on. So whether a claim
can be granted is said by the lowest one that excludes it, and by no other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import partial
from typing import NamedTuple

from tizmor.core.plan import Access, Resource
from tizmor.ports.locks import Claim, Held, Holder, Taken
from tizmor.storage.shared.work import (
    AreDead,
    Moment,
    Shared,
    Statement,
    Tell,
    Work,
    refuse_the_stale,
    refuse_unless_owner,
)

_CLAIMS = "SELECT id, resource, access, granted, execution, step, owner FROM resource_locks"
_MINE = f"{_CLAIMS} WHERE execution = ? AND step = ? ORDER BY resource"
_CLAIM = (
    "INSERT INTO resource_locks (resource, access, execution, step, owner, granted, asked_at_ms)"
    " VALUES (?, ?, ?, ?, ?, 0, ?)"
    " RETURNING id, resource, access, granted, execution, step, owner"
)
_TAKE_OVER = "UPDATE resource_locks SET owner = ? WHERE execution = ? AND step = ?"
_BEFORE = f"{_CLAIMS} WHERE resource = ? AND id < ?"
_FIRST_BEFORE = f"{_BEFORE} ORDER BY id LIMIT 1"
_FIRST_WRITER_BEFORE = f"{_BEFORE} AND access = 'exclusive' ORDER BY id LIMIT 1"
_GRANT = (
    "UPDATE resource_locks SET granted = 1, granted_at_ms = ?"
    " WHERE execution = ? AND step = ? AND granted = 0"
)
_DROP = "DELETE FROM resource_locks WHERE execution = ? AND step = ? RETURNING resource"
# An index is skipped through, here and below: one look for each resource, not for each claim.
_WANTED = (
    "WITH RECURSIVE one (name) AS"
    " (SELECT min(resource) FROM resource_locks WHERE owner = ? AND granted = 0"
    " UNION ALL SELECT (SELECT min(resource) FROM resource_locks"
    " WHERE owner = ? AND granted = 0 AND resource > one.name)"
    " FROM one WHERE one.name IS NOT NULL)"
    " SELECT name FROM one WHERE name IS NOT NULL"
)
_FIRST_WRITER = (
    "SELECT id FROM resource_locks WHERE resource = ? AND access = 'exclusive' ORDER BY id LIMIT 1"
)
_UP_TO = f"{_CLAIMS} WHERE resource = ? AND id <= coalesce(({_FIRST_WRITER}), ?) ORDER BY id"
_HELD_BY = "SELECT DISTINCT execution, step FROM resource_locks WHERE owner = ?"
_OWNERS = (
    "WITH RECURSIVE one (owner) AS (SELECT min(owner) FROM resource_locks"
    " UNION ALL SELECT (SELECT min(owner) FROM resource_locks WHERE owner > one.owner)"
    " FROM one WHERE one.owner IS NOT NULL)"
    " SELECT owner FROM one WHERE owner IS NOT NULL"
)
_STANDING = (
    "SELECT resource, access, execution, step, granted, coalesce(granted_at_ms, asked_at_ms)"
    " FROM resource_locks ORDER BY resource, granted DESC, id"
)
_LAST = 2**63 - 1


class _Claim(NamedTuple):
    id: int
    resource: str
    access: str
    granted: int
    execution: int
    step: str
    owner: str

    @property
    def holder(self) -> Holder:
        return Holder(self.execution, self.step)


class SharedLocks:
    """The `Locks` of one process."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    async def acquire(self, holder: Holder, wanted: Sequence[Resource]) -> Held | Taken:
        return await self._shared.do(partial(_acquire, holder=holder, wanted=_strictest(wanted)))

    async def release(self, holder: Holder) -> None:
        await self._shared.do(partial(_release, holder=holder))

    async def standing(self) -> Sequence[Claim]:
        return await self._shared.look(_standing)


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
        if not claim.granted and (yield from _is_taken(moment, claim)):
            yield from refuse_unless_owner(moment, holder.execution)
            return Taken(claim.resource)
    yield Statement(_GRANT, (moment.now_ms, *holder))
    return Held(tuple(claim.id for claim in claims))


def _claims(moment: Moment, holder: Holder, wanted: dict[str, Access]) -> Work[list[_Claim]]:
    """The holder's claims, as they were or made now."""
    claims = yield from _of(holder)
    # Also who claims nothing yet is asked: it might begin what its successor is about to begin.
    yield from refuse_the_stale(moment, holder.execution, [claim.owner for claim in claims])
    if {claim.resource: claim.access for claim in claims} == wanted:
        if any(claim.owner != moment.me for claim in claims):
            yield Statement(_TAKE_OVER, (moment.me, *holder))
        return claims
    if claims:
        yield from leave(holder)
    made = []
    for name, access in wanted.items():
        values = (name, access.value, *holder, moment.me, moment.now_ms)
        made += [_Claim(*row) for row in (yield Statement(_CLAIM, values))]
    return made


def _of(holder: Holder) -> Work[list[_Claim]]:
    return [_Claim(*row) for row in (yield Statement(_MINE, holder))]


def _is_taken(moment: Moment, claim: _Claim) -> Work[bool]:
    """Whether another's claim excludes this one. Those of dead processes are swept away."""
    exclusive = claim.access == Access.EXCLUSIVE
    statement = _FIRST_BEFORE if exclusive else _FIRST_WRITER_BEFORE
    while rivals := (yield Statement(statement, (claim.resource, claim.id))):
        rival = _Claim(*rivals[0])
        if rival.owner == moment.me or not (yield AreDead((rival.owner,))):
            return True
        yield from leave(rival.holder)
    return False


def _release(moment: Moment, holder: Holder) -> Work[None]:
    yield from leave(holder)


def leave(holder: Holder) -> Work[None]:
    """Take a holder's claims away, and have those look who are the first in line for what it
    had."""
    waiting: set[str] = set()
    for (resource,) in sorted((yield Statement(_DROP, holder))):
        front = yield from _front(resource)
        waiting.update(first.owner for first in front if not first.granted)
    if waiting:
        yield Tell(tuple(sorted(waiting)))


def step_aside(holder: Holder) -> Work[None]:
    """Take a holder's places in line away; what it has, it keeps."""
    if any(not claim.granted for claim in (yield from _of(holder))):
        yield from leave(holder)


def _front(resource: str) -> Work[list[_Claim]]:
    """The claims before which no other excludes them: one writer, or all readers that came before
    any."""
    rows = yield Statement(_UP_TO, (resource, resource, _LAST))
    claims = [_Claim(*row) for row in rows]
    if len(claims) > 1 and claims[-1].access == Access.EXCLUSIVE:
        claims.pop()
    return claims


def next_in_line(moment: Moment) -> Work[list[Holder]]:
    """The holders of this process that stand in line, and for whom everything is free by now."""
    yield from _without_the_dead(moment)
    looked_at: dict[Holder, bool] = {}
    for (resource,) in (yield Statement(_WANTED, (moment.me, moment.me))):
        for first in (yield from _front(resource)):
            if first.owner == moment.me and not first.granted and first.holder not in looked_at:
                looked_at[first.holder] = yield from _is_free(moment, first.holder)
    return [holder for holder, is_free in looked_at.items() if is_free]


def _is_free(moment: Moment, holder: Holder) -> Work[bool]:
    for claim in (yield from _of(holder)):
        if (yield from _is_taken(moment, claim)):
            return False
    return True


def _standing(moment: Moment) -> Work[list[Claim]]:
    return [
        Claim(resource, access, Holder(execution, step), bool(granted), since_ms)
        for resource, access, execution, step, granted, since_ms in (yield Statement(_STANDING))
    ]


def _without_the_dead(moment: Moment) -> Work[None]:
    owners: Collection[str] = [row[0] for row in (yield Statement(_OWNERS)) if row[0] != moment.me]
    for (owner,) in (yield AreDead(tuple(owners))) if owners else []:
        for row in (yield Statement(_HELD_BY, (owner,))):
            yield from leave(Holder(*row))
