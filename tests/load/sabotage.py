"""Parts of the pipeline taken out, to see that the harness finds what then goes wrong.

`SABOTAGE=limit`, `lock`, `budget`, `settle`, `doubt`, `approval`, `release` or `rescue` (the last
in `worker`): for all processes of a run, for good.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from tizmor.core.approval import needs_gate
from tizmor.core.budgets import Amounts
from tizmor.engine.holds import Holds
from tizmor.engine.live import Live
from tizmor.pipeline.budget import Budget
from tizmor.pipeline.call import Call
from tizmor.pipeline.classify import Classify
from tizmor.pipeline.compose import Next
from tizmor.pipeline.limit import Limit
from tizmor.pipeline.lock import Lock
from tizmor.pipeline.verdicts import Completed, Verdict
from tizmor.ports.budgets import Claim
from tizmor.storage.shared import budgets
from tizmor.storage.shared.budgets import SharedBudgets
from tizmor.storage.shared.work import Work

SHOWS = {
    "limit": "quota_exceeded",
    "lock": "double_holders",
    "budget": "budget_exceeded",
    "settle": "budget_exceeded",
    "doubt": "budget_exceeded",
    "approval": "approvals_reused",
    "release": "deadlocks",
    "rescue": "unfinished",
}
"""What must be found when a part is taken out."""


def plant(what: str) -> None:
    """Take a part out of this process; nothing when it is empty."""
    _PLANTED.get(what, _nothing)()


def _without_limit() -> None:
    _replace(Limit, "__call__", _hand_on)


def _without_lock() -> None:
    _replace(Lock, "__call__", _hand_on)


def _without_budget() -> None:
    _replace(Budget, "__call__", _hand_on)


def _never_settled() -> None:
    """What a call was reserved is given back at its end, whatever it has used."""

    def give_back(self: SharedBudgets, claim: Claim, spent: Amounts) -> Awaitable[None]:
        return self.give_back(claim)

    _replace(SharedBudgets, "settle", give_back)


def _never_doubted() -> None:
    """What a dead process had reserved is given back, though its calls may have been made."""

    def give_back(row: Any) -> Work[None]:
        return budgets._end(row, Amounts())

    _replace(budgets, "_doubt", give_back)


def _approved_twice() -> None:
    """An approval is good for two calls."""
    real = Classify.__call__

    async def twice(self: Classify, call: Call, inner: Next) -> Verdict:
        verdict = await real(self, call, inner)
        if needs_gate(call.step) and isinstance(verdict, Completed):
            await real(self, call, inner)
        return verdict

    _replace(Classify, "__call__", twice)


def _never_released() -> None:
    """What a step has is never given back."""

    def keep(self: Holds, live: Live, step: str) -> None:
        return

    _replace(Holds, "release", keep)


def _nothing() -> None:
    return


def _hand_on(self: object, call: Call, inner: Next) -> Awaitable[Verdict]:
    return inner(call)


def _replace(kind: object, name: str, planted: Callable[..., object]) -> None:
    # The type checker takes a method for what can't be replaced; here that is the point.
    setattr(kind, name, planted)


_PLANTED: dict[str, Callable[[], None]] = {
    "limit": _without_limit,
    "lock": _without_lock,
    "budget": _without_budget,
    "settle": _never_settled,
    "doubt": _never_doubted,
    "approval": _approved_twice,
    "release": _never_released,
}
