"""Going on from the middle of an execution, as a new one.

A fork takes over what succeeded, but for one step and all that depends on it: these run again, in
the new execution, with keys of their own and asked for anew. The old one stays as it is.
"""

from __future__ import annotations

from typing import Any

from msgspec import structs

from tizmor.core.errors import UserError
from tizmor.core.graph import batches, ordered_before
from tizmor.core.plan import Effect, Plan
from tizmor.core.state import State
from tizmor.core.transitions import StepStatus


def fork(
    state: State, step: str, arguments: dict[str, Any] | None
) -> tuple[Plan, dict[str, dict[str, Any]]]:
    """The plan of a fork from `step`, with some of its arguments replaced, and the outputs that
    are kept, each after all that it needs.

    Raises `UserError` for a step that isn't there, and while it isn't known whether a call with an
    effect happened: it would be made again.
    """
    if state.plan is None or step not in state.steps:
        known = ", ".join(state.steps) or "none"
        raise UserError(f"there is no step {step!r} to fork from (steps: {known})")
    if unknown := [name for name in state.steps if _may_have_happened(state, name)]:
        raise UserError(
            f"it is not known yet what became of {', '.join(unknown)}: "
            "let the execution settle it, or cancel it, before you fork"
        )
    plan = structs.replace(
        state.plan,
        questions=(),
        steps=tuple(
            structs.replace(s, arguments={**s.arguments, **(arguments or {})})
            if s.id == step
            else s
            for s in state.plan.steps
        ),
    )
    before = ordered_before(plan)
    return plan, {
        name: state.outputs[name]
        for wave in batches(plan)
        for name in wave
        if name in state.outputs and name != step and step not in before[name]
    }


def _may_have_happened(state: State, name: str) -> bool:
    step = state.steps[name]
    in_flight = step.status in (StepStatus.RUNNING, StepStatus.UNSETTLED)
    return step.step.effect is not Effect.READ and (in_flight or state.asks_what_happened(name))
