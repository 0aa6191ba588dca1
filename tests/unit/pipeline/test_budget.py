"""budget and meter: no more is used than may be, and what was used is told."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import pytest
from msgspec import structs
from tests.clocks import SetClock
from tests.unit.pipeline.calls import Inner, agent_that, call_of, nothing

from tizmor.core.budgets import Amounts
from tizmor.core.plan import Budget as Most
from tizmor.core.plan import Costs, Effect, Exhausted
from tizmor.pipeline.budget import Budget
from tizmor.pipeline.call import Call
from tizmor.pipeline.compose import Next
from tizmor.pipeline.meter import Meter
from tizmor.pipeline.shares import Shares
from tizmor.pipeline.verdicts import (
    Completed,
    Failed,
    OverBudget,
    Unknown,
    Verdict,
    Wait,
)
from tizmor.ports.budgets import Budgeting, budgeting
from tizmor.storage.memory import MemoryDatabase

COSTS = Costs(tokens=100, usd=0.5, cheaper=Costs(tokens=100, usd=0.1))
DONE = Completed({})


class Running(SetClock):
    """Its monotonic time goes on with what it was set to."""

    def monotonic(self) -> float:
        return self.now_ms() / 1000


class Purse:
    """The two middlewares over a database in memory."""

    def __init__(self, rule: Budgeting) -> None:
        self.clock = Running()
        self.sharing: Any = MemoryDatabase(now_ms=self.clock.now_ms).open().sharing
        self._budget = Budget(self.sharing.budgets, Shares(rule, self.clock, dt.UTC), self.clock)

    async def send(self, call: Call, inner: Next) -> Verdict:
        async def bounded(call: Call) -> Verdict:
            return await self._budget(call, inner)

        return await Meter()(call, bounded)

    async def standing(self, name: str = "workspace") -> tuple[Amounts, Amounts]:
        (account,) = await self.sharing.budgets.standing([name])
        return account.spent, account.reserved


def a_call(
    effect: Effect = Effect.READ,
    *,
    costs: Costs | None = COSTS,
    timeout_s: float | None = None,
    budget: Most | None = None,
) -> Call:
    call = call_of(agent_that(nothing, effect), timeout_s=timeout_s)
    call.step = structs.replace(call.step, costs=costs)
    call.budget = budget
    return call


def making(verdict: Verdict, purse: Purse | None = None, **spent: Any) -> Next:
    """The rest of a pipeline, in which the call is made, takes a second and reports this."""

    async def inner(call: Call) -> Verdict:
        call.begun = True
        if purse is not None:
            purse.clock.advance(1_000)
        if spent:
            call.context.spend(**spent)
        return verdict

    return inner


async def test_what_the_agent_reported_is_what_it_cost() -> None:
    purse, call = Purse(budgeting({"day.usd": 5})), a_call()
    assert await purse.send(call, making(DONE, purse, tokens=30, usd=0.1234567)) == DONE
    used = Amounts(tokens=30, microusd=123_457, ms=1_000, calls=1)
    assert await purse.standing() == (used, Amounts())
    assert (call.context.tokens, call.context.microusd) == (30, 123_457)


async def test_while_it_runs_all_that_it_may_cost_is_reserved() -> None:
    purse = Purse(budgeting({"day.usd": 5}))
    seen = []

    async def inner(call: Call) -> Verdict:
        call.begun = True
        seen.append(await purse.standing())
        return DONE

    await purse.send(a_call(timeout_s=7), inner)
    assert seen == [(Amounts(), Amounts(tokens=100, microusd=500_000, ms=7_000, calls=1))]


@pytest.mark.parametrize(
    ("effect", "verdict", "counted"),
    [
        (Effect.READ, DONE, True),
        (Effect.READ, Failed("cut", retryable=True), True),
        (Effect.IDEMPOTENT, Failed("refused", retryable=True), False),
        (Effect.IDEMPOTENT, Unknown("cut"), True),
    ],
    ids=["done", "a read that failed", "known to have done nothing", "unknown"],
)
async def test_who_reports_nothing_has_used_all_of_it_unless_it_did_nothing(
    effect: Effect, verdict: Verdict, counted: bool
) -> None:
    purse, call = Purse(budgeting({"day.usd": 5})), a_call(effect)
    await purse.send(call, making(verdict))
    money = 500_000 if counted else 0
    assert (await purse.standing())[0].microusd == money
    assert call.context.microusd == money


async def test_a_call_that_is_not_made_costs_nothing() -> None:
    purse = Purse(budgeting({"day.usd": 5}))
    waits = Wait("lock:calendar:me")
    assert await purse.send(a_call(), Inner(waits)) == waits
    assert await purse.standing() == (Amounts(), Amounts())


async def test_a_call_that_raises_counts_in_full() -> None:
    purse = Purse(budgeting({"day.usd": 5}))

    async def inner(call: Call) -> Verdict:
        call.begun = True
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await purse.send(a_call(), inner)
    assert (await purse.standing())[0].microusd == 500_000


async def test_a_call_that_costs_more_than_is_left_is_not_made() -> None:
    purse, inner = Purse(budgeting({"day.usd": 0.8})), Inner(DONE)
    await purse.send(a_call(), making(DONE))
    verdict = await purse.send(a_call(), inner)
    assert isinstance(verdict, OverBudget)
    assert (verdict.budget, verdict.lacking, verdict.limit) == ("day.usd", 200_000, 800_000)
    assert verdict.error.startswith("the day's budget of 0.8 USD (day.usd) doesn't suffice")
    assert inner.reached == 0


async def test_a_call_for_which_there_may_be_enough_later_waits() -> None:
    purse = Purse(budgeting({"workspace.usd": 0.8}))
    second: list[Verdict] = []

    async def inner(call: Call) -> Verdict:
        call.begun = True
        second.append(await purse.send(a_call(), Inner(DONE)))
        return DONE

    first = a_call()
    first.execution = 2
    await purse.send(first, inner)
    assert second == [Wait("budget:workspace.usd")]


async def test_the_cheaper_way_is_taken_where_the_policy_says_so() -> None:
    for policy, tiers in ((["cheaper"], ["standard", "cheaper"]), (["stop"], ["standard"])):
        purse = Purse(budgeting({"day.usd": 0.8, "exhausted": policy}))
        seen = []

        async def inner(call: Call, seen: list[str] = seen) -> Verdict:
            call.begun = True
            seen.append(call.context.tier)
            return DONE

        await purse.send(a_call(), inner)
        await purse.send(a_call(), inner)
        assert seen == tiers


async def test_what_a_human_has_added_counts() -> None:
    purse, call = Purse(budgeting({"day.usd": 0.8})), a_call()
    await purse.send(a_call(), making(DONE))
    call.raised = {"day.usd": 200_000}
    assert await purse.send(call, making(DONE)) == DONE


async def test_the_smallest_of_all_bounds_counts() -> None:
    purse = Purse(budgeting({"execution.calls": 5}))
    most = Most(calls=1, exhausted=(Exhausted.ASK,))
    await purse.send(a_call(budget=most), making(DONE))
    verdict = await purse.send(a_call(budget=most), Inner(DONE))
    assert isinstance(verdict, OverBudget)
    assert (verdict.limit, verdict.policy) == (1, (Exhausted.ASK,))


async def test_a_day_ends_at_midnight_in_the_workspace() -> None:
    purse = Purse(budgeting({"day.calls": 1}))
    await purse.send(a_call(), making(DONE))
    assert isinstance(await purse.send(a_call(), Inner(DONE)), OverBudget)
    purse.clock.advance(24 * 3_600_000)
    assert await purse.send(a_call(), making(DONE)) == DONE


async def test_where_time_is_bounded_a_call_has_no_more_than_is_left() -> None:
    purse, call = Purse(budgeting({"execution.time": 10})), a_call(costs=None, timeout_s=60)
    await purse.send(call, making(DONE, purse))
    assert call.step.timeout_s == 10
    again = a_call(costs=None, timeout_s=60)
    await purse.send(again, making(DONE, purse))
    assert again.step.timeout_s == 9


async def test_a_call_that_nothing_counts_goes_straight_on() -> None:
    purse, inner = Purse(budgeting({"day.usd": 5})), Inner(DONE)
    assert await purse.send(a_call(costs=None), inner) == DONE
    assert await purse.sharing.budgets.standing(["workspace"]) == []


async def test_who_is_cancelled_while_it_asks_leaves_nothing_reserved() -> None:
    """It has asked, and will never hear the answer."""
    purse = Purse(budgeting({"day.usd": 5}))
    asking = asyncio.Event()
    reserve = purse.sharing.budgets.reserve

    async def slowly(*asked: Any) -> Any:
        await reserve(*asked)
        asking.set()
        await asyncio.Event().wait()

    purse.sharing.budgets.reserve = slowly
    call = asyncio.create_task(purse.send(a_call(), Inner(DONE)))
    await asking.wait()
    assert (await purse.standing())[1].calls == 1
    call.cancel()
    await asyncio.wait([call])
    assert await purse.standing() == (Amounts(), Amounts())
