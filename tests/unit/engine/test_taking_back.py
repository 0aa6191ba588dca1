"""What takes a step back goes by the limits and locks that its call went by, whatever crashes."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable

import pytest
from tests.replay.stage import Stage
from tests.unit.engine.talkers import Out
from tests.unit.engine.virtual import events, play

from tizmor.core import events as ev
from tizmor.core.errors import Transient
from tizmor.core.plan import Effect, Resource, RetryPolicy, Step
from tizmor.core.state import State
from tizmor.ports.agent import AgentContext, agent

Reached = Callable[[State], bool]
WINDOW_S = 10
GUESTS = (Resource(name="book:guests"),)
BOOK_LOCK, QUOTA = "lock:book:guests", "limit:agent:Reserve"
CALLED: list[tuple[str, float]] = []
"""What was called of the API, and when."""
INSIDE: list[str] = []
"""Who writes the guest book, in the order of coming and going."""
FAILING: list[Exception] = []


@pytest.fixture(autouse=True)
def nothing_done() -> None:
    for noted in (CALLED, INSIDE, FAILING):
        noted.clear()


def call(name: str) -> None:
    CALLED.append((name, asyncio.get_running_loop().time()))


@agent(
    name="Reserve",
    effect=Effect.COMPENSATABLE,
    critical=True,
    rate_limit=f"1 per {WINDOW_S} seconds",
    retry=RetryPolicy(attempts=3, first_delay_s=0.01),
)
async def reserve(what: str, *, ctx: AgentContext) -> Out:
    """Reserve something."""
    call(f"reserve {what}")
    return Out(value=what)


@reserve.compensate
async def let_go(result: Out, *, what: str, ctx: AgentContext) -> None:
    call(f"let go {what}")
    if FAILING:
        raise FAILING.pop()


@agent(name="Enter", effect=Effect.COMPENSATABLE, resources=GUESTS)
async def enter(who: str, *, ctx: AgentContext) -> Out:
    """Enter somebody into the guest book."""
    await write(f"enter {who}")
    return Out(value=who)


@enter.compensate
async def strike(result: Out, *, who: str, ctx: AgentContext) -> None:
    await write(f"strike {who}")


async def write(what: str) -> None:
    INSIDE.append(f"{what} begins")
    await asyncio.sleep(2)
    INSIDE.append(f"{what} ends")


@agent(name="Wait")
async def wait(*, ctx: AgentContext) -> Out:
    """Wait for very long."""
    await asyncio.sleep(10_000)
    return Out()


def reserving(*names: str) -> list[Step]:
    return [Step(id=n, agent="Reserve", arguments={"what": n}) for n in names]


def entering(who: str, *after: str) -> Step:
    return Step(id=who, agent="Enter", arguments={"who": who}, after=after)


WAITING = Step(id="wait", agent="Wait")


def held(step: str, on: str = QUOTA) -> Reached:
    return lambda state: state.steps[step].held_on == on


def done(*names: str) -> Reached:
    return lambda state: all(state.steps[n].status == "succeeded" for n in names)


async def rolled_back(stage: Stage, execution: str) -> None:
    await stage.do(stage.process.tizmor.cancel(execution, roll_back=True))


def in_no_window_too_many() -> bool:
    times = sorted(at for _, at in CALLED)
    return all(later - former >= WINDOW_S for former, later in itertools.pairwise(times))


def test_taking_back_counts_against_the_quota_of_what_it_calls() -> None:
    async def scene(stage: Stage) -> None:
        execution = await stage.start(*reserving("a", "b"), WAITING, approve_all=True)
        await stage.until(execution, done("a", "b"))
        await rolled_back(stage, execution)
        await stage.rest(execution)
        assert [name for name, _ in CALLED] == ["reserve a", "reserve b", "let go b", "let go a"]
        assert in_no_window_too_many()
        compensating = [e.on for e in events(stage, execution, ev.CompensationHeld)]
        assert compensating == [QUOTA, QUOTA]
        assert len(events(stage, execution, ev.GateOpened)) == 2

    play(scene, reserve, wait)


def test_what_fails_to_be_taken_back_counts_too_and_stands_in_line_again() -> None:
    async def scene(stage: Stage) -> None:
        FAILING.append(Transient("busy"))
        execution = await stage.start(*reserving("a"), WAITING, approve_all=True)
        await stage.until(execution, done("a"))
        await rolled_back(stage, execution)
        await stage.rest(execution)
        assert [name for name, _ in CALLED] == ["reserve a", "let go a", "let go a"]
        assert in_no_window_too_many()

    play(scene, reserve, wait)


def test_taking_back_has_the_resource_to_itself() -> None:
    async def scene(stage: Stage) -> None:
        first = await stage.start(entering("ann"), WAITING)
        await stage.until(first, done("ann"))
        second = await stage.start(entering("ben"))
        await stage.runs(second, "ben")
        await rolled_back(stage, first)
        await stage.rest(first)
        await stage.rest(second)
        third = await stage.start(entering("cid"))
        assert (await stage.rest(third)).status == "COMPLETED"
        assert INSIDE[2:6] == [
            "enter ben begins",
            "enter ben ends",
            "strike ann begins",
            "strike ann ends",
        ]
        assert [e.on for e in events(stage, first, ev.CompensationHeld)] == [BOOK_LOCK]

    play(scene, enter, wait)


def test_who_is_killed_while_it_stands_in_line_is_gone_on_with_by_another() -> None:
    async def scene(stage: Stage) -> None:
        execution = await stage.start(*reserving("a"), WAITING, approve_all=True)
        await stage.until(execution, done("a"))
        await rolled_back(stage, execution)
        await stage.until(execution, held("a"))
        stage.process.kill()
        stage.another()
        await stage.process.ask(stage.process.tizmor.resume(execution))
        await stage.rest(execution)
        assert [name for name, _ in CALLED] == ["reserve a", "let go a"]
        assert in_no_window_too_many()

    play(scene, reserve, wait)


def test_who_is_killed_while_it_takes_back_has_used_its_place() -> None:
    async def scene(stage: Stage) -> None:
        execution = await stage.start(*reserving("a"), WAITING, approve_all=True)
        await stage.until(execution, done("a"))
        FAILING.append(Transient("it is gone"))
        await rolled_back(stage, execution)
        await stage.until(execution, lambda state: state.steps["a"].undoing == 1)
        stage.process.kill()
        stage.another()
        await stage.process.ask(stage.process.tizmor.resume(execution))
        await stage.rest(execution)
        assert in_no_window_too_many()
        assert [name for name, _ in CALLED][-1] == "let go a"

    play(scene, reserve, wait)


def test_in_a_pause_its_place_goes_to_who_is_next() -> None:
    async def scene(stage: Stage) -> None:
        first = await stage.start(*reserving("a"), WAITING, approve_all=True)
        await stage.until(first, done("a"))
        await rolled_back(stage, first)
        await stage.until(first, held("a"))
        await stage.do(stage.process.tizmor.pause(first))
        second = await stage.start(*reserving("b"), approve_all=True)
        assert (await stage.rest(second)).status == "COMPLETED"
        await stage.process.ask(stage.process.tizmor.resume(first))
        await stage.rest(first)
        assert [name for name, _ in CALLED] == ["reserve a", "reserve b", "let go a"]
        assert in_no_window_too_many()

    play(scene, reserve, wait)
