"""All that is shared by way of one database."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import partial

from tizmor.ports.locks import Holder
from tizmor.ports.sharing import Turns
from tizmor.storage.shared import breakers, budgets, computations, locks, quotas
from tizmor.storage.shared.answers import SharedAnswers
from tizmor.storage.shared.breakers import SharedBreakers
from tizmor.storage.shared.budgets import SharedBudgets
from tizmor.storage.shared.cache import SharedCache
from tizmor.storage.shared.locks import SharedLocks
from tizmor.storage.shared.logs import SharedLogs
from tizmor.storage.shared.metrics import SharedMetrics
from tizmor.storage.shared.quotas import SharedQuotas
from tizmor.storage.shared.tokens import SharedTokens
from tizmor.storage.shared.traces import SharedTraces
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

_HELD = (
    "SELECT 1 FROM cache_claims WHERE execution = ? AND step = ? AND computing = 0",
    "SELECT 1 FROM budget_reservations WHERE execution = ? AND step = ? AND state = 0",
    "SELECT 1 FROM circuit_waits WHERE execution = ? AND step = ?",
    "SELECT 1 FROM rate_tickets WHERE execution = ? AND step = ? AND state = 0",
)
"""What a call may stand in line for, in the order in which it asks; locks come after these."""
_BUDGET, _BREAKER, _LOCK = 1, 2, 4
_GRANTED_TOO_EARLY = (
    "SELECT DISTINCT t.execution, t.step FROM rate_tickets AS t WHERE t.owner = ? AND t.state = 1"
    " AND (EXISTS (SELECT 1 FROM budget_reservations AS b"
    " WHERE b.execution = t.execution AND b.step = t.step AND b.state = 0)"
    " OR EXISTS (SELECT 1 FROM circuit_waits AS w"
    " WHERE w.execution = t.execution AND w.step = t.step)"
    " OR EXISTS (SELECT 1 FROM cache_claims AS c"
    " WHERE c.execution = t.execution AND c.step = t.step AND c.computing = 0))"
)


class DatabaseSharing:
    """The `Sharing` of one process."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self.locks = SharedLocks(shared)
        self.quotas = SharedQuotas(shared, locks.step_aside)
        self.cache = SharedCache(shared)
        self.budgets = SharedBudgets(shared)
        self.breakers = SharedBreakers(shared)
        self.metrics = SharedMetrics(shared)
        self.logs = SharedLogs(shared)
        self.traces = SharedTraces(shared)
        self.tokens = SharedTokens(shared)
        self.answers = SharedAnswers(shared)

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
    ready = yield from _not_held(free, _LOCK, locks.leave)
    granted, next_ms = yield from quotas.next_in_line(moment)
    too_early = [Holder(*row) for row in (yield Statement(_GRANTED_TOO_EARLY, (moment.me,)))]
    for holder in too_early:
        yield from quotas.park(moment, holder)
    ready += [holder for holder in granted if holder not in too_early]
    ready += yield from computations.next_in_line(moment)
    enough = yield from budgets.next_in_line(moment)
    ready += yield from _not_held(enough, _BUDGET, budgets.leave)
    mended, mended_ms = yield from breakers.next_in_line(moment)
    ready += yield from _not_held(mended, _BREAKER, partial(breakers.leave, moment))
    times = [at_ms for at_ms in (next_ms, mended_ms) if at_ms is not None]
    return Turns(ready, min(times, default=None), moment.now_ms)


def _not_held(
    holders: Iterable[Holder], place: int, leave: Callable[[Holder], Work[None]]
) -> Work[list[Holder]]:
    """Those that stand in line for nothing that a call asks for before this. Who does gives up its
    place here: nobody waits behind it for a thing that it couldn't use yet, and it isn't told of
    its turn at what it doesn't wait for."""
    held = " UNION ALL ".join(_HELD[:place])
    ready = []
    for holder in holders:
        if (yield Statement(held, holder * place)):
            yield from leave(holder)
        else:
            ready.append(holder)
    return ready


def _abandon(moment: Moment, execution: int) -> Work[None]:
    for holder in sorted((yield from _holders(moment, _HAS))):
        if holder.execution == execution:
            yield from budgets.abandon(moment, holder)
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
