"""Budgets, breakers and figures in a whole workspace, by the library."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec

from tizmor import Tizmor
from tizmor.core.errors import Transient
from tizmor.core.plan import Budget, Exhausted, ForEach, Plan, RetryPolicy, Step
from tizmor.engine.views import Status
from tizmor.ports.agent import AgentContext, Costs, agent
from tizmor.ports.budgets import budgeting
from tizmor.settings import Settings


class Said(msgspec.Struct):
    text: str


class Model:
    """An agent that costs something; notes its calls, and how many run at once."""

    def __init__(self) -> None:
        self.calls = 0
        self.most = 0
        running = 0

        @agent(name="Model", costs=Costs(tokens=100, usd=0.1), retry=RetryPolicy(attempts=1))
        async def model(text: str = "", *, ctx: AgentContext) -> Said:
            """Say something."""
            nonlocal running
            self.calls += 1
            running += 1
            self.most = max(self.most, running)
            await asyncio.sleep(0)
            running -= 1
            ctx.spend(tokens=50, usd=0.05)
            if text == "bad":
                raise Transient("overloaded")
            return Said(text=text)

        self.agent = model


def many(count: int) -> Plan:
    each = ForEach(items=[str(n) for n in range(count)], width=count)
    return Plan(goal="g", steps=(Step(id="say", agent="Model", for_each=each),))


async def test_calls_side_by_side_use_no_more_than_an_execution_may(tmp_path: Path) -> None:
    """Room for ten at once by what they may cost, and for nineteen by what they do: the last is
    refused for what it might."""
    model = Model()
    async with Tizmor.open(tmp_path, agents=[model.agent]) as tizmor:
        execution = await tizmor.start("say", plan=many(40), budget=Budget(usd=1.0))
        done = await tizmor.result(execution.id)
        assert (model.calls, model.most <= 10) == (19, True)
        assert (done.tokens, round(done.cost_usd, 6)) == (950, 0.95)
        views = {(v.scope, v.measure): v for v in await tizmor.budgets(execution.id)}
        money = views["execution", "usd"]
        assert (money.limit, money.spent, money.reserved) == (1.0, 0.95, 0.0)


async def test_all_executions_of_a_day_share_its_budget_and_a_human_may_raise_it(
    tmp_path: Path,
) -> None:
    model = Model()
    rule = budgeting({"day.calls": 3, "exhausted": "ask"})
    async with Tizmor.open(
        tmp_path, agents=[model.agent], settings=Settings(budgets=rule)
    ) as tizmor:
        first = await tizmor.start("say", plan=many(3))
        assert (await tizmor.result(first.id)).status is Status.COMPLETED
        second = await tizmor.start("say", plan=many(1))
        waiting = await tizmor.result(second.id)
        assert waiting.status is Status.WAITING
        assert "day.calls" in waiting.waiting_for[0].text
        await tizmor.answer(second.id, "1")
        assert (await tizmor.result(second.id)).status is Status.COMPLETED
        assert model.calls == 4


async def test_what_a_failed_call_cost_is_in_the_result_and_in_the_figures(
    tmp_path: Path,
) -> None:
    model = Model()
    bad = Step(id="say", agent="Model", arguments={"text": "bad"})
    async with Tizmor.open(tmp_path, agents=[model.agent]) as tizmor:
        execution = await tizmor.start("say", plan=Plan(goal="g", steps=(bad,)))
        done = await tizmor.result(execution.id)
        assert (done.status, done.tokens, done.steps[0].tokens) == (Status.FAILED, 50, 50)
        figures = {f.agent: f for f in await tizmor.metrics()}["Model"]
        assert (figures.steps, figures.failed, figures.tokens) == (1, 1, 50)
        assert figures.microusd == 50_000


async def test_a_plan_bounds_its_steps(tmp_path: Path) -> None:
    model = Model()
    plan = many(5)
    bounded = msgspec.structs.replace(
        plan.steps[0], budget=Budget(calls=2, exhausted=(Exhausted.STOP,))
    )
    async with Tizmor.open(tmp_path, agents=[model.agent]) as tizmor:
        execution = await tizmor.start("say", plan=msgspec.structs.replace(plan, steps=(bounded,)))
        done = await tizmor.result(execution.id)
        assert model.calls == 2
        assert sum("step.calls" in (step.error or "") for step in done.steps) == 3
