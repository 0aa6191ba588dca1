"""meter: what a call has cost, as the journal is told.

An agent reports what it used. One that declares a price and reports nothing is taken to have used
all of it, unless it is known to have done nothing. How long a step was queued, held and run needs
no meter: it is in the journal.
"""

from __future__ import annotations

from collections.abc import Awaitable

from tizmor.core.budgets import Amounts, amount
from tizmor.core.plan import Costs, Effect
from tizmor.pipeline.call import Call
from tizmor.pipeline.compose import Next
from tizmor.pipeline.verdicts import Failed, Stale, Verdict


class Meter:
    name = "meter"

    def __call__(self, call: Call, inner: Next) -> Awaitable[Verdict]:
        return inner(call) if call.step.costs is None else self._metered(call, inner)

    async def _metered(self, call: Call, inner: Next) -> Verdict:
        verdict = await inner(call)
        used = cost(call, verdict)
        call.context.tokens, call.context.microusd = used.tokens, used.microusd
        return verdict


def cost(call: Call, verdict: Verdict | None) -> Amounts:
    """The tokens and the money that a call has cost; None when nothing is known of its end."""
    context = call.context
    if context.reported:
        return Amounts(context.tokens, context.microusd)
    did_nothing = call.step.effect is not Effect.READ and isinstance(verdict, Failed | Stale)
    if not call.begun or did_nothing:
        return Amounts()
    return bound(call.step.costs)


def bound(costs: Costs | None) -> Amounts:
    """The most that a call may cost."""
    return Amounts() if costs is None else Amounts(costs.tokens, amount("usd", costs.usd))
