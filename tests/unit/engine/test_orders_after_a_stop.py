"""Orders written while a process was stopped come before the timers that fell due meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from tests.unit.engine.house import House, until
from tests.unit.engine.test_time_without_room import RETRIES, busy, on_virtual_time

from tizmor.core.errors import StorageFailed
from tizmor.core.ids import parse_id
from tizmor.drivers.simulated.clock import SimulatedClock
from tizmor.drivers.simulated.loop import SimulatedLoop
from tizmor.engine.orders import Order, encode
from tizmor.engine.timers import LOOK_S
from tizmor.engine.views import Status
from tizmor.ports.journal import InboxKind, InboxRow
from tizmor.storage.memory import MemoryJournal


class Suspended(SimulatedClock):
    """A clock that goes on while the event loop stands still."""

    slept_s = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.slept_s

    def suspend(self, seconds: float) -> None:
        self.slept_s += seconds
        self.shift(seconds)


class Deaf(MemoryJournal):
    """A journal whose process isn't woken for its inbox; its looks may `fail` for a while."""

    def __init__(self, house: House) -> None:
        super().__init__(house.memory, "deaf")
        self.fail = False

    async def wakes(self) -> AsyncIterator[None]:
        await asyncio.Event().wait()
        yield

    async def pending(self) -> list[InboxRow]:
        if self.fail:
            raise StorageFailed("it is away")
        return await super().pending()


async def after_a_stop(*, fails: bool = False) -> Status:
    """Where an execution stands whose retry fell due, and which was paused, while its machine was
    suspended."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, SimulatedLoop)
    house, clock = House(), Suspended(loop)
    house.clock = clock  # type: ignore[assignment]
    journal = Deaf(house)
    async with house.process(journal=journal, agents=[busy(60)]) as process:
        execution = await process.start("q", plan=RETRIES)
        await until(process, execution.id, lambda event: event.state == "retrying")
        clock.suspend(3600)
        await journal.send(parse_id(execution.id) or 0, InboxKind.PAUSE, encode(Order(by="dana")))
        journal.fail = fails
        await asyncio.sleep(LOOK_S + 1)
        return (await process.get(execution.id)).status


@on_virtual_time
async def test_a_pause_that_was_written_meanwhile_wins_over_a_retry() -> None:
    assert await after_a_stop() is Status.PAUSED


@on_virtual_time
async def test_an_inbox_that_cannot_be_read_holds_no_timer_up() -> None:
    assert await after_a_stop(fails=True) is Status.COMPLETED
