"""All that is shared by way of one database."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import partial

from tizmor.ports.locks import Holder
from tizmor.ports.sharing import Turns
from tizmor.storage.shared import breakers, budgets, computations, locks, quotas
from tizmor.storage.shared.breakers import SharedBreakers
from tizmor.storage.shared.budgets import SharedBudgets
from tizmor.storage.shared.cache import SharedCache
from tizmor.storage.shared.locks import SharedLocks
from tizmor.storage.shared.quotas import SharedQuotas
from tizmor.storage.shared.work import Moment, Shared, Statement, Work

_HAS = (
    "SELECT execution, step FROM resource_locks WHERE owner = ?",
    "SELECT execution, step FROM rate_tickets WHERE owner = ?",
    "SELECT execution, step FROM cache_claims WHERE owner = ?",
    "SELECT execution, step FROM budget_reservations WHERE owner = ?",
    "SELECT execution, step FROM circuit_waits WHERE owner = ?",
)
_STANDS = (
    "SELECT execution, step FROM resource_locks WHERE owner = ? AND granted = 0",
    "SELECT execution, step FROM rate_tickets WHERE owner = ? AND state IN (0, 1)",
    "SELECT execution, step FROM cache_claims WHERE owner = ? AND computing = 0",
    "SELECT execution, step FROM budget_reservations WHERE owner = ? AND state = 0",
    "SELECT execution, step FROM circuit_waits WHERE owner = ?",
)
"""A turn may come to each of them: also to a ticket that was granted and not come for (1), not to
one that is parked behind another line (3)."""


class DatabaseSharing:
    """The `Sharing` of one process."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self.locks = SharedLocks(shared)
        self.quotas = SharedQuotas(shared)
        self.cache = SharedCache(shared)
        self.budgets = SharedBudgets(shared)
        self.breakers = SharedBreakers(shared)

    async def turns(self) -> Turns:
        return await self._shared.do(_turns)

    async def abandon(self, execution: int) -> None:
        await self._shared.do(partial(_abandon, execution=execution))

    async def standing(self) -> Collection[Holder]:
        return await self._shared.do(partial(_holders, statements=_STANDS))

    async def release(self, holder: Holder) -> None:
        await self._shared.do(partial(_release, holder=holder))

    async def close(self) -> None:
        await self.cache.close()


def _turns(moment: Moment) -> Work[Turns]:
    free = yield from locks.next_in_line(moment)
    ready = yield from _without_the_throttled(moment, free)
    granted, next_ms = yield from quotas.next_in_line(moment)
    answered = yield from computations.next_in_line(moment)
    enough = yield from budgets.next_in_line(moment)
    mended, mended_ms = yield from breakers.next_in_line(moment)
    times = [at_ms for at_ms in (next_ms, mended_ms) if at_ms is not None]
    first_ms = min(times, default=None)
    return Turns([*ready, *granted, *answered, *enough, *mended], first_ms, moment.now_ms)


def _without_the_throttled(moment: Moment, free: Iterable[Holder]) -> Work[list[Holder]]:
    """Those for whom all is free. Who has to wait for a quota first gives up its place in line:
    nobody waits behind it for a thing that it couldn't use yet."""
    ready = []
    for holder in free:
        if (yield from quotas.is_throttled(holder)):
            yield from locks.leave(holder)
        else:
            ready.append(holder)
    return ready


def _abandon(moment: Moment, execution: int) -> Work[None]:
    for holder in sorted((yield from _holders(moment, _HAS))):
        if holder.execution == execution:
            yield from _release(moment, holder)


def _holders(moment: Moment, statements: Iterable[str]) -> Work[frozenset[Holder]]:
    """The holders of this process that any of the statements finds."""
    found: set[Holder] = set()
    for statement in statements:
        found.update(Holder(*row) for row in (yield Statement(statement, (moment.me,))))
    return frozenset(found)


def _release(moment: Moment, holder: Holder) -> Work[None]:
    yield from locks.leave(holder)
    yield from quotas.let_go(moment, holder)
    yield from computations.leave(holder)
    yield from budgets.leave(holder)
    yield from breakers.leave(moment, holder)
