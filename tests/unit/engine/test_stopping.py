"""A call that is told to stop has a bounded time to do so; what it did is then known, or asked."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest
from tests.unit.engine.house import House, Out, Process, finding, plan, read, until

from tizmor.core.errors import OutcomeUnknown, Permanent
from tizmor.core.plan import Effect, OnFailure, Plan, Step
from tizmor.engine.views import Execution, Status
from tizmor.ports.agent import Agent, AgentContext, agent
from tizmor.ports.planner import PlanRequest


class Stubborn:
    """An agent whose call goes on until it is cut off, or until it looks at `ctx.stopping`."""

    def __init__(
        self, effect: Effect, *, obeys: bool = False, happened: bool | None = None
    ) -> None:
        self.obeys = obeys
        self.cut_off = False
        self.agent = self._made(effect, happened)

    def _made(self, effect: Effect, happened: bool | None) -> Agent:
        @agent(name="Stubborn", effect=effect)
        async def stubborn(*, ctx: AgentContext) -> Out:
            """Go on."""
            ctx.progress("on it")
            try:
                await self._work(ctx)
            except asyncio.CancelledError:
                self.cut_off = True
                raise
            return Out(value="done so far")

        if happened is not None:

            @stubborn.probe
            async def probe(key: str, *, ctx: AgentContext) -> Out | None:
                return Out(value="it did") if happened else None

        return stubborn

    async def _work(self, ctx: AgentContext) -> None:
        """Piece by piece, looking between them whether it is to stop, if it looks at all."""
        for _ in range(100_000):
            await asyncio.sleep(0)
            if self.obeys and ctx.stopping:
                return
        await asyncio.Event().wait()

    def step(self, **more: object) -> Step:
        return Step(id="s", agent="Stubborn", on_failure=OnFailure.FAIL, **more)  # type: ignore[arg-type]


async def cancelled(house: House, it: Stubborn, *, grace_s: float = 0.05) -> tuple[str, str]:
    """How a cancel of its running call ends: the execution's status and the step's state."""
    async with house.process(agents=[it.agent], grace_s=grace_s) as process:
        execution = await process.start("q", plan=plan(it.step()))
        await until(process, execution.id, finding)
        await process.cancel(execution.id)
        done = await process.result(execution.id)
        return done.status.value, done.steps[0].state


async def test_who_looks_whether_it_is_to_stop_ends_well_in_its_own_time(house: House) -> None:
    it = Stubborn(Effect.COMPENSATABLE, obeys=True)
    assert await cancelled(house, it, grace_s=10) == ("CANCELLED", "succeeded")
    assert not it.cut_off


@pytest.mark.parametrize(("happened", "state"), [(True, "succeeded"), (False, "failed")])
async def test_who_does_not_stop_is_cut_off_and_what_it_did_is_found_out(
    house: House, happened: bool, state: str
) -> None:
    it = Stubborn(Effect.COMPENSATABLE, happened=happened)
    assert await cancelled(house, it) == ("CANCELLED", state)
    assert it.cut_off


async def test_where_nothing_tells_what_it_did_that_is_said(house: House) -> None:
    it = Stubborn(Effect.COMPENSATABLE)
    assert await cancelled(house, it) == ("CANCELLED", "failed")


async def test_a_read_is_cut_off_at_once(house: House) -> None:
    it = Stubborn(Effect.READ)
    assert await cancelled(house, it, grace_s=1000) == ("CANCELLED", "cancelled")


async def test_a_step_that_is_out_of_time_is_stopped_in_the_same_way(house: House) -> None:
    it = Stubborn(Effect.COMPENSATABLE, happened=True)
    async with house.process(agents=[it.agent], grace_s=0.02) as process:
        execution = await process.start("q", plan=plan(it.step(deadline_s=0.05)))
        done = await process.result(execution.id)
    assert (done.status.value, done.steps[0].state) == ("COMPLETED", "succeeded")
    assert it.cut_off


async def test_a_read_that_is_out_of_time_fails_and_the_rest_goes_on(house: House) -> None:
    it = Stubborn(Effect.READ)
    agents = [it.agent, house.agents.read()]
    async with house.process(agents=agents) as process:
        steps = plan(it.step(deadline_s=0.05), read("r"))
        done = await process.result((await process.start("q", plan=steps)).id)
    assert [s.state for s in done.steps] == ["failed", "succeeded"]
    assert done.steps[0].error == "its deadline has passed"


async def test_a_preparation_that_is_out_of_time_is_not_waited_for(house: House) -> None:
    @agent(name="Prepares")
    async def prepares(*, ctx: AgentContext) -> Out:
        """Never get there."""
        return Out()

    @prepares.prepare
    async def prepare(*, ctx: AgentContext) -> object:
        await asyncio.Event().wait()
        return {}

    async with house.process(agents=[prepares]) as process:
        steps = plan(Step(id="p", agent="Prepares", deadline_s=0.05))
        async with asyncio.timeout(3):
            done = await process.result((await process.start("q", plan=steps)).id)
    assert done.steps[0].state == "failed"


async def test_an_execution_that_is_out_of_time_stops_everything(house: House) -> None:
    it = Stubborn(Effect.COMPENSATABLE, happened=True)
    async with house.process(agents=[it.agent], grace_s=0.02) as process:
        execution = await process.start(
            "q", plan=plan(it.step()), deadline=dt.timedelta(milliseconds=100)
        )
        done = await process.result(execution.id)
    assert (done.status, done.steps[0].state) == (Status.FAILED, "succeeded")


class Hangs:
    """An agent, or a planner, of which one part never ends; `hung` is set once it is there."""

    def __init__(self) -> None:
        self.hung = asyncio.Event()

    async def hang(self) -> None:
        self.hung.set()
        await asyncio.Event().wait()

    async def plan(self, request: PlanRequest) -> Plan:
        if request.failure is not None or request.text != "replan":
            await self.hang()
        return Plan(goal="g", planner="test/1", steps=(Step(id="s", agent="Refuses"),))

    def prepares(self, effect: Effect) -> Agent:
        @agent(name="Prepares", effect=effect)
        async def prepares(*, ctx: AgentContext) -> Out:
            """Never get there."""
            raise AssertionError("it was called")

        @prepares.prepare
        async def prepare(*, ctx: AgentContext) -> object:
            await self.hang()
            return {}

        return prepares

    def probes(self) -> Agent:
        @agent(name="Probes", effect=Effect.COMPENSATABLE)
        async def probes(*, ctx: AgentContext) -> Out:
            """Lose the answer."""
            raise OutcomeUnknown("the line went dead")

        @probes.probe
        async def probe(key: str, *, ctx: AgentContext) -> Out | None:
            await self.hang()
            return None

        return probes


def refuses() -> Agent:
    @agent(name="Refuses")
    async def refuses(*, ctx: AgentContext) -> Out:
        """Fail for good."""
        raise Permanent("no")

    return refuses


@pytest.fixture(params=["cancel", "deadline"])
def how(request: pytest.FixtureRequest) -> str:
    """What brings an execution to its end before it is done."""
    return str(request.param)


async def stopped(
    process: Process, it: Hangs, how: str, query: str, steps: Plan | None
) -> Execution:
    """One that is cancelled, or out of time, when it hangs."""
    soon = dt.timedelta(seconds=0.2) if how == "deadline" else None
    execution = await process.start(query, plan=steps, deadline=soon)
    await it.hung.wait()
    if how == "cancel":
        await process.cancel(execution.id)
    async with asyncio.timeout(3):
        return await process.result(execution.id)


ENDS = {"cancel": Status.CANCELLED, "deadline": Status.FAILED}


@pytest.mark.parametrize("query", ["plan", "replan"])
async def test_a_planner_that_hangs_is_cut_off(house: House, how: str, query: str) -> None:
    it = Hangs()
    house.planner = it  # type: ignore[assignment]
    async with house.process(agents=[refuses()], grace_s=1000) as process:
        done = await stopped(process, it, how, query, None)
    assert done.status is ENDS[how]


@pytest.mark.parametrize("effect", [Effect.READ, Effect.IRREVERSIBLE])
async def test_a_preparation_that_hangs_is_cut_off(house: House, how: str, effect: Effect) -> None:
    it = Hangs()
    async with house.process(agents=[it.prepares(effect)], grace_s=1000) as process:
        steps = plan(Step(id="s", agent="Prepares"))
        done = await stopped(process, it, how, "q", steps)
    assert (done.status, done.steps[0].state) == (ENDS[how], "cancelled")


async def test_a_probe_that_hangs_is_cut_off_after_its_grace_and_tells_nothing(
    house: House, how: str
) -> None:
    it = Hangs()
    async with house.process(agents=[it.probes()], grace_s=0.05) as process:
        steps = plan(Step(id="s", agent="Probes", on_failure=OnFailure.FAIL))
        done = await stopped(process, it, how, "q", steps)
    assert (done.status, done.steps[0].state) == (ENDS[how], "failed")
    assert "may have happened" in (done.steps[0].error or "")
