"""Steps that run once for each item of a list, and the steps that do it."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from tizmor.core import events as ev
from tizmor.core.folds.links import known_before
from tizmor.core.folds.steps import move
from tizmor.core.foresight import resolved_with_gaps
from tizmor.core.graph import resolved
from tizmor.core.state import State, StepState
from tizmor.core.transitions import StepStatus

S = StepStatus


def child_id(step: str, item: int) -> str:
    """The id of a `for_each` step's call for one item; no step of a plan has a dot in its id."""
    return f"{step}.{item}"


def add_children(state: State, parent: StepState, count: int, at_ms: int) -> None:
    """The steps of a `for_each`, one for each item, ready."""
    parent.children = count
    each = parent.step.for_each
    look_up = resolved_with_gaps if state.dry_run else resolved
    parent.items = () if each is None else tuple(look_up(each.items, state.outputs))
    answers = {} if state.given_before is None else state.given_before.answers
    for item in range(count):
        name = child_id(parent.step.id, item)
        call = structs.replace(parent.step, id=name, for_each=None, when=(), after=())
        state.steps[name] = StepState(
            step=call,
            parent=parent.step.id,
            item=item,
            status=S.READY,
            ready_at_ms=at_ms,
            answers=answers.get(name),
            earlier=known_before(state, name),
        )


def expanded(state: State, event: ev.Expanded, at_ms: int) -> None:
    step = state.steps[event.step]
    move(state, step, event, at_ms)
    if step.started_at_ms is None:
        step.started_at_ms = at_ms
    step.over = step.fed = step.active = 0
    add_children(state, step, event.count, at_ms)
    state.unfinished += event.count


def gathered(state: State, event: ev.Gathered, at_ms: int) -> None:
    step = state.steps[event.step]
    state.outputs[event.step] = joined(state, step)
    move(state, step, event, at_ms)


def joined(state: State, step: StepState) -> dict[str, Any]:
    """What a `for_each` gives: see `tizmor.core.plan.ForEach`."""
    names = [child_id(step.step.id, item) for item in range(step.children or 0)]
    return {
        "results": [state.outputs[name] for name in names if name in state.outputs],
        "failed": [
            {"index": item, "error": state.steps[name].error or state.steps[name].status.value}
            for item, name in enumerate(names)
            if name not in state.outputs
        ],
    }
