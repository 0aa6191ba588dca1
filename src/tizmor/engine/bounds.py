"""How budgets stand: what is allowed, spent and reserved, as users see it."""

from __future__ import annotations

from collections.abc import Mapping

from tizmor.core.budgets import MEASURES, Amounts, in_unit, limits
from tizmor.core.state import State
from tizmor.engine.views import BudgetView
from tizmor.ports.budgets import Budgeting, Budgets

_NOTHING: Mapping[str, int] = {}


async def standing(
    budgets: Budgets, rule: Budgeting, *, day: str, state: State | None = None
) -> list[BudgetView]:
    """The budgets of the workspace and of `day`'s account, as far as anything bounds them or was
    ever counted on them; of one execution and of its steps only."""
    given = {} if state is None or state.budget is None else limits(state.budget)
    scopes = {"workspace": "workspace", "day": day}
    if state is not None:
        scopes = {"execution": f"execution:{state.execution}"}
        planned = () if state.plan is None else state.plan.steps
        scopes |= {f"step {step.id}": f"step:{state.execution}/{step.id}" for step in planned}
    accounts = {a.name: a for a in await budgets.standing(tuple(scopes.values()))}
    found = []
    for scope, name in scopes.items():
        own = given if scope == "execution" else _NOTHING
        if state is not None and state.plan is not None and scope.startswith("step "):
            planned_step = next(s for s in state.plan.steps if f"step {s.id}" == scope)
            own = _NOTHING if planned_step.budget is None else limits(planned_step.budget)
        account = accounts.get(name)
        spent = Amounts() if account is None else account.spent
        reserved = Amounts() if account is None else account.reserved
        raised = _NOTHING if state is None else state.raised or _NOTHING
        for place, measure in enumerate(MEASURES):
            budget = f"{scope.partition(' ')[0]}.{measure}"
            known = [a for a in (own.get(measure), rule.limits.get(budget)) if a is not None]
            if known or spent[place] or reserved[place]:
                limit = min(known) + raised.get(budget, 0) if known else None
                found.append(
                    BudgetView(
                        scope=scope,
                        measure=measure,
                        account=name,
                        limit=None if limit is None else in_unit(measure, limit),
                        spent=in_unit(measure, spent[place]),
                        reserved=in_unit(measure, reserved[place]),
                    )
                )
    return found
