"""Another agent that takes a step over is held to what the plan says of the step."""

from __future__ import annotations

import asyncio

import pytest
from tests.replay.stage import Stage
from tests.unit.engine.talkers import Out
from tests.unit.engine.virtual import events, play

from tizmor.core import events as ev
from tizmor.core.errors import Permanent
from tizmor.core.plan import Effect, Resource, Step
from tizmor.ports.agent import AgentContext, agent

DIARY = (Resource(name="diary"),)
INSIDE: list[str] = []


@pytest.fixture(autouse=True)
def nobody_inside() -> None:
    INSIDE.clear()


@agent(name="Broken", effect=Effect.IDEMPOTENT, capability="write")
async def broken(text: str, *, ctx: AgentContext) -> Out:
    """Fail for good."""
    raise Permanent("out of order")


@agent(name="Write", effect=Effect.IDEMPOTENT, capability="write")
async def write(text: str, *, ctx: AgentContext) -> Out:
    """Write something, which takes a while."""
    INSIDE.append(f"{text} begins")
    await asyncio.sleep(2)
    INSIDE.append(f"{text} ends")
    return Out(value=text)


@pytest.mark.parametrize("named", [True, False], ids=["named by the plan", "found"])
def test_who_takes_a_step_over_has_what_the_plan_says_it_uses_to_itself(named: bool) -> None:
    given = {"text": "first"}
    others = (Step(id="", agent="Write", arguments=given),) if named else ()

    async def scene(stage: Stage) -> None:
        first = await stage.start(
            Step(id="a", agent="Broken", arguments=given, resources=DIARY, alternatives=others)
        )
        await stage.until(first, lambda state: state.steps["a"].alternative is not None)
        await stage.runs(first, "a")
        second = await stage.start(
            Step(id="b", agent="Write", arguments={"text": "second"}, resources=DIARY)
        )
        for execution in (first, second):
            assert (await stage.rest(execution)).status == "COMPLETED"
        assert INSIDE == ["first begins", "first ends", "second begins", "second ends"]
        assert [e.on for e in events(stage, second, ev.StepHeld)] == ["lock:diary"]

    play(scene, broken, write)
