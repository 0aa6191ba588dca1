"""Who waits for whom, and what a step's end does to those who waited for it.

The ready set is kept by counting each step's unmet needs down, O(edges) over a whole execution.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import structs

from tizmor.core.graph import UNTIED, Needs, tied, ties
from tizmor.core.plan import Plan
from tizmor.core.remembered import remembered
from tizmor.core.state import State, StepState, is_work
from tizmor.core.transitions import TERMINAL, StepStatus

S = StepStatus
_PENDING, _READY, _SUCCEEDED = S.PENDING, S.READY, S.SUCCEEDED
"""Looked at for every step; through the class it costs more than making an event does."""


def begun(plan: Plan, at_ms: int) -> dict[str, StepState]:
    """The steps of an execution's first plan, tied together; those that need nothing are ready."""
    steps = {}
    for name, unbegun in _unbegun(plan).items():
        steps[name] = step = structs.replace(unbegun)
        if not step.unmet:
            _make_ready(step, at_ms)
    return steps


@remembered
def _unbegun(plan: Plan) -> dict[str, StepState]:
    """A plan's steps tied together, to be copied: that costs less than to make them."""
    known = ties(plan)
    steps = {}
    for planned in plan.steps:
        needs, readers, watchers, followers, dependents = known[planned.id]
        steps[planned.id] = StepState(
            step=planned,
            unmet=sum(map(len, needs)),
            readers=readers,
            watchers=watchers,
            followers=followers,
            dependents=dependents,
        )
    return steps


def known_before(state: State, name: str) -> int:
    """How many steps of this name there were so far, each in the place of the one before."""
    before = state.steps.get(name)
    return 0 if before is None else before.earlier + 1


def link(state: State, at_ms: int) -> None:
    """Tie the steps together anew: who waits for whom, and what of it has ended already."""
    planned = {} if state.plan is None else {step.id: step for step in state.plan.steps}
    known = tied(
        {
            name: planned.get(name, step.step)
            for name, step in state.steps.items()
            if step.status is not S.REPLACED and step.parent is None
        }
    )
    for name, step in state.steps.items():
        step.left_out = step.parent is None and name not in planned and not is_work(state, name)
        needs, *others, step.dependents = known.get(name, UNTIED)
        step.readers, step.watchers, step.followers = others
        step.unmet = _unmet(state, needs)
        if not step.unmet and step.status is S.PENDING:
            _make_ready(step, at_ms)


def _unmet(state: State, needs: Needs) -> int:
    """How much of what a step waits for is open."""
    steps, outputs = state.steps, state.outputs
    passed = (steps[name].status is S.BYPASSED or name in outputs for name in needs.followed)
    return (
        sum(name not in outputs for name in needs.read)
        + sum(steps[name].status not in TERMINAL for name in needs.watched)
        + sum(not done for done in passed)
    )


def _make_ready(step: StepState, at_ms: int) -> None:
    step.status = _READY
    step.ready_at_ms = at_ms


def release(state: State, step: StepState, at_ms: int) -> None:
    """A step has ended: what waited for that needs one less."""
    if step.status is _SUCCEEDED:
        _meet(state, step.dependents, at_ms)
        return
    if step.status is S.BYPASSED:
        _meet(state, step.followers, at_ms)
    _meet(state, step.watchers, at_ms)


def _meet(state: State, names: Iterable[str], at_ms: int) -> None:
    for name in names:
        step = state.steps[name]
        step.unmet -= 1
        if not step.unmet and step.status is _PENDING:
            _make_ready(step, at_ms)
