"""All that is shared by way of one database."""

from __future__ import annotations

from functools import partial

from tizmor.ports.locks import Holder
from tizmor.ports.sharing import Turns
from tizmor.storage.shared import breakers, budgets, computations, locks, quotas
from tizmor.storage.shared.breakers import SharedBreakers
from tizmor.storage.shared.budgets import SharedBudgets
from tizmor.storage.shared.cache import SharedCache
from tizmor.storage.shared.locks import SharedLocks
from tizmor.storage.shared.quotas import SharedQuotas
from tizmor.storage.shared.work import Moment, Shared, Work


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

    async def release(self, holder: Holder) -> None:
        await self._shared.do(partial(_release, holder=holder))

    async def close(self) -> None:
        await self.cache.close()


def _turns(moment: Moment) -> Work[Turns]:
    free = yield from locks.next_in_line(moment)
    granted, next_ms = yield from quotas.next_in_line(moment)
    answered = yield from computations.next_in_line(moment)
    enough = yield from budgets.next_in_line(moment)
    mended, mended_ms = yield from breakers.next_in_line(moment)
    times = [at_ms for at_ms in (next_ms, mended_ms) if at_ms is not None]
    return Turns([*free, *granted, *answered, *enough, *mended], min(times, default=None))


def _release(moment: Moment, holder: Holder) -> Work[None]:
    yield from locks.leave(holder)
    yield from quotas.leave(moment, holder)
    yield from computations.leave(holder)
    yield from budgets.leave(holder)
    yield from breakers.leave(moment, holder)
