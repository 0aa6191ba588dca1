"""budget: no more is used than may be, however many calls run side by side.

The most that a call may use is reserved before it, and settled with what it has used after. A call
that was not made gives all of it back; one of whose end nothing is known counts in full.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable

from msgspec import structs

from tizmor.core.budgets import MEASURES, worded
from tizmor.core.plan import Effect, Exhausted
from tizmor.pipeline.call import Call
from tizmor.pipeline.compose import Next
from tizmor.pipeline.meter import bound, cost
from tizmor.pipeline.shares import Share, Shares
from tizmor.pipeline.verdicts import OverBudget, Verdict, Wait
from tizmor.ports.budgets import Budgets, Busy, Claim, Lacking, Reserved
from tizmor.ports.clock import Clock
from tizmor.ports.context import CHEAPER
from tizmor.ports.locks import Holder

_PAID = (MEASURES.index("tokens"), MEASURES.index("usd"))
_TIME = MEASURES.index("time")
_OF = {
    "step": "this step's",
    "execution": "this execution's",
    "workspace": "the workspace's",
    "day": "the day's",
}


class Budget:
    name = "budget"

    def __init__(self, budgets: Budgets, shares: Shares, clock: Clock) -> None:
        self._budgets = budgets
        self._shares = shares
        self._every = shares.of_every_call
        self._clock = clock
        self._numbers = itertools.count(1)

    def __call__(self, call: Call, inner: Next) -> Awaitable[Verdict]:
        step = call.step
        if step.costs is None and step.budget is None and call.budget is None and not self._every:
            return inner(call)
        return self._bounded(call, inner)

    async def _bounded(self, call: Call, inner: Next) -> Verdict:
        share = self._shares(call)
        if share is None:
            return await inner(call)
        claim = Claim(
            Holder(call.execution, call.step.id),
            call.context.attempt,
            next(self._numbers),
            call.step.effect is not Effect.READ,
        )
        try:
            answer = await self._reserve(claim, share, call)
        except asyncio.CancelledError:
            await self._budgets.give_back(claim)  # it has asked, and will never hear the answer
            raise
        match answer:
            case Busy():
                return Wait(f"budget:{answer.bound.name}")
            case Lacking():
                return _over(answer, share)
        if any(each.measure == _TIME for each in share.bounds):
            call.step = structs.replace(call.step, timeout_s=answer.amounts.ms / 1000)
        return await self._settled(claim, call, inner)

    async def _reserve(self, claim: Claim, share: Share, call: Call) -> Reserved | Lacking | Busy:
        wanted, costs = share.wanted, call.step.costs
        answer = await self._budgets.reserve(claim, wanted, share.accounts, share.bounds)
        cheaper = None if costs is None else costs.cheaper
        if not isinstance(answer, Lacking) or cheaper is None:
            return answer
        if Exhausted.CHEAPER not in share.policy or answer.bound.measure not in _PAID:
            return answer
        call.step = structs.replace(call.step, costs=cheaper)
        call.context.tier = CHEAPER
        less = bound(cheaper)
        wanted = wanted._replace(tokens=less.tokens, microusd=less.microusd)
        return await self._budgets.reserve(claim, wanted, share.accounts, share.bounds)

    async def _settled(self, claim: Claim, call: Call, inner: Next) -> Verdict:
        began = self._clock.monotonic()
        verdict: Verdict | None = None
        try:
            verdict = await inner(call)
        finally:
            if call.begun:
                ms = round((self._clock.monotonic() - began) * 1000)
                spent = cost(call, verdict)._replace(ms=ms, calls=1)
                await self._budgets.settle(claim, spent)
            else:
                await self._budgets.give_back(claim)
        return verdict


def _over(lacking: Lacking, share: Share) -> OverBudget:
    name, limit = lacking.bound.name, lacking.bound.limit
    scope, _, measure = name.partition(".")
    error = (
        f"{_OF[scope]} budget of {worded(measure, limit)} ({name}) doesn't"
        f" suffice: {worded(measure, lacking.spent)} spent, and this call may take"
        f" {worded(measure, lacking.wanted)}"
    )
    needed = lacking.spent + lacking.wanted - limit
    return OverBudget(name, error, needed, limit, share.policy)
