"""Which budgets a call counts against, and how far they reach.

[budgets]
"day.usd" = 5.0             # a day in the workspace's zone
"workspace.tokens" = 2000000
"execution.calls" = 500
"step.time" = 600           # all calls of one step together
exhausted = ["cheaper", "ask"]
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from typing import NamedTuple

from tizmor.core.budgets import MEASURES, SCOPES, Amounts, limits
from tizmor.core.plan import Budget, Exhausted
from tizmor.pipeline.call import Call
from tizmor.pipeline.meter import bound
from tizmor.ports.budgets import Bound, Budgeting
from tizmor.ports.clock import Clock

WORKSPACE = "workspace"
CALL_MS = 60_000
"""How long a call may take that has no time-out, where time is bounded."""
_FREE = frozenset({"calls", "time"})
"""What every call uses."""
_NONE: Mapping[str, int] = {}


class Share(NamedTuple):
    """What a call may use, on which accounts, and what bounds it there. `policy`: what follows
    where that doesn't suffice."""

    wanted: Amounts
    accounts: tuple[str, ...]
    bounds: tuple[Bound, ...]
    policy: tuple[Exhausted, ...]


class Shares:
    """The budgets of a workspace, by its settings."""

    def __init__(self, budgets: Budgeting, clock: Clock, zone: tzinfo) -> None:
        self._budgets = budgets
        self._clock = clock
        self._zone = zone
        self.of_every_call = any(name.partition(".")[2] in _FREE for name in budgets.limits)
        """Whether every call counts, not only those that declare a price or have a budget."""

    def __call__(self, call: Call) -> Share | None:
        """None where nothing that the call uses is counted."""
        costs = bound(call.step.costs)
        timeout_s = call.step.timeout_s
        ms = CALL_MS if timeout_s is None else max(1, round(timeout_s * 1000))
        wanted = costs._replace(ms=ms, calls=1)
        accounts = self._accounts(call)
        bounds = tuple(
            each
            for scope in SCOPES
            for each in self._bounds(call, scope, accounts[scope])
            if wanted[each.measure]
        )
        used = {each.account for each in bounds}
        if call.step.costs is not None:
            used |= {accounts["workspace"], accounts["day"]}
        if not used:
            return None
        return Share(wanted, tuple(sorted(used)), bounds, self._policy(call))

    def _accounts(self, call: Call) -> dict[str, str]:
        planned = call.step.id.partition(".")[0]
        return {
            "step": f"step:{call.execution}/{planned}",
            "execution": f"execution:{call.execution}",
            "workspace": WORKSPACE,
            "day": day_account(self._clock, self._zone),
        }

    def _bounds(self, call: Call, scope: str, account: str) -> list[Bound]:
        own = {"step": call.step.budget, "execution": call.budget}.get(scope)
        given = _NONE if own is None else limits(own)
        raised = call.raised or _NONE
        found = []
        for place, measure in enumerate(MEASURES):
            name = f"{scope}.{measure}"
            known = [
                a for a in (given.get(measure), self._budgets.limits.get(name)) if a is not None
            ]
            if known:
                found.append(Bound(name, account, place, min(known) + raised.get(name, 0)))
        return found

    def _policy(self, call: Call) -> tuple[Exhausted, ...]:
        for own in (call.step.budget, call.budget):
            if isinstance(own, Budget) and own.exhausted:
                return own.exhausted
        return self._budgets.exhausted


def day_account(clock: Clock, zone: tzinfo) -> str:
    """The account of today in the workspace's zone."""
    return f"day:{clock.now().astimezone(zone).date().isoformat()}"
