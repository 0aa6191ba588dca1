"""Steps as users see them: those of which nothing was done are shown as their plan says."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from tizmor.core import events as ev
from tizmor.core.evolve import evolve
from tizmor.core.plan import Plan, Step
from tizmor.core.state import State
from tizmor.engine.step_views import step_views

PLAN = Plan(
    goal="g",
    steps=(Step(id="a", agent="A", title="first"), Step(id="b", agent="B", after=("a",))),
)


def _planned() -> State:
    state = State(1)
    evolve(state, ev.Created(query="q"), 1)
    evolve(state, ev.Planned(plan=PLAN), 1)
    return state


def test_what_nothing_was_done_for_is_shown_alike_in_all_executions_of_a_plan() -> None:
    first, second = step_views(_planned(), str), step_views(_planned(), str)
    assert [(v.id, v.agent, v.title, v.state, v.depends_on) for v in first] == [
        ("a", "A", "first", "pending", ()),
        ("b", "B", "", "pending", ("a",)),
    ]
    assert all(one is other for one, other in zip(first, second, strict=True))


@pytest.mark.parametrize(
    "change",
    [
        {"attempt": 2},
        {"error": ""},
        {"messages": ("found 3",)},
        {"held_on": "limit:api"},
        {"waited_ms": 5},
        {"asked_ms": 5},
        {"tokens": 7},
        {"cost_usd": 0.5},
        {"cached": True},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_step_that_came_back_to_be_ready_is_shown_with_what_it_went_through(
    change: dict[str, Any],
) -> None:
    state = _planned()
    state.steps["a"] = structs.replace(state.steps["a"], **change)
    shown = structs.asdict(step_views(state, str)[0])
    (name, value), *_ = change.items()
    assert shown[{"waited_ms": "wait_ms"}.get(name, name)] == value
