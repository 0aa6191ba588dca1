"""Who waits for a person or for another's word holds up nobody: a lock is for a call under way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.replay.stage import Stage
from tests.unit.engine.talkers import Out
from tests.unit.engine.virtual import play

from tizmor.core.errors import NeedsAnswer, OutcomeUnknown, Permanent
from tizmor.core.plan import Access, Effect, OnFailure, Resource, Step
from tizmor.engine.views import Status
from tizmor.ports.agent import Agent, AgentContext, agent

DIARY = (Resource(name="diary"),)


@agent(name="Write", effect=Effect.IDEMPOTENT, resources=DIARY)
async def write(text: str = "x", *, ctx: AgentContext) -> Out:
    """Write something down."""
    return Out(value=text)


def doing(does: Callable[[AgentContext], Awaitable[Any]], **declared: Any) -> Agent:
    @agent(name="Does", resources=DIARY, **declared)
    async def act(*, ctx: AgentContext) -> Out:
        """Do something with the diary."""
        await does(ctx)
        return Out(value="done")

    return act


async def nothing(ctx: AgentContext) -> None:
    pass


async def asks(ctx: AgentContext) -> None:
    raise NeedsAnswer("Which?", question_id="which")


async def fails(ctx: AgentContext) -> None:
    raise Permanent("no")


async def is_lost(ctx: AgentContext) -> None:
    raise OutcomeUnknown("the line went dead")


@pytest.mark.parametrize(
    "act",
    [
        doing(nothing, critical=True),
        doing(asks),
        doing(fails, effect=Effect.COMPENSATABLE),
        doing(is_lost, effect=Effect.IRREVERSIBLE),
    ],
    ids=["for an approval", "for an answer", "about a failure", "about an outcome"],
)
def test_who_waits_for_a_person_holds_no_lock(act: Agent) -> None:
    async def scene(stage: Stage) -> None:
        waits = await stage.start(Step(id="a", agent="Does", on_failure=OnFailure.ASK))
        while (waiting := await stage.rest(waits)).waiting_for[0].kind == "approval":
            if act.spec.critical:
                break
            await stage.do(stage.process.tizmor.approve(waits))
        assert waiting.status is Status.WAITING
        other = await stage.start(Step(id="b", agent="Write"))
        assert (await stage.rest(other)).status is Status.COMPLETED
        assert await stage.process.journal.sharing.locks.standing() == []

    play(scene, act, write)


@agent(name="Send", effect=Effect.IRREVERSIBLE)
async def send(*, ctx: AgentContext) -> Out:
    """Send something."""
    return Out(value="sent")


@pytest.mark.parametrize("to", ["Send", "Write"])
def test_who_waits_for_what_it_has_handed_over_holds_no_lock(to: str) -> None:
    """Else others would wait as long as a person takes to approve it; or it itself for ever, when
    the other needs the same."""
    shared = (Resource(name="diary", access=Access.SHARED),)

    @agent(name="Boss", resources=shared, hands_over=Effect.IRREVERSIBLE)
    async def boss(*, ctx: AgentContext) -> Out:
        """Have something done."""
        await ctx.messages.hand_over(to, {})
        return Out(value="done")

    async def scene(stage: Stage) -> None:
        waits = await stage.start(Step(id="boss", agent="Boss"))
        if to == "Send":
            assert (await stage.rest(waits)).status is Status.WAITING
            other = await stage.start(Step(id="b", agent="Write"))
            assert (await stage.rest(other)).status is Status.COMPLETED
            await stage.do(stage.process.tizmor.approve(waits))
        assert (await stage.rest(waits)).status is Status.COMPLETED

    play(scene, boss, send, write)
