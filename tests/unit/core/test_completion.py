"""A plan completed by what its agents declare, and by those of the same capability."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from tizmor.core.agents import AgentSpec, Parameter
from tizmor.core.completion import MAX_ALTERNATIVES, completed
from tizmor.core.plan import (
    Access,
    Effect,
    ForEach,
    OnFailure,
    Plan,
    Resource,
    RetryPolicy,
    Step,
)

TEXT = {"type": "string"}
GIVES = {"type": "object", "properties": {"value": TEXT}}


def agent(name: str, **more: Any) -> AgentSpec:
    fields: dict[str, Any] = {
        "name": name,
        "description": "An agent.",
        "effect": Effect.READ,
        "capability": "search",
        "parameters": (Parameter(name="text", schema=TEXT, required=True),),
        "output": GIVES,
        **more,
    }
    return AgentSpec(**fields)


def done(step: Step, *agents: AgentSpec) -> Step:
    """The step as completed, all agents but the first being capable ones."""
    plan = Plan(goal="g", steps=(step,))
    (result,) = completed(plan, {a.name: a for a in agents}, agents[1:]).steps
    return result


OWN = agent("Own")
STEP = Step(id="a", agent="Own", arguments={"text": "x"})


def names(step: Step) -> list[str]:
    return [other.agent for other in step.alternatives]


def test_agents_of_the_same_capability_stand_in_in_order_of_preference() -> None:
    assert names(done(STEP, OWN, agent("C"), agent("B"))) == ["C", "B"]


@pytest.mark.parametrize(
    "other",
    [
        agent("Other", capability="write"),
        agent("Other", capability=""),
        agent("Other", effect=Effect.IDEMPOTENT),
        agent("Other", critical=True),
        agent("Other", parameters=()),
        agent("Other", parameters=(Parameter(name="text", schema={"type": "integer"}),)),
        agent(
            "Other",
            parameters=(
                Parameter(name="text", schema=TEXT),
                Parameter(name="more", schema=TEXT, required=True),
            ),
        ),
        agent("Other", output={"type": "object", "properties": {"other": TEXT}}),
        agent("Other", output={"type": "object", "properties": {"value": {"type": "integer"}}}),
    ],
    ids=[
        "another capability",
        "no capability",
        "a graver effect",
        "a gate of its own",
        "takes no such argument",
        "takes it as another type",
        "needs more arguments",
        "gives other fields",
        "gives another type",
    ],
)
def test_who_does_something_else_or_more_does_not_stand_in(other: AgentSpec) -> None:
    assert names(done(STEP, OWN, other)) == []


def test_a_critical_agent_stands_in_where_a_gate_is_due_anyway() -> None:
    own = agent("Own", critical=True, effect=Effect.COMPENSATABLE)
    assert names(done(STEP, own, agent("Other", critical=True))) == ["Other"]


def test_an_agent_does_not_stand_in_for_itself() -> None:
    assert names(done(STEP, OWN, OWN)) == []


def test_not_more_than_a_few_stand_in() -> None:
    others = [agent(f"Other{i}") for i in range(MAX_ALTERNATIVES + 3)]
    assert len(names(done(STEP, OWN, *others))) == MAX_ALTERNATIVES


def test_who_stands_in_does_the_plans_step_with_its_own_declarations() -> None:
    step = Step(
        id="a",
        agent="Own",
        arguments={"text": "x"},
        after=("b",),
        for_each=ForEach(items=[1]),
        deadline_s=3.0,
        timeout_s=1.0,
    )
    own = agent("Own", effect=Effect.COMPENSATABLE, probes=True)
    retry = RetryPolicy(attempts=7)
    (other,) = done(step, own, agent("Other", timeout_s=9.0, retry=retry)).alternatives
    assert (other.agent, other.id, other.arguments) == ("Other", "a", {"text": "x"})
    assert (other.effect, other.probes, other.timeout_s) == (Effect.READ, False, 9.0)
    assert (other.after, other.deadline_s, other.retry) == (("b",), 3.0, retry)
    assert other.for_each == step.for_each


def test_the_plans_own_alternatives_go_before_what_is_found() -> None:
    named = Step(id="x", agent="Named", arguments={"text": "y"})
    step = Step(id="a", agent="Own", arguments={"text": "x"}, alternatives=(named,))
    result = done(step, OWN, agent("Named", effect=Effect.IDEMPOTENT), agent("Other"))
    assert names(result) == ["Named"]
    assert (result.alternatives[0].id, result.alternatives[0].effect) == ("a", Effect.IDEMPOTENT)


@pytest.mark.parametrize(
    ("effect", "policy"),
    [
        (Effect.READ, OnFailure.FAIL),
        (Effect.IDEMPOTENT, OnFailure.FAIL),
        (Effect.COMPENSATABLE, OnFailure.ASK),
        (Effect.IRREVERSIBLE, OnFailure.ASK),
    ],
)
def test_a_human_is_asked_about_failures_of_what_was_to_change_something(
    effect: Effect, policy: OnFailure
) -> None:
    assert done(STEP, agent("Own", effect=effect)).on_failure is policy


def test_the_plans_own_policy_stands() -> None:
    step = Step(id="a", agent="Own", on_failure=OnFailure.ROLL_BACK)
    assert done(step, agent("Own", effect=Effect.IRREVERSIBLE)).on_failure is OnFailure.ROLL_BACK


def test_a_plan_may_ask_for_more_care_and_never_for_less() -> None:
    step = Step(id="a", agent="Own", effect=Effect.IDEMPOTENT, critical=True)
    for declared, expected in (
        (Effect.READ, Effect.IDEMPOTENT),
        (Effect.IRREVERSIBLE, Effect.IRREVERSIBLE),
    ):
        result = done(step, agent("Own", effect=declared))
        assert (result.effect, result.critical) == (expected, True)


def test_a_resource_is_exclusive_where_the_plan_or_the_agent_says_so() -> None:
    shared, exclusive = (Resource(name="r", access=a) for a in (Access.SHARED, Access.EXCLUSIVE))
    for planned, declared in ((shared, exclusive), (exclusive, shared)):
        step = Step(id="a", agent="Own", resources=(planned,))
        assert done(step, agent("Own", resources=(declared,))).resources == (exclusive,)


DIARY, ROOM = Resource(name="diary"), Resource(name="room")
LEDGER = Resource(name="ledger", access=Access.SHARED)


@pytest.mark.parametrize("named", [True, False], ids=["named by the plan", "found"])
def test_who_stands_in_needs_what_the_plan_says_that_the_step_needs_and_what_it_needs_itself(
    named: bool,
) -> None:
    """What only the step's own agent needs it doesn't."""
    other = agent("Other", resources=(LEDGER,))
    step = replace(
        STEP,
        resources=(DIARY, Resource(name="desk:{text}")),
        alternatives=(Step(id="", agent="Other", arguments={"text": "y"}),) if named else (),
    )
    (stands_in,) = done(step, replace(OWN, resources=(ROOM,)), other).alternatives
    assert stands_in.resources == (DIARY, Resource(name="desk:x"), LEDGER)


def test_a_step_of_an_unknown_agent_is_left_as_it_is() -> None:
    step = Step(id="a", agent="Nobody")
    assert completed(Plan(goal="g", steps=(step,)), {}).steps == (step,)


def test_completing_a_plan_twice_changes_nothing() -> None:
    agents = {a.name: a for a in (OWN, agent("B"))}
    once = completed(Plan(goal="g", steps=(STEP,)), agents, agents.values())
    assert completed(once, agents, agents.values()) == once
