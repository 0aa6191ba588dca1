"""Time passes for executions that have no room in memory as it does for all others."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable

import pytest
from tests.unit.engine.house import House, finding, gate_opened, let_go, meet, plan, until

from tizmor.core.commands import Timer
from tizmor.core.errors import Transient
from tizmor.core.ids import parse_id
from tizmor.core.plan import Step
from tizmor.drivers.simulated.clock import SimulatedClock
from tizmor.drivers.simulated.loop import SimulatedLoop
from tizmor.engine.limits import Limits
from tizmor.engine.timers import Timers
from tizmor.engine.views import Status
from tizmor.ports.agent import Agent, AgentContext, agent
from tizmor.ports.journal import StoredExecution
from tizmor.ports.vocabulary import Value
from tizmor.storage.memory import MemoryJournal

ONE = Limits(calls=8, live=1)


class Nothing(Value, frozen=True):
    pass


def busy(delay_s: float) -> Agent:
    @agent(name="Busy")
    async def busy(*, ctx: AgentContext) -> Nothing:
        """Work at the second attempt."""
        if ctx.attempt == 1:
            raise Transient("busy", retry_after_s=delay_s)
        return Nothing()

    return busy


RETRIES = plan(Step(id="b", agent="Busy"))
SLOW = plan(Step(id="s", agent="Slow"))


def on_virtual_time(test: Callable[[], Awaitable[None]]) -> Callable[[], None]:
    """The test runs on a loop whose time is virtual: nothing sleeps."""

    def run() -> None:
        loop = SimulatedLoop(lambda n: 0)
        try:
            loop.run_until_complete(test())
        finally:
            loop.close()

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return run


def virtual_house() -> tuple[House, SimulatedLoop, SimulatedClock]:
    """A workspace in virtual time, its loop and its clock."""
    house, loop = House(), asyncio.get_running_loop()
    assert isinstance(loop, SimulatedLoop)
    clock = SimulatedClock(loop)
    house.clock = clock  # type: ignore[assignment]
    return house, loop, clock


@pytest.mark.parametrize("room", ["is made", "is short"])
@pytest.mark.parametrize("back_s", [5, 3600])
def test_a_clock_that_is_set_back_holds_back_no_retry_of_one_that_rests(
    room: str, back_s: int
) -> None:
    """Its timer fires by the time that passes, whatever the clock says then."""

    async def run() -> None:
        house, loop, clock = virtual_house()
        agents = [busy(10), *house.agents.all()]
        async with house.process(agents=agents, limits=ONE) as process:
            execution = await process.start("q", plan=RETRIES)
            begun = loop.time()
            await until(process, execution.id, lambda event: event.state == "retrying")
            other = await process.start("q", plan=plan(meet("m")))
            await until(process, other.id, gate_opened)
            await let_go(process, execution.id)
            if room == "is short":
                runs = await process.start("q", plan=SLOW)
                await until(process, runs.id, finding)
            await asyncio.sleep(9)
            clock.shift(-back_s)
            loop.call_later(3, house.agents.hold.set)
            assert (await process.result(execution.id)).status is Status.COMPLETED
            assert loop.time() - begun < (12.1 if room == "is short" else 10.1)

    on_virtual_time(run)()


async def test_a_deadline_ends_one_for_which_there_is_no_room(house: House) -> None:
    async with house.process(limits=ONE) as process:
        runs = await process.start("q", plan=SLOW)
        await until(process, runs.id, finding)
        held = await process.start("q", plan=plan(meet("m")), deadline=dt.timedelta(seconds=0.1))
        async with asyncio.timeout(5):
            assert (await process.result(held.id)).status is Status.FAILED
        assert (await process.get(runs.id)).status is Status.RUNNING
        house.agents.hold.set()
        assert (await process.result(runs.id)).status is Status.COMPLETED
    assert house.agents.did == ["Slow"]


async def test_a_deadline_ends_one_that_rests_though_there_is_no_room(house: House) -> None:
    async with house.process(limits=ONE) as process:
        rests = await process.start("q", plan=plan(meet("m")), deadline=dt.timedelta(seconds=0.3))
        await until(process, rests.id, gate_opened)
        runs = await process.start("q", plan=SLOW)
        await until(process, runs.id, finding)
        await let_go(process, rests.id)
        async with asyncio.timeout(5):
            assert (await process.result(rests.id)).status is Status.FAILED
        assert (await process.get(runs.id)).status is Status.RUNNING
        house.agents.hold.set()


async def test_of_many_that_have_a_deadline_and_no_room_all_end_in_time(house: House) -> None:
    async with house.process(limits=ONE) as process:
        runs = await process.start("q", plan=SLOW)
        await until(process, runs.id, finding)
        soon = dt.timedelta(seconds=0.2)
        held = [await process.start("q", plan=SLOW, deadline=soon) for _ in range(200)]
        async with asyncio.timeout(10):
            for execution in held:
                assert (await process.result(execution.id)).status is Status.FAILED
        house.agents.hold.set()


class Counting(MemoryJournal):
    """A journal that counts how often one execution is looked at."""

    def __init__(self, house: House) -> None:
        super().__init__(house.memory, "counting")
        self.looks = 0

    async def get(self, execution: int) -> StoredExecution | None:
        self.looks += 1
        return await super().get(execution)


@on_virtual_time
async def test_who_follows_one_that_rests_waits_for_news_and_hears_them_at_once() -> None:
    house, loop, _ = virtual_house()
    journal = Counting(house)
    agents = [busy(10), *house.agents.all()]
    async with house.process(journal=journal, agents=agents, limits=ONE) as process:
        execution = await process.start("q", plan=RETRIES)
        begun = loop.time()
        await until(process, execution.id, lambda event: event.state == "retrying")
        waits = await process.start("q", plan=plan(meet("m")))
        await until(process, waits.id, gate_opened)
        await let_go(process, execution.id)
        assert process.pump.rests(parse_id(execution.id) or 0)
        journal.looks = 0
        done = await process.result(execution.id)
        assert done.status is Status.COMPLETED
        assert loop.time() - begun < 10.1
        assert journal.looks < 10


@on_virtual_time
async def test_a_timer_that_is_set_again_for_the_same_time_fires_when_it_would_have() -> None:
    """Though the clock was set back in between."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, SimulatedLoop)
    clock = SimulatedClock(loop)
    fired: list[float] = []
    timers = Timers(clock, lambda *timer: fired.append(loop.time()))
    due_ms = clock.now_ms() + 60_000
    timers.set(1, "s", Timer.RETRY, due_ms)
    clock.shift(-3600)
    timers.set(1, "s", Timer.RETRY, due_ms)
    await asyncio.sleep(100)
    assert [round(at) for at in fired] == [60]


async def test_the_deadline_of_one_that_ran_is_known_to_who_takes_it_on_and_has_no_room(
    house: House,
) -> None:
    agents = house.agents.all()
    async with house.process(agents=agents) as first:
        soon = dt.timedelta(seconds=0.3)
        execution = await first.start("q", plan=SLOW, deadline=soon)
        await until(first, execution.id, finding)
    async with house.process(agents=agents, limits=ONE) as second:
        runs = await second.start("q", plan=SLOW)
        await until(second, runs.id, finding)
        await second.resume_all()
        assert second.pump.rests(parse_id(execution.id) or 0)
        async with asyncio.timeout(5):
            assert (await second.result(execution.id)).status is Status.FAILED
        assert (await second.get(runs.id)).status is Status.RUNNING
        house.agents.hold.set()
