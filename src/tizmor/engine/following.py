"""Following an execution: here by its own news, elsewhere by looking at the journal.

Who follows one that somebody here has asked for takes it over when the process that runs it goes.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

from tizmor.core.errors import OwnershipLost
from tizmor.engine.live import Live
from tizmor.engine.orders import Order
from tizmor.engine.ownership import FOLLOW_S, Ownership
from tizmor.engine.present import Presenter
from tizmor.engine.projections import RESTS, status_of
from tizmor.engine.pump import Pump
from tizmor.engine.tail import Tail
from tizmor.engine.views import StreamEvent
from tizmor.engine.wanted import Wanted
from tizmor.ports.journal import InboxKind, Journal

_LOOK_S = 5.0
"""How often who follows an execution that rests here looks whether it is still this process's."""


class Following:
    """Follows executions for those who watch them."""

    def __init__(self, journal: Journal, pump: Pump, ownership: Ownership, wanted: Wanted) -> None:
        self._journal = journal
        self._pump = pump
        self._ownership = ownership
        self._wanted = wanted

    async def watched(
        self, tail: Tail, presenter: Presenter | None, after: int = 0, *, keep_waiting: bool = False
    ) -> AsyncIterator[Sequence[StreamEvent]]:
        """What is new in an execution, again and again, as `stream` gives and ends it; without
        a presenter nothing is said of it."""
        while True:
            live = self._pump.get(tail.execution)
            changed = self._pump.changed(tail.execution)
            yield await tail.read(self._journal, presenter, after=after)
            if tail.state.ended:
                self._let_go(tail.execution)
                return
            resting = status_of(tail.state) in RESTS and not keep_waiting
            if resting and tail.is_quiet(live):
                return
            if not await self._follow(tail, changed):
                return

    async def _follow(self, tail: Tail, changed: asyncio.Event | None) -> bool:
        """Wait for news. False when there will be none."""
        live = self._pump.get(tail.execution)
        if changed is not None and live is not None:
            await changed.wait()
            return True
        if (failure := self._pump.failure_of(tail.execution)) is not None:
            raise failure
        stored = await self._journal.get(tail.execution)
        if stored is None or stored.row.ended:
            return stored is not None
        if not await self._ownership.is_owned(stored):
            if tail.execution not in self._wanted:
                return False
            live = await self._ownership.adopt(stored)
            if live is not None and self._wanted.approves_all(tail.execution):
                yes = Order(by="--yes", approve_all=True)
                with contextlib.suppress(OwnershipLost):
                    self._ownership.execute(live, InboxKind.APPROVE, yes)
        elif changed is not None and stored.owner == self._journal.owner:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_S):
                    await changed.wait()
            return True
        await asyncio.sleep(FOLLOW_S)
        return True

    def _let_go(self, execution: int) -> None:
        self._wanted.forget(execution)
        if live := self._pump.get(execution):
            if not live.state.ended:
                live.break_off(OwnershipLost(f"another process has ended {live.public_id}"))
            self._pump.forget(live)


def is_at_rest(live: Live) -> bool:
    """Whether it has ended, or only a human can go on, and all that led there is on disk."""
    if not live.all_durable:
        return False
    return live.state.ended or (not live.tasks and status_of(live.state) in RESTS)
