"""Who runs an execution, and how orders get to them.

An execution is run by at most one process. An order from anywhere is carried out at once when this
is that process; else it is written into the inbox, durable before it is confirmed, and its owner
takes it. When nobody runs the execution, this process takes it on: what has waited in the inbox is
then carried out before anything that was under way is done again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterable

import msgspec

from tizmor.core.errors import OwnershipLost, StorageFailed
from tizmor.core.state import State
from tizmor.engine import orders
from tizmor.engine.history import fold
from tizmor.engine.live import Live
from tizmor.engine.orders import Order
from tizmor.engine.pump import Pump
from tizmor.engine.waking import PASSING
from tizmor.ports.clock import Clock
from tizmor.ports.journal import InboxKind, InboxRow, Journal, StoredExecution

_log = logging.getLogger("tizmor.engine")

FOLLOW_S = 0.1
_CONFIRM_S = 5.0
_AT_ONCE = 10_000


class Ownership:
    """The executions that this process runs, and its inbox."""

    def __init__(self, journal: Journal, pump: Pump, clock: Clock) -> None:
        self._journal = journal
        self._pump = pump
        self._clock = clock
        self._taking = asyncio.Lock()
        self._took: dict[int, Live] = {}
        self._adopted: set[int] = set()
        self._waiting: dict[int, list[InboxRow]] = {}
        self._news = asyncio.Event()
        pump.obey_first(self._take_waiting, self.take_inbox)

    async def adopt(self, stored: StoredExecution) -> Live | None:
        """The execution if it runs here already, or nobody runs it and this process now does.
        `stored` is how it was seen just now."""
        if live := await self._pump.wake(stored.execution):
            return live
        if live := await self._become_owner(stored):
            await self.take_inbox()
        return live

    async def _become_owner(self, stored: StoredExecution) -> Live | None:
        if stored.row.ended or await self._is_anothers(stored):
            return None
        execution = stored.execution
        await self._pump.parted()
        adopted = await self._journal.adopt(execution)
        if adopted is None or (live := self._pump.get(execution)):
            return self._pump.get(execution)
        self._adopted.add(execution)
        await self._note_waiting([execution])
        state, seq = await self._read(execution)
        if live := self._pump.get(execution):
            return live  # somebody here was quicker
        if self._pump.rests(execution):
            return await self._pump.wake(execution)
        if state.ended or state.epoch > adopted.epoch:
            return None
        return self._pump.adopt(
            state, epoch=adopted.epoch, seq=seq, may_still_run=adopted.may_still_run
        )

    async def _read(self, execution: int) -> tuple[State, int]:
        """What has just become this process's; another may try if it can't be read here."""
        try:
            return await fold(self._journal, execution)
        except PASSING:
            raise
        except Exception:
            await self._journal.let_go(execution)
            raise

    async def adopt_all(self) -> int:
        """Take on all that no living process runs; how many. What waits for a human is not read
        before something happens to it, so this is quick however many wait."""
        taken = 0
        unfinished = [stored.execution for stored in await self._journal.unfinished()]
        for start in range(0, len(unfinished), _AT_ONCE):
            part = [
                number
                for number in unfinished[start : start + _AT_ONCE]
                if self._pump.get(number) is None and not self._pump.rests(number)
            ]
            await self._pump.parted()
            adopted = await self._journal.adopt_all(part)
            await self._note_waiting([stored.execution for stored in adopted])
            for stored in adopted:
                self._adopted.add(stored.execution)
                if self._pump.get(stored.execution) is None:
                    self._pump.rest(stored)
                    taken += 1
        await self.take_inbox()
        return taken

    async def _note_waiting(self, executions: Iterable[int]) -> None:
        """What is in the inbox for executions that have just become this process's: nobody else
        carries it out any more."""
        adopted = dict.fromkeys(executions)
        for execution in adopted:
            self._waiting.pop(execution, None)
        with contextlib.suppress(StorageFailed):  # then it is taken as what comes later is
            for row in await self._journal.pending():
                if row.execution in adopted:
                    self._waiting.setdefault(row.execution, []).append(row)

    def _take_waiting(self, live: Live) -> None:
        """No call of it has begun here yet."""
        for row in self._waiting.pop(live.execution, ()):
            self._take_once(live, row)

    async def is_owned(self, stored: StoredExecution) -> bool:
        """Whether a living process runs it; what is this one's by name alone, it may take on."""
        if stored.owner == self._journal.owner:
            here = stored.execution
            return self._pump.get(here) is not None or self._pump.rests(here)
        return await self._is_anothers(stored)

    async def _is_anothers(self, stored: StoredExecution) -> bool:
        """Whether another living process has it. It takes no lock that the other might wait for."""
        if stored.owner is None or stored.owner == self._journal.owner:
            return False
        return await self._journal.is_owner_alive(stored.owner)

    async def obey(self) -> None:
        """Take the orders that other processes wrote for executions that run here, for ever."""
        away = False
        while True:
            try:
                async for _ in self._journal.wakes():
                    self._tell_the_senders()
                    await self.take_inbox()
                    self._pump.look_whose_turn()
                    away = False
            except StorageFailed as error:
                if not away:  # said once: it may stay away for long
                    _log.warning("the inbox can't be read now: %s", error)
                away = True
            except Exception:
                _log.warning("the inbox can't be read now", exc_info=True)
            await asyncio.sleep(FOLLOW_S)

    def _tell_the_senders(self) -> None:
        """Whoever waits here for an owner's word may find it."""
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def take_inbox(self) -> None:
        """Carry out what is in the inbox, each order once."""
        async with self._taking:
            while await self._take_pending():
                pass  # an execution was adopted meanwhile

    async def _take_pending(self) -> bool:
        """Take what is pending now. What was carried out and isn't settled on disk yet is passed
        over, unless who carried it out was broken off before. True when the inbox has to be read
        again: it was read before an execution was adopted, whose former owner may have carried out
        some of it since."""
        self._adopted.clear()
        took_before = list(self._took)
        rows = await self._journal.pending()
        unsettled = {row.id for row in rows}
        for settled in (number for number in took_before if number not in unsettled):
            del self._took[settled]
        again = False
        for row in rows:
            live = await self._taker(row.execution)
            if row.execution in self._adopted:
                again = True
            elif live is not None:
                self._take_once(live, row)
        return again

    def _take_once(self, live: Live, row: InboxRow) -> None:
        took = self._took.get(row.id)
        if took is None or took.broken is not None:
            self._take(live, row)

    def _take(self, live: Live, row: InboxRow) -> None:
        self._took[row.id] = live
        try:
            order = orders.decode(row.payload)
        except msgspec.MsgspecError:
            self._pump.settle(live, row.id, "refused: it can't be read")
        else:
            with contextlib.suppress(OwnershipLost):  # whoever runs it takes the order
                self.execute(live, row.kind, order, inbox_id=row.id)

    async def _taker(self, execution: int) -> Live | None:
        """The execution that an order is for. One that can't be read is set aside: it doesn't keep
        the others' orders, and another process may try."""
        try:
            live = await self._pump.wake(execution)
            if live is None and self._pump.failure_of(execution) is None:
                stored = await self._journal.get(execution)
                live = None if stored is None else await self._become_owner(stored)
        except PASSING:
            raise
        except Exception as error:
            await self._journal.let_go(execution)
            self._pump.set_aside(execution, error)
            return None
        return live

    def execute(
        self, live: Live, kind: InboxKind, order: Order, *, inbox_id: int | None = None
    ) -> str:
        """Carry out an order on an execution that runs here; its outcome. Raises `OwnershipLost`
        when it doesn't run here any more."""
        fact, outcome = orders.fact_of(live.state, kind, order, self._clock.now_ms())
        if inbox_id is not None:
            self._pump.settle(live, inbox_id, outcome)
        if fact is not None and self._pump.feed(live, fact) is None:
            raise OwnershipLost(f"{live.public_id} doesn't run here any more")
        return outcome

    async def give(self, stored: StoredExecution, kind: InboxKind, order: Order) -> str | None:
        """Have an order carried out by whoever runs the execution, `stored` being how it was seen
        just now. Its outcome, durable; None when the owner has not taken it within some seconds: it
        will."""
        execution = stored.execution
        live = await self._pump.wake(execution)
        if live is not None and not live.lost:
            with contextlib.suppress(OwnershipLost):
                outcome = self.execute(live, kind, order)
                await self._pump.durable(live)
                return outcome
        if stored.row.ended:
            return await self._too_late(execution, kind, order)
        news = self._news
        inbox_id = await self._journal.send(execution, kind, orders.encode(order))
        return await self._confirmed(execution, inbox_id, kind, order, news)

    async def _too_late(self, execution: int, kind: InboxKind, order: Order) -> str:
        """What is said to an order for an execution that has ended."""
        state, _ = await fold(self._journal, execution)
        return orders.fact_of(state, kind, order, self._clock.now_ms())[1]

    async def _confirmed(
        self, execution: int, inbox_id: int, kind: InboxKind, order: Order, news: asyncio.Event
    ) -> str | None:
        """The owner's word on an order, which comes with `news`; this process takes over when the
        owner goes meanwhile."""
        now = self._clock.monotonic()
        deadline, next_look = now + _CONFIRM_S, now + FOLLOW_S
        while now < deadline:
            await _heard(news)
            news = self._news
            if self._pump.failure is not None:
                raise self._pump.failure
            outcome = await self._journal.outcome(inbox_id)
            if outcome is not None:
                return outcome
            now = self._clock.monotonic()
            if now >= next_look:
                next_look = now + FOLLOW_S
                stored = await self._journal.get(execution)
                if stored is None or stored.row.ended:
                    refusal = await self._too_late(execution, kind, order)
                    return await self._journal.outcome(inbox_id) or refusal
                if not await self.is_owned(stored) and await self.adopt(stored):
                    await self.take_inbox()
        return None


async def _heard(news: asyncio.Event) -> None:
    """Wait for news; not for long, as they may be lost on their way."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(FOLLOW_S):
            await news.wait()
