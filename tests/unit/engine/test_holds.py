"""Steps that stand in line, over the tables that processes share."""

from __future__ import annotations

import asyncio

import pytest

from tizmor.core.plan import Resource
from tizmor.core.state import State
from tizmor.drivers.embedded.clock import SystemClock
from tizmor.engine.holds import FALLBACK_S, Holds
from tizmor.engine.live import Live
from tizmor.ports.locks import Held, Holder, Taken
from tizmor.ports.quotas import Later, Quota, Slot, Use
from tizmor.storage.memory import MemoryDatabase, MemoryJournal

CALENDAR = [Resource(name="calendar:me")]
A, B, C, D = (Holder(number, "step") for number in range(1, 5))


class House:
    """One process. `gone_on` are the steps whose turn has come, in order."""

    def __init__(self) -> None:
        self.journal: MemoryJournal = MemoryDatabase().open()
        self.gone_on: asyncio.Queue[Holder] = asyncio.Queue()
        self.on_disk = asyncio.Event()
        self.holds = Holds(
            self.journal, SystemClock(), go_on=self.gone_on.put_nowait, durable=self._durable
        )

    async def next(self) -> Holder:
        async with asyncio.timeout(FALLBACK_S / 2):
            return await self.gone_on.get()

    async def _durable(self, live: Live) -> None:
        await self.on_disk.wait()


async def test_a_turn_that_came_before_it_was_known_who_is_held_is_not_lost() -> None:
    """What it waits for is freed after it was told to wait, and before it is seen to be held."""
    house = House()
    locks = house.journal.sharing.locks
    await locks.acquire(A, CALENDAR)
    await locks.acquire(B, [Resource(name="file:a")])
    await locks.acquire(C, [Resource(name="file:a")])
    await locks.acquire(D, CALENDAR)
    house.holds.add(C, None)
    await asyncio.sleep(0)
    await locks.release(A)
    house.holds.look()
    for _ in range(5):
        await asyncio.sleep(0)
    house.holds.add(D, None)
    assert await house.next() == D


async def test_a_turn_that_was_seen_twice_is_used_once() -> None:
    """Before who was told has come for it, another look sees it again. By then it waits for
    something else, and isn't told of a turn that it has had."""
    house = House()
    sharing, use = house.journal.sharing, Use("api", Quota(1, 3_600_000))
    await sharing.locks.acquire(B, CALENDAR)
    await sharing.quotas.take(B, [use])
    await sharing.locks.acquire(C, CALENDAR)
    house.holds.add(C, None)
    assert isinstance(await sharing.quotas.take(A, [use]), Later)
    house.holds.add(A, None)
    await sharing.quotas.leave(B)
    house.holds.look()
    assert await house.next() == A
    house.holds.look()
    for _ in range(5):
        await asyncio.sleep(0)
    assert await sharing.quotas.take(A, [use]) == Slot()
    assert await sharing.locks.acquire(A, CALENDAR) == Taken("calendar:me")
    await sharing.quotas.stand_back(A)
    house.holds.add(A, None)
    for _ in range(5):
        await asyncio.sleep(0)
    assert house.gone_on.empty()


async def test_who_comes_later_and_whose_turn_is_sooner_isnt_kept_waiting() -> None:
    house = House()
    quotas = house.journal.sharing.quotas
    slow, quick = Use("slow", Quota(1, 3_600_000)), Use("quick", Quota(1, 50))
    for holder, use in ((A, slow), (B, quick)):
        await quotas.take(holder, [use])
        await quotas.used(holder)
    waits = await quotas.take(C, [slow])
    assert isinstance(waits, Later)
    house.holds.add(C, waits.at_ms)
    for _ in range(5):
        await asyncio.sleep(0)
    waits = await quotas.take(D, [quick])
    assert isinstance(waits, Later)
    house.holds.add(D, waits.at_ms)
    assert await house.next() == D


async def test_what_is_given_back_is_not_taken_again_before_that() -> None:
    """Else what is taken anew would be given back under the running call."""
    house = House()
    locks = house.journal.sharing.locks
    live = Live(State(A.execution), epoch=1, seq=0, create=None)
    assert isinstance(await locks.acquire(A, CALENDAR), Held)
    house.holds.release(live, A.step)
    assert house.holds.releases(live, A.step)
    begun = asyncio.Event()
    house.holds.once_released(live, A.step, begun.set)
    for _ in range(5):
        await asyncio.sleep(0)
    assert not begun.is_set()
    house.on_disk.set()
    async with asyncio.timeout(5):
        await begun.wait()
    assert isinstance(await locks.acquire(B, CALENDAR), Held)
    assert not house.holds.releases(live, A.step)


async def test_what_is_taken_while_it_is_given_back_is_given_back_too() -> None:
    """A call that was under way when its step was ended comes to stand in line behind the first."""
    house = House()
    house.on_disk.set()
    sharing, use = house.journal.sharing, Use("api", Quota(1, 3_600_000))
    live = Live(State(A.execution), epoch=1, seq=0, create=None)
    await sharing.quotas.take(B, [use])
    house.holds.release(live, A.step)
    taking = asyncio.create_task(sharing.quotas.take(A, [use]))
    await asyncio.sleep(0)
    assert isinstance(taking.result(), Later)
    house.holds.release(live, A.step)
    released = asyncio.Event()
    house.holds.once_released(live, A.step, released.set)
    async with asyncio.timeout(5):
        await released.wait()
    assert A not in await sharing.standing()


async def test_all_that_are_taken_over_in_one_go_are_looked_after_by_one_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    house = House()
    looks: list[dict[int, dict[str, int]]] = []

    async def take_over(begun: dict[int, dict[str, int]]) -> None:
        looks.append(begun)

    monkeypatch.setattr(house.journal.sharing.budgets, "take_over", take_over)
    for numbers in ((1, 2, 3), (4,)):
        for number in numbers:
            house.holds.take_over(Live(State(number), epoch=2, seq=1, create=None))
        for _ in range(3):
            await asyncio.sleep(0)
    assert looks == [{1: {}, 2: {}, 3: {}}, {4: {}}]
