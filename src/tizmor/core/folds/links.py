"""Who waits for whom, and what a step's end does to those who waited for it.

The ready set is kept by counting each step's unmet needs down, O(edges) over a whole execution.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from tizmor.core.graph import edges
from tizmor.core.plan import Step
from tizmor.core.state import State, StepState
from tizmor.core.transitions import TERMINAL, UNDOING, StepStatus

S = StepStatus
_DELIVERED = UNDOING | {S.SUCCEEDED}
_PASSED = frozenset({S.SUCCEEDED, S.BYPASSED})


def link(state: State, at_ms: int) -> None:
    """Tie the steps together anew: who waits for whom, and what of it has ended already."""
    ties = _Ties({}, {}, {})
    planned = {} if state.plan is None else {step.id: step for step in state.plan.steps}
    for name, step in state.steps.items():
        step.unmet = 0
        step.left_out = step.parent is None and name not in planned
        if step.status is not S.REPLACED and step.parent is None:
            step.unmet = _tie(state, name, planned.get(name, step.step), ties)
            if not step.unmet and step.status is S.PENDING:
                _make_ready(step, at_ms)
    for name, step in state.steps.items():
        step.readers = tuple(ties.readers.get(name, ()))
        step.followers = tuple(ties.followers.get(name, ()))
        step.watchers = tuple(ties.watchers.get(name, ()))


class _Ties(NamedTuple):
    """By step, the others that take data from it, come after it, wait for its end."""

    readers: dict[str, list[str]]
    followers: dict[str, list[str]]
    watchers: dict[str, list[str]]


def _tie(state: State, name: str, planned: Step, ties: _Ties) -> int:
    """Note what a step waits for; how much of that is open."""
    needs = edges(planned)
    unmet = 0
    for required in needs.read:
        ties.readers.setdefault(required, []).append(name)
        unmet += state.steps[required].status not in _DELIVERED
    for required in needs.followed:
        ties.followers.setdefault(required, []).append(name)
        status = state.steps[required].status
        unmet += status not in _DELIVERED and status is not S.BYPASSED
    for required in needs.watched:
        ties.watchers.setdefault(required, []).append(name)
        unmet += state.steps[required].status not in TERMINAL
    return unmet


def _make_ready(step: StepState, at_ms: int) -> None:
    step.status = S.READY
    step.ready_at_ms = at_ms


def release(state: State, step: StepState, at_ms: int) -> None:
    """A step has ended: what waited for that needs one less."""
    if step.status is S.SUCCEEDED and step.readers:
        _meet(state, step.readers, at_ms)
    if step.followers and step.status in _PASSED:
        _meet(state, step.followers, at_ms)
    if step.watchers:
        _meet(state, step.watchers, at_ms)


def _meet(state: State, names: Iterable[str], at_ms: int) -> None:
    for name in names:
        step = state.steps[name]
        step.unmet -= 1
        if not step.unmet and step.status is S.PENDING:
            _make_ready(step, at_ms)
