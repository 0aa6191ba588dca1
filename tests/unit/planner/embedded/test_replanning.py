"""Another way to the same goal, without the agents that failed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec
import pytest

from tizmor.agents.builtin import builtin
from tizmor.core.agents import AgentSpec
from tizmor.core.errors import PlanRefused
from tizmor.core.graph import needs
from tizmor.core.plan import Plan
from tizmor.planner.embedded.planner import EmbeddedPlanner
from tizmor.ports.agent import AgentContext, agent
from tizmor.ports.planner import Failure, PlanRequest
from tizmor.ports.vocabulary import Contact, PersonName
from tizmor.ports.workspace import Workspace


class PeopleFound(msgspec.Struct):
    people: list[Contact]


@agent(name="Directory", phrases=("company directory",))
async def directory(persons: list[PersonName], *, ctx: AgentContext) -> PeopleFound:
    """Look people up in the company's directory."""
    return PeopleFound(people=[])


SPECS = [one.spec for one in builtin()]
REQUEST = PlanRequest(
    text="Read what we did in December at Tevuot and set a meeting with Yoav",
    now=dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC),
    workspace=Workspace(root=Path("/w")),
)


async def planned(specs: list[AgentSpec], failure: Failure | None = None) -> Plan:
    request = msgspec.structs.replace(REQUEST, failure=failure)
    return await EmbeddedPlanner(specs).plan(request)


async def test_an_agent_that_makes_the_same_takes_the_place_of_one_that_failed() -> None:
    specs = [*SPECS, directory.spec]
    first = await planned(specs)
    assert "contact_search" in {s.id for s in first.steps}
    failure = Failure(agents=("ContactSearch",), plan=first, done=frozenset({"drive_search"}))
    second = await planned(specs, failure)
    steps = {step.id: step for step in second.steps}
    assert {s.agent for s in second.steps} == (
        {s.agent for s in first.steps} - {"ContactSearch"} | {"Directory"}
    )
    (new,) = [s for s in second.steps if s.agent == "Directory"]
    (meeting,) = [s for s in second.steps if s.agent == "Calendar"]
    assert new.id in needs(meeting)
    assert steps["drive_search"] == next(s for s in first.steps if s.id == "drive_search")


async def test_a_step_that_changed_has_an_id_that_the_old_plan_does_not_have() -> None:
    specs = [*SPECS, directory.spec]
    first = await planned(specs)
    failure = Failure(agents=("ContactSearch",), plan=first)
    old = {step.id: (step.agent, step.arguments) for step in first.steps}
    for step in (await planned(specs, failure)).steps:
        assert old.get(step.id, (step.agent, step.arguments)) == (step.agent, step.arguments)


async def test_without_another_agent_there_is_no_other_way() -> None:
    first = await planned(SPECS)
    with pytest.raises(PlanRefused, match="no other agent can do what ContactSearch"):
        await planned(SPECS, Failure(agents=("ContactSearch",), plan=first))


async def test_a_goal_is_never_dropped_in_silence() -> None:
    """Without the calendar a plan could still be made, of the reading alone."""
    first = await planned(SPECS)
    with pytest.raises(PlanRefused, match="Calendar"):
        await planned(SPECS, Failure(agents=("Calendar",), plan=first))
