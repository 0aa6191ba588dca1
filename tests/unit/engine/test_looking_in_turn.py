"""What an agent offers beside its call, and only looks, goes by the limits that its calls go by."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.replay.stage import Stage
from tests.unit.engine.talkers import Out
from tests.unit.engine.virtual import events, folded, play

from tizmor.core import events as ev
from tizmor.core.errors import OutcomeUnknown, PreconditionFailed, Transient
from tizmor.core.plan import Effect, Plan, Resource, RetryPolicy, Step
from tizmor.core.state import State
from tizmor.ports.agent import Agent, AgentContext, agent

Reached = Callable[[State], bool]
WINDOW_S = 10
RATE = f"1 per {WINDOW_S} seconds"
QUOTA = "limit:agent:Reserve"
DIARY = (Resource(name="diary"),)
CALLED: list[tuple[str, float]] = []
"""What was called of the API, and when."""
RECORD: dict[str, str] = {}
"""What the API knows to have been reserved, by key."""
FAILING: dict[str, list[Exception]] = {}
PROBE_S: list[float] = []
"""How long the next probes take."""


@pytest.fixture(autouse=True)
def nothing_done() -> None:
    for noted in (CALLED, PROBE_S):
        noted.clear()
    for known in (RECORD, FAILING):
        known.clear()


def call(name: str) -> None:
    CALLED.append((name, asyncio.get_running_loop().time()))
    verb = name.partition(" ")[0]
    if FAILING.get(verb):
        raise FAILING[verb].pop(0)


def called() -> list[str]:
    return [name for name, _ in CALLED]


def in_no_window_too_many() -> bool:
    times = sorted(at for _, at in CALLED)
    return all(later - former >= WINDOW_S for former, later in itertools.pairwise(times))


@agent(
    name="Reserve",
    effect=Effect.COMPENSATABLE,
    rate_limit=RATE,
    retry=RetryPolicy(attempts=3, first_delay_s=0.01),
)
async def reserve(what: str, *, ctx: AgentContext) -> Out:
    """Reserve something; by its key it can be asked whether that has happened."""
    RECORD[ctx.key] = what
    call(f"reserve {what}")
    return Out(value=what)


@reserve.probe
async def reserved(key: str, *, ctx: AgentContext) -> Out | None:
    call(f"probe {ctx.step_id}")
    if PROBE_S:
        await asyncio.sleep(PROBE_S.pop(0))
    return Out(value=RECORD[key]) if key in RECORD else None


@reserve.compensate
async def let_go(result: Out, *, ctx: AgentContext) -> None:
    call(f"undo {result.value}")


@agent(name="Book", rate_limit=RATE, retry=RetryPolicy(attempts=3, first_delay_s=0.01))
async def book(what: str, at: int = 0, *, ctx: AgentContext) -> Out:
    """Book something at a time that is looked up before."""
    call(f"book {what} {at}")
    return Out(value=what)


@book.prepare
async def find_a_time(what: str, at: int = 0, *, ctx: AgentContext) -> dict[str, Any]:
    call(f"prepare {what}")
    return {"at": at + 9}


@agent(name="Wait")
async def wait(*, ctx: AgentContext) -> Out:
    """Wait for very long."""
    await asyncio.sleep(10_000)
    return Out()


WAITING = Step(id="wait", agent="Wait")


def reserving(*names: str, **more: Any) -> list[Step]:
    return [Step(id=n, agent="Reserve", arguments={"what": n}, **more) for n in names]


def booking(*names: str) -> list[Step]:
    return [Step(id=n, agent="Book", arguments={"what": n}) for n in names]


def lost() -> None:
    """Nothing tells what becomes of the next reservation; it happens."""
    FAILING["reserve"] = [OutcomeUnknown("no answer")]


def held(step: str) -> Reached:
    return lambda state: state.steps[step].held_on == QUOTA


async def in_doubt(stage: Stage, *steps: Step, **more: Any) -> str:
    """A reservation may have happened, and its probe stands in line."""
    lost()
    execution = await stage.start(*(steps or reserving("a", **more)))
    await stage.until(execution, held("a"))
    assert folded(stage, execution).steps["a"].status == "unsettled"
    return execution


def act(scene: Callable[[Stage], Awaitable[None]], *agents: Agent) -> None:
    """Play a scene; one in which somebody waits for ever fails."""

    async def bounded(stage: Stage) -> None:
        async with asyncio.timeout(2_000):
            await scene(stage)

    play(bounded, *agents)


def test_a_preparation_counts_and_is_made_once_and_its_call_waits_its_turn() -> None:
    async def scene(stage: Stage) -> None:
        execution = await stage.start(*booking("a"))
        assert (await stage.rest(execution)).status == "COMPLETED"
        assert called() == ["prepare a", "book a 9"]
        assert in_no_window_too_many()
        assert [e.on for e in events(stage, execution, ev.StepHeld)] == ["limit:agent:Book"]

    act(scene, book)


def test_preparations_wait_their_turn_each_once_and_nothing_of_them_is_lost_or_done_twice() -> None:
    async def scene(stage: Stage) -> None:
        execution = await stage.start(*booking("a", "b", "c"))
        assert (await stage.rest(execution)).status == "COMPLETED"
        done = [f"prepare {n}" for n in "abc"] + [f"book {n} 9" for n in "abc"]
        assert sorted(called()) == sorted(done)
        assert in_no_window_too_many()
        # All but the very first; who waits for its call after its preparation says so again.
        assert len(events(stage, execution, ev.StepHeld)) == 5

    act(scene, book)


def test_who_is_killed_while_a_preparation_stands_in_line_is_gone_on_with() -> None:
    async def scene(stage: Stage) -> None:
        execution = await stage.start(*booking("a", "b"))
        await stage.until(execution, lambda state: state.steps["b"].status == "held")
        stage.process.kill()
        stage.another()
        await stage.process.ask(stage.process.tizmor.resume(execution))
        assert (await stage.rest(execution)).status == "COMPLETED"
        assert in_no_window_too_many()
        # What was prepared and not on disk yet is prepared again.
        assert sorted(set(called())) == ["book a 9", "book b 9", "prepare a", "prepare b"]
        assert [called().count(f"book {n} 9") for n in "ab"] == [1, 1]

    act(scene, book)


def test_in_a_pause_the_place_of_a_preparation_goes_to_who_is_next() -> None:
    async def scene(stage: Stage) -> None:
        first = await stage.start(*booking("a", "b"))
        await stage.until(first, lambda state: state.steps["b"].status == "held")
        await stage.do(stage.process.tizmor.pause(first))
        second = await stage.start(*booking("c"))
        assert (await stage.rest(second)).status == "COMPLETED"
        await stage.process.ask(stage.process.tizmor.resume(first))
        assert (await stage.rest(first)).status == "COMPLETED"
        assert in_no_window_too_many()
        assert called()[:3] == ["prepare a", "prepare c", "book c 9"]

    act(scene, book)


def test_what_is_prepared_anew_keeps_its_place_when_what_its_call_had_is_given_back() -> None:
    async def scene(stage: Stage) -> None:
        FAILING["book"] = [PreconditionFailed("it is taken")]
        first = await stage.start(
            Step(id="a", agent="Book", arguments={"what": "a"}, resources=DIARY)
        )
        await stage.until(first, lambda state: state.steps["a"].reprepares == 1)
        await stage.until(first, lambda state: state.steps["a"].status == "held")
        second = await stage.start(*booking("b"))
        for each in (first, second):
            assert (await stage.rest(each)).status == "COMPLETED"
        assert called()[:4] == ["prepare a", "book a 9", "prepare a", "prepare b"]
        assert in_no_window_too_many()

    act(scene, book)


def test_a_preparation_that_is_told_to_come_back_later_holds_back_all() -> None:
    async def scene(stage: Stage) -> None:
        FAILING["prepare"] = [Transient("busy", retry_after_s=60)]
        execution = await stage.start(*booking("a"))
        second = await stage.start(*booking("b"))
        for each in (execution, second):
            assert (await stage.rest(each)).status == "COMPLETED"
        assert CALLED[1][1] - CALLED[0][1] >= 60

    act(scene, book)


def test_what_a_dry_run_asks_an_agent_counts() -> None:
    async def scene(stage: Stage) -> None:
        steps = tuple(Step(id=n, agent="Meet", arguments={"who": n}) for n in ("a", "b"))
        began = stage.process.tizmor.dry_run("do it", plan=Plan(goal="g", steps=steps))
        execution = (await stage.process.ask(began)).id
        assert (await stage.rest(execution)).status == "COMPLETED"
        assert sorted(called()) == ["foresee a", "foresee b"]
        assert in_no_window_too_many()

    @agent(name="Meet", effect=Effect.IRREVERSIBLE, rate_limit=RATE)
    async def meet(who: str, *, ctx: AgentContext) -> Out:
        """Meet somebody."""
        return Out(value=who)

    @meet.foresee
    async def would_meet(who: str, *, ctx: AgentContext) -> dict[str, Any]:
        call(f"foresee {who}")
        return {"value": who}

    act(scene, meet)


def test_a_probe_counts_and_its_step_is_in_doubt_until_its_turn_has_come() -> None:
    async def scene(stage: Stage) -> None:
        execution = await in_doubt(stage)
        assert (await stage.rest(execution)).status == "COMPLETED"
        assert called() == ["reserve a", "probe a"]
        assert in_no_window_too_many()
        assert [e.on for e in events(stage, execution, ev.ProbeHeld)] == [QUOTA]

    act(scene, reserve)


def test_a_call_after_a_probe_waits_for_what_the_probe_has_used() -> None:
    async def scene(stage: Stage) -> None:
        execution = await in_doubt(stage)
        RECORD.clear()
        assert (await stage.rest(execution)).status == "COMPLETED"
        assert called() == ["reserve a", "probe a", "reserve a"]
        assert in_no_window_too_many()

    act(scene, reserve)


def test_who_is_killed_while_its_probe_stands_in_line_is_still_in_doubt_and_asks_again() -> None:
    async def scene(stage: Stage) -> None:
        execution = await in_doubt(stage)
        stage.process.kill()
        stage.another()
        await stage.process.ask(stage.process.tizmor.resume(execution))
        assert (await stage.rest(execution)).status == "COMPLETED"
        assert called() == ["reserve a", "probe a"]
        assert in_no_window_too_many()

    act(scene, reserve)


def test_who_is_killed_while_it_probes_has_used_its_place() -> None:
    async def scene(stage: Stage) -> None:
        PROBE_S.append(1_000)
        execution = await in_doubt(stage)
        await asyncio.sleep(2 * WINDOW_S)
        assert called() == ["reserve a", "probe a"]
        stage.process.kill()
        stage.another()
        await stage.process.ask(stage.process.tizmor.resume(execution))
        assert (await stage.rest(execution)).status == "COMPLETED"
        assert called() == ["reserve a", "probe a", "probe a"]
        assert in_no_window_too_many()

    act(scene, reserve)


def test_in_a_pause_the_place_of_a_probe_goes_to_who_is_next_and_its_lock_is_kept() -> None:
    async def scene(stage: Stage) -> None:
        first = await in_doubt(stage, resources=DIARY)
        await stage.do(stage.process.tizmor.pause(first))
        second = await stage.start(*reserving("b"))
        assert (await stage.rest(second)).status == "COMPLETED"
        third = await stage.start(Step(id="w", agent="Write", resources=DIARY))
        await stage.until(third, lambda state: state.steps["w"].held_on == "lock:diary")
        await asyncio.sleep(60)
        assert folded(stage, third).steps["w"].status == "held"
        await stage.process.ask(stage.process.tizmor.resume(first))
        for each in (first, third):
            assert (await stage.rest(each)).status == "COMPLETED"
        assert called() == ["reserve a", "reserve b", "probe a"]
        assert in_no_window_too_many()
        assert CALLED[1][1] - CALLED[0][1] < 2 * WINDOW_S, "nobody has used what was given back"

    @agent(name="Write", effect=Effect.IDEMPOTENT)
    async def write(*, ctx: AgentContext) -> Out:
        """Write into what is locked."""
        return Out()

    act(scene, reserve, write)


def test_what_is_cancelled_while_its_probe_stands_in_line_ends_when_it_is_known() -> None:
    async def scene(stage: Stage) -> None:
        execution = await in_doubt(stage)
        await stage.do(stage.process.tizmor.cancel(execution))
        ended = await stage.rest(execution)
        assert (ended.status, ended.steps[0].state) == ("CANCELLED", "succeeded")
        assert called() == ["reserve a", "probe a"]
        assert in_no_window_too_many()

    act(scene, reserve)


def test_what_is_asked_before_it_is_taken_back_waits_its_turn_and_so_does_that() -> None:
    async def scene(stage: Stage) -> None:
        execution = await in_doubt(stage, *reserving("a"), WAITING)
        await stage.do(stage.process.tizmor.cancel(execution, roll_back=True))
        assert (await stage.rest(execution)).status == "CANCELLED"
        assert called() == ["reserve a", "probe a", "undo a"]
        assert in_no_window_too_many()

    act(scene, reserve, wait)


def test_a_probe_that_is_told_to_come_back_later_holds_back_all() -> None:
    async def scene(stage: Stage) -> None:
        FAILING["probe"] = [Transient("busy", retry_after_s=60)]
        execution = await in_doubt(stage)
        await stage.rest(execution)
        assert called() == ["reserve a", "probe a", "reserve a"]
        assert CALLED[2][1] - CALLED[1][1] >= 60

    act(scene, reserve)
