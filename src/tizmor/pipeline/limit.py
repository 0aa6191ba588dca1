"""limit: nothing outside is called more often than it allows.

A call that finds its quota used up stands in line and is held; its turn comes once. A place that
isn't used, because the call has to wait for something else or is not made, goes to who is next.
What the outside has said itself is heeded for all calls that go there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from tizmor.pipeline.call import Call
from tizmor.pipeline.compose import Next
from tizmor.pipeline.meter import cost
from tizmor.pipeline.rules import spent_of, told_by_api
from tizmor.pipeline.verdicts import Failed, Stale, Unknown, Verdict, Wait
from tizmor.ports.locks import Holder
from tizmor.ports.quotas import Later, Left, Quotas, Use

Uses = Callable[[Call], Sequence[Use]]
"""The quotas that a call counts against, the narrowest first."""


class Limit:
    name = "limit"

    def __init__(self, quotas: Quotas, uses: Uses) -> None:
        self._quotas = quotas
        self._uses = uses

    def __call__(self, call: Call, inner: Next) -> Awaitable[Verdict]:
        uses = self._uses(call)
        return self._limited(call, inner, uses) if uses else inner(call)

    async def _limited(self, call: Call, inner: Next, uses: Sequence[Use]) -> Verdict:
        holder = Holder(call.execution, call.step.id)
        try:
            answer = await self._quotas.take(holder, uses)
        except asyncio.CancelledError:
            await self._quotas.leave(holder)  # it has asked, and will never hear the answer
            raise
        if isinstance(answer, Later):
            return Wait(f"limit:{answer.name}", answer.at_ms)
        verdict: Verdict | None = None
        try:
            verdict = await inner(call)
        finally:
            if call.begun:
                await self._quotas.used(holder, spent_of(uses, cost(call, verdict).tokens))
            elif isinstance(verdict, Wait):
                await self._quotas.stand_back(holder)
            else:
                await self._quotas.leave(holder)
        left = _said(call, verdict)
        if left is not None and (name := told_by_api(uses)):
            await self._quotas.heed(name, left)
        return verdict


def _said(call: Call, verdict: Verdict) -> Left | None:
    """What the outside has said of how often it may be called: in an answer's header fields, or by
    way of what the agent raised."""
    if isinstance(verdict, Failed | Stale | Unknown) and verdict.retry_after_s is not None:
        return Left(0, round(verdict.retry_after_s * 1000))
    return call.context.allowance
