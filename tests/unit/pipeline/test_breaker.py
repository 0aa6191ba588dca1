"""breaker: what fails again and again outside is left alone for a while."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.clocks import SetClock
from tests.unit.pipeline.calls import Inner, agent_that, call_of, nothing

from tizmor.core.plan import Effect
from tizmor.pipeline.breaker import Breaker
from tizmor.pipeline.call import Call
from tizmor.pipeline.verdicts import (
    Completed,
    Failed,
    Stale,
    Unknown,
    Verdict,
    Wait,
)
from tizmor.ports.breakers import Breaking, Standing
from tizmor.storage.memory import MemoryDatabase

DONE = Completed({})
BUSY = Failed("busy", retryable=True)


class Running(SetClock):
    """Its monotonic time goes on with what it was set to."""

    def monotonic(self) -> float:
        return self.now_ms() / 1000


class Line:
    """A breaker over a database in memory, and calls through it."""

    def __init__(self, api: str = "mail") -> None:
        self.clock = Running()
        self.database = MemoryDatabase(now_ms=self.clock.now_ms)
        self.sharing: Any = self.database.open().sharing
        self.agent = agent_that(nothing, Effect.IDEMPOTENT, api=api)
        self.breaker = self.another()
        self.calls = 0

    def another(self) -> Breaker:
        rule = Breaking(failures=3, pause_s=30)
        return Breaker(self.sharing.breakers, [self.agent], rule, self.clock)

    async def send(self, verdict: Verdict, breaker: Breaker | None = None) -> Verdict:
        async def inner(call: Call) -> Verdict:
            self.calls += 1
            call.begun = True
            return verdict

        return await (breaker or self.breaker)(call_of(self.agent), inner)

    async def standing(self) -> list[Standing]:
        found: list[Standing] = await self.sharing.breakers.standing()
        return found


@pytest.mark.parametrize("fault", [BUSY, Unknown("cut")], ids=["busy", "unknown"])
async def test_after_failures_in_a_row_calls_are_held_and_not_made(fault: Verdict) -> None:
    line = Line()
    for _ in range(3):
        assert await line.send(fault) == fault
    until_ms = line.clock.now_ms() + 30_000
    assert await line.send(DONE) == Wait("breaker:agent:Agent", until_ms, elsewhere=True)
    assert line.calls == 3


@pytest.mark.parametrize(
    "verdict",
    [Failed("no such address", retryable=False), Stale("taken"), DONE],
    ids=["the user's fault", "a precondition", "done"],
)
async def test_an_answer_is_no_failure(verdict: Verdict) -> None:
    line = Line()
    for _ in range(2):
        await line.send(BUSY)
    await line.send(verdict)
    await line.send(BUSY)
    assert await line.send(DONE) == DONE


async def test_another_process_sees_it_within_a_second() -> None:
    line = Line()
    other = line.another()
    await line.send(DONE, other)
    for _ in range(3):
        await line.send(BUSY)
    assert await line.send(DONE, other) == DONE
    line.clock.advance(1_000)
    assert isinstance(await line.send(DONE, other), Wait)


async def test_while_nothing_fails_the_database_is_asked_once_a_second() -> None:
    line = Line()
    asked: list[int] = []
    enter = line.sharing.breakers.enter

    async def counted(*given: Any) -> Any:
        asked.append(line.clock.now_ms())
        return await enter(*given)

    line.sharing.breakers.enter = counted
    for _ in range(40):
        await line.send(DONE)
        line.clock.advance(100)
    assert len(asked) == 4
    assert await line.standing() == []


async def test_when_the_pause_is_over_one_call_goes_through_and_closes_it() -> None:
    line = Line()
    for _ in range(3):
        await line.send(BUSY)
    line.clock.advance(30_000)
    during: list[Verdict] = []

    async def inner(call: Call) -> Verdict:
        call.begun = True
        other = call_of(line.agent)
        other.execution = 2
        during.append(await line.breaker(other, Inner(DONE)))
        return DONE

    assert await line.breaker(call_of(line.agent), inner) == DONE
    assert during == [Wait("breaker:agent:Agent", None, elsewhere=True)]
    assert {b.state for b in await line.standing()} == {"closed"}
    assert await line.send(DONE) == DONE


async def test_a_trial_that_has_to_wait_for_something_else_is_left_to_another() -> None:
    line = Line()
    for _ in range(3):
        await line.send(BUSY)
    line.clock.advance(30_000)
    waits = Wait("limit:api:mail")
    assert await line.breaker(call_of(line.agent), Inner(waits)) == waits
    assert {b.state for b in await line.standing()} == {"open"}
    assert await line.send(DONE) == DONE


async def test_a_call_that_raises_leaves_the_trial_to_another() -> None:
    line = Line()
    for _ in range(3):
        await line.send(BUSY)
    line.clock.advance(30_000)
    with pytest.raises(RuntimeError):
        await line.breaker(call_of(line.agent), Inner(RuntimeError()))
    assert await line.send(DONE) == DONE


async def test_an_agent_that_calls_nothing_outside_has_no_breaker() -> None:
    line = Line(api="")
    assert not line.breaker.guards
    for _ in range(5):
        await line.send(BUSY)
    assert await line.send(DONE) == DONE
    assert await line.standing() == []


async def test_who_is_cancelled_while_it_asks_does_not_try_the_breaker_for_ever() -> None:
    """It has asked, and will never hear that it is the one who tries."""
    line = Line()
    for _ in range(3):
        await line.send(BUSY)
    line.clock.advance(30_000)
    asking = asyncio.Event()
    enter = line.sharing.breakers.enter

    async def slowly(*asked: Any) -> Any:
        await enter(*asked)
        asking.set()
        await asyncio.Event().wait()

    line.sharing.breakers.enter = slowly
    call = asyncio.create_task(line.send(DONE))
    await asking.wait()
    assert {b.state for b in await line.standing()} == {"half-open"}
    call.cancel()
    await asyncio.wait([call])
    line.sharing.breakers.enter = enter
    assert await line.send(DONE) == DONE
