"""A process that can't go on with an execution leaves it to others, and nothing of it behind."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from tests.replay.stage import Stage
from tests.unit.engine.talkers import Out, doing
from tests.unit.engine.virtual import events, play

from tizmor.core import events as ev
from tizmor.core.errors import StorageFailed, Undelivered
from tizmor.core.plan import Effect, Step
from tizmor.engine.limits import Limits
from tizmor.engine.live import Live
from tizmor.engine.views import Status
from tizmor.ports.agent import AgentContext, agent

DONE: list[str] = []


@pytest.fixture(autouse=True)
def nothing_done() -> None:
    DONE.clear()


@agent(name="Pay", effect=Effect.IRREVERSIBLE)
async def pay(*, ctx: AgentContext) -> Out:
    """Pay, which takes a while and can't be asked after."""
    await asyncio.sleep(5)
    DONE.append("paid")
    return Out(value="receipt")


@agent(name="Fetch", rate_limit="1000/second")
async def fetch(*, ctx: AgentContext) -> Out:
    """Fetch something."""
    DONE.append("fetched")
    return Out(value="v")


@agent(name="Tick")
async def tick(*, ctx: AgentContext) -> Out:
    """Take a second."""
    await asyncio.sleep(1)
    return Out(value="tick")


class Gone:
    """Shared tables that can't be reached."""

    async def do(self, work: Callable[..., Any]) -> Any:
        raise StorageFailed("the tables are gone")


def test_what_is_being_done_is_let_end_and_kept_before_another_goes_on() -> None:
    """An irreversible call is afoot while another step's quota can't be reached."""

    async def scene(stage: Stage) -> None:
        first = stage.process
        pay_step = Step(id="pay", agent="Pay")
        execution = await stage.start(
            pay_step,
            Step(id="tick", agent="Tick"),
            Step(id="fetch", agent="Fetch", after=("tick",)),
            Step(id="last", agent="Tick", after=("pay", "fetch")),
            approve_all=True,
        )
        await stage.runs(execution, "pay")
        first.journal.sharing.quotas._shared = Gone()  # type: ignore[attr-defined]
        (live,) = first.pump.running()
        await given_up(stage, live)
        assert isinstance(live.broken, StorageFailed)
        assert DONE == ["paid"]
        second = stage.another()
        assert second is not first
        await stage.process.ask(stage.process.tizmor.resume(execution))
        assert (await stage.rest(execution)).status is Status.COMPLETED
        assert sorted(DONE) == ["fetched", "paid"]
        assert events(stage, execution, ev.OutcomeLost, ev.QuestionAsked) == []

    play(scene, pay, fetch, tick)


def test_what_was_begun_is_not_cut_off_when_nothing_can_be_kept_of_it() -> None:
    """The state of the execution can't be relied on: nobody goes on beside the call, and who goes
    on after it doesn't know what it came to."""

    async def scene(stage: Stage) -> None:
        execution = await stage.start(
            Step(id="pay", agent="Pay"), Step(id="tick", agent="Tick"), approve_all=True
        )
        await stage.runs(execution, "pay", "tick")
        (live,) = stage.process.pump.running()
        live.write = broken  # type: ignore[method-assign]
        await given_up(stage, live)
        assert DONE == []
        second = stage.another()
        await stage.do(second.tizmor.resume(execution))
        waiting = await stage.rest(execution)
        assert DONE == ["paid"]
        assert [asked.step for asked in waiting.waiting_for] == ["pay"]

    play(scene, pay, tick)


def test_who_waits_for_a_word_when_its_process_leaves_is_told_that_none_comes() -> None:
    """Nothing is begun any more, but what is under way has to come to its end."""

    async def asks(ctx: AgentContext) -> Any:
        await asyncio.sleep(2)
        try:
            return await ctx.messages.request("Deaf", 1, timeout=dt.timedelta(seconds=3))
        except Undelivered:
            DONE.append("told")
            return None

    async def scene(stage: Stage) -> None:
        await stage.start(
            Step(id="ask", agent="Ask"),
            Step(id="tick", agent="Tick"),
            Step(id="fetch", agent="Fetch", after=("tick",)),
            Step(id="deaf", agent="Deaf", after=("fetch",)),
        )
        stage.process.journal.sharing.quotas._shared = Gone()  # type: ignore[attr-defined]
        (live,) = stage.process.pump.running()
        async with asyncio.timeout(10):
            await given_up(stage, live)
        assert DONE == ["told"]

    play(scene, doing("Ask", asks, effect=Effect.IDEMPOTENT), doing("Deaf", asks), tick, fetch)


def test_an_execution_whose_call_could_not_be_settled_is_not_put_to_rest_as_it_stands() -> None:
    """Another wants its room, and what its call had said before is still on its way to disk."""

    async def scene(stage: Stage) -> None:
        async def fetches(ctx: AgentContext) -> Any:
            await asyncio.sleep(1)
            stage.process.journal.sharing.quotas._shared = Gone()  # type: ignore[attr-defined]
            ctx.progress("nearly done")

        stage.limits = Limits(live=1)
        stage._agents = {"Last": doing("Last", fetches, rate_limit="1/second"), "Tick": tick}
        process = stage.another()
        await stage.start(Step(id="last", agent="Last"))
        (live,) = process.pump.running()
        await stage.start(Step(id="tick", agent="Tick"))
        await given_up(stage, live)
        assert isinstance(live.broken, StorageFailed)

    play(scene)


def test_what_is_told_something_that_changes_nothing_makes_room_all_the_same() -> None:
    async def scene(stage: Stage) -> None:
        stage.limits = Limits(live=1)
        process = stage.another()
        first = await stage.start(Step(id="tick", agent="Tick"), Step(id="pay", agent="Pay"))
        await stage.rest(first)
        for _ in range(2):
            await stage.do(process.tizmor.pause(first))
        second = await stage.start(Step(id="tick", agent="Tick"))
        async with asyncio.timeout(60):
            assert (await stage.rest(second)).status is Status.COMPLETED

    play(scene, tick, pay)


def broken(at_ms: int, event: object) -> None:
    raise ValueError("this was never thought of")


async def given_up(stage: Stage, live: Live) -> None:
    while not live.lost:
        await live.changed.wait()
