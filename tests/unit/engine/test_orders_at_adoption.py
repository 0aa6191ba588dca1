"""Who takes an interrupted execution on carries out the orders that wait for it, and only then does
again what was under way."""

from __future__ import annotations

import asyncio

import pytest
from tests.unit.engine.house import House, Out, Process, finding, plan, until
from tests.unit.engine.test_several_processes import die

from tizmor.core.ids import parse_id
from tizmor.core.plan import Plan, Step
from tizmor.engine.limits import LIMITS, Limits
from tizmor.engine.orders import Order, encode
from tizmor.engine.views import Status
from tizmor.ports.agent import Agent, AgentContext, agent
from tizmor.ports.journal import InboxKind
from tizmor.ports.planner import PlanRequest

BY_DANA = encode(Order(by="dana"))


class Counted:
    """A read, and its preparation, that never end; each counts how often it began."""

    def __init__(self, *, prepares: bool = False) -> None:
        self.begun = 0
        self.again = asyncio.Event()
        self.agent = self._made(prepares)

    def _made(self, prepares: bool) -> Agent:
        @agent(name="Counted")
        async def counted(*, ctx: AgentContext) -> Out:
            """Begin."""
            return await self._begin(ctx)

        if prepares:

            @counted.prepare
            async def prepare(*, ctx: AgentContext) -> object:
                return await self._begin(ctx)

        return counted

    async def _begin(self, ctx: AgentContext) -> Out:
        self.begun += 1
        if self.begun > 1:
            self.again.set()
        ctx.progress("on it")
        await asyncio.Event().wait()
        return Out()


async def take_on(process: Process, execution: str, how: str) -> None:
    if how == "all at once":
        await process.resume_all()
    else:
        await process._ownership.adopt(await process._stored(execution))


async def interrupted(house: House, agents: list[Agent], kind: InboxKind) -> str:
    """An execution whose process died in a call, and for which an order was written since."""
    async with house.process(agents=agents) as first:
        execution = await first.start("q", plan=plan(Step(id="c", agent="Counted")))
        await until(first, execution.id, finding)
        die(first)
        writer = house.open_journal()
        await writer.send(parse_id(execution.id) or 0, kind, BY_DANA)
        await writer.close()
    return execution.id


@pytest.mark.parametrize("how", ["all at once", "it alone"])
@pytest.mark.parametrize("prepares", [False, True])
@pytest.mark.parametrize(
    ("kind", "status"),
    [(InboxKind.CANCEL, Status.CANCELLED), (InboxKind.PAUSE, Status.PAUSED)],
)
async def test_an_order_that_waits_is_carried_out_before_anything_is_done_again(
    any_house: House, kind: InboxKind, status: Status, prepares: bool, how: str
) -> None:
    counted = Counted(prepares=prepares)
    execution = await interrupted(any_house, [counted.agent], kind)
    async with any_house.process(agents=[counted.agent]) as second:
        await take_on(second, execution, how)
        assert (await second.result(execution)).status is status
    assert counted.begun == 1


@pytest.mark.parametrize("limits", [LIMITS, Limits(calls=8, live=1)])
async def test_a_paused_one_goes_on_when_it_is_told_to(house: House, limits: Limits) -> None:
    counted = Counted(prepares=True)
    execution = await interrupted(house, [counted.agent], InboxKind.PAUSE)
    async with house.process(agents=[counted.agent], limits=limits) as second:
        await second.resume_all()
        assert (await second.result(execution)).status is Status.PAUSED
        await second.resume(execution)
        await counted.again.wait()
        await second.cancel(execution)
        assert (await second.result(execution)).status is Status.CANCELLED


async def test_no_plan_is_made_for_what_is_paused_and_one_is_when_it_goes_on(
    house: House,
) -> None:
    asked: list[str] = []
    thinking = asyncio.Event()

    class Thinks:
        async def plan(self, request: PlanRequest) -> Plan:
            asked.append(request.text)
            thinking.set()
            if len(asked) == 1:
                await asyncio.Event().wait()
            return plan(Step(id="r", agent="Read", arguments={"text": "x"}))

    house.planner = Thinks()  # type: ignore[assignment]
    async with house.process() as first:
        execution = await first.start("q")
        await thinking.wait()
        die(first)
        await house.open_journal().send(parse_id(execution.id) or 0, InboxKind.PAUSE, BY_DANA)
    async with house.process() as second:
        await second.resume_all()
        assert (await second.result(execution.id)).status is Status.PAUSED
        assert len(asked) == 1
        await second.resume(execution.id)
        assert (await second.result(execution.id)).status is Status.COMPLETED
        assert len(asked) == 2
