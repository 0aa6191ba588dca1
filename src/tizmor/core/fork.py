"""Going on from the middle of an execution, as a new one.

A fork takes over what succeeded, but for one step and all that depends on it: these run again, in
the new execution, with keys of their own and asked for anew. The old one stays as it is.
"""

from __future__ import annotations

from typing import Any

from msgspec import structs

from tizmor.core.decisions.settling import OUTCOME
from tizmor.core.errors import UserError
from tizmor.core.graph import descendants, order
from tizmor.core.plan import Effect, Plan
from tizmor.core.state import State
from tizmor.core.transitions import StepStatus


def fork(
    state: State,
    step: str,
    arguments: dict[str, Any] | None = None,
    output: dict[str, Any] | None = None,
) -> tuple[Plan, dict[str, dict[str, Any]]]:
    """The plan of a fork from `step`, with some of its arguments replaced, and the outputs that
    are kept. With an `output` the step itself isn't run again: this is what it gave.

    Raises `UserError` for a step that isn't there, for arguments beside an output, and while it
    isn't known whether a call with an effect happened: it would be made again.
    """
    if state.plan is None or step not in {s.id for s in state.plan.steps}:
        known = ", ".join(s.id for s in state.plan.steps) if state.plan else "none"
        raise UserError(f"there is no step {step!r} to fork from (steps: {known})")
    if arguments and output is not None:
        raise UserError("a step that isn't run again takes no arguments: give one or the other")
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
    outputs = _given(state)
    anew = descendants(plan, step)
    if output is None:
        anew.add(step)
    else:
        outputs[step] = output
    kept = {name: outputs[name] for name in order(plan) if name in outputs and name not in anew}
    return plan, kept


def _given(state: State) -> dict[str, dict[str, Any]]:
    """What the steps gave, but for those whose effect has been taken back."""
    return {
        name: output
        for name, output in state.outputs.items()
        if state.steps[name].status is StepStatus.SUCCEEDED
    }


def _may_have_happened(state: State, name: str) -> bool:
    step = state.steps[name]
    in_flight = step.status in (StepStatus.RUNNING, StepStatus.UNSETTLED)
    return step.step.effect is not Effect.READ and (in_flight or state.is_asked(name, OUTCOME))
