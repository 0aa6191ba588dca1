"""Going on from the middle of an execution, as a new one.

A fork takes over what succeeded, but for one step and all that depends on it: these run again, in
the new execution, with keys of their own and asked for anew. The old one stays as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Set
from typing import Any

from msgspec import structs

from tizmor.core.decisions.settling import OUTCOME
from tizmor.core.errors import UserError
from tizmor.core.graph import descendants, order
from tizmor.core.plan import Effect, Plan
from tizmor.core.state import State
from tizmor.core.taint import root_of
from tizmor.core.talk import Told
from tizmor.core.transitions import StepStatus


def fork(
    state: State,
    step: str,
    arguments: dict[str, Any] | None = None,
    output: dict[str, Any] | None = None,
) -> tuple[Plan, dict[str, dict[str, Any]]]:
    """The plan of a fork from `step`, with some of its arguments replaced, and the outputs that
    are kept. With an `output` the step itself isn't run again: this is what it gave. What the
    planner assumed is of the plan as it was: with anything changed, no gate claims it any more.

    Raises `UserError` for a step that isn't there, for arguments beside an output, and where a call
    with an effect would be made again of which it isn't known whether it happened.
    """
    if state.plan is None or step not in {s.id for s in state.plan.steps}:
        known = ", ".join(s.id for s in state.plan.steps) if state.plan else "none"
        raise UserError(f"there is no step {step!r} to fork from (steps: {known})")
    if arguments and output is not None:
        raise UserError("a step that isn't run again takes no arguments: give one or the other")
    plan = structs.replace(
        state.plan,
        questions=(),
        assumptions=() if arguments or output is not None else state.plan.assumptions,
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
    _refuse_to_repeat(state, {name for name in order(plan) if name not in kept})
    return plan, kept


def _given(state: State) -> dict[str, dict[str, Any]]:
    """What the steps gave, but for those whose effect, or that of a call of whose list, has been
    taken back."""
    undone = {s.parent for s in state.steps.values() if s.status is StepStatus.COMPENSATED}
    return {
        name: output
        for name, output in state.outputs.items()
        if state.steps[name].status in (StepStatus.SUCCEEDED, StepStatus.LEFT)
        and name not in undone
    }


def _refuse_to_repeat(state: State, anew: Set[str]) -> None:
    """Raises `UserError` when a call that may have happened would be made once more, with another
    key: one that is under way, or one of which nobody knows what became of it."""
    effects = {
        name: step
        for name, step in state.steps.items()
        if root_of(state, name) in anew and step.step.effect is not Effect.READ
    }
    if open_ones := [name for name in effects if _is_open(state, name)]:
        raise UserError(
            f"it is not known yet what became of {', '.join(open_ones)}: "
            "let the execution settle it, or cancel it, before you fork"
        )
    if lost := [name for name, step in effects.items() if step.lost]:
        raise UserError(
            f"a fork would do {', '.join(lost)} again, which may have happened: "
            "see whether it did, and fork from there with the output that it gave"
        )


def _is_open(state: State, name: str) -> bool:
    """Whether it is still being found out what a call did."""
    in_flight = state.steps[name].status in (StepStatus.RUNNING, StepStatus.UNSETTLED)
    return in_flight or state.is_asked(name, OUTCOME)


def told(state: State, kept: Collection[str]) -> Told | None:
    """What the steps that are kept have shared; None when that is nothing."""
    talk = state.talk
    if talk is None:
        return None
    shared = [
        (key, version)
        for key, versions in talk.context.items()
        for version in versions
        if root_of(state, version.step) in kept
    ]
    shared.sort(key=lambda put: (put[1].at_ms, put[1].version))
    read = {root_of(state, name): source for name, source in talk.tainted.items()}
    return Told(
        shared=tuple(shared),
        tainted={name: source for name, source in read.items() if name in kept},
    )
