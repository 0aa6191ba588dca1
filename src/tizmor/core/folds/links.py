"""Who waits for whom, and what a step's end does to those who waited for it.

The ready set is kept by counting each step's unmet needs down, O(edges) over a whole execution.
"""

from __future__ import annotations

from collections.abc import Iterable

from tizmor.core.graph import UNTIED, Needs, tied, ties
from tizmor.core.plan import Plan
from tizmor.core.state import State, StepState, is_work
from tizmor.core.transitions import TERMINAL, StepStatus

S = StepStatus
_PENDING, _READY, _SUCCEEDED = S.PENDING, S.READY, S.SUCCEEDED
"""Looked at for every step; through the class it costs more than making an event does."""
_PASSED = frozenset({S.SUCCEEDED, S.BYPASSED})


def begun(plan: Plan, at_ms: int) -> dict[str, StepState]:
    """The steps of an execution's first plan, tied together; those that need nothing are ready."""
    known = ties(plan)
    steps = {}
    for planned in plan.steps:
        needs, readers, watchers, followers = known[planned.id]
        step = StepState(
            step=planned,
            unmet=sum(map(len, needs)),
            readers=readers,
            watchers=watchers,
            followers=followers,
        )
        if not step.unmet:
            _make_ready(step, at_ms)
        steps[planned.id] = step
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
        needs, step.readers, step.watchers, step.followers = known.get(name, UNTIED)
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
    if step.readers and step.status is _SUCCEEDED:
        _meet(state, step.readers, at_ms)
    if step.followers and step.status in _PASSED:
        _meet(state, step.followers, at_ms)
    if step.watchers:
        _meet(state, step.watchers, at_ms)


def _meet(state: State, names: Iterable[str], at_ms: int) -> None:
    for name in names:
        step = state.steps[name]
        step.unmet -= 1
        if not step.unmet and step.status is _PENDING:
            _make_ready(step, at_ms)
