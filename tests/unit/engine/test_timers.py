"""Timers on virtual clocks: monotonic within the process, wall time across processes."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest

from tizmor.core.commands import Timer
from tizmor.drivers.simulated.clock import SimulatedClock
from tizmor.drivers.simulated.loop import SimulatedLoop
from tizmor.engine.timers import LOOK_S, Timers

Fired = tuple[int, str, Timer, int]


class Machine(SimulatedClock):
    """A machine whose clocks can be set and which can be suspended. Its event loop doesn't notice
    a suspension, as on Linux; the monotonic clock does."""

    def __init__(self, loop: SimulatedLoop) -> None:
        super().__init__(loop)
        self.fired: list[Fired] = []
        self.at: list[float] = []
        self._slept_s = 0.0
        self.timers = Timers(self, self._fire)

    def _fire(self, *fired: object) -> None:
        self.fired.append(fired)  # type: ignore[arg-type]
        self.at.append(self.monotonic())

    def monotonic(self) -> float:
        return super().monotonic() + self._slept_s

    def suspend(self, seconds: float) -> None:
        self._slept_s += seconds
        self.shift(seconds)

    def set_in(self, seconds: float, step: str = "s", execution: int = 1) -> int:
        due_ms = self.now_ms() + int(1000 * seconds)
        self.timers.set(execution, step, Timer.RETRY, due_ms)
        return due_ms

    def steps(self) -> list[str]:
        return [step for _, step, _, _ in self.fired]


def on_a_machine(test: Callable[[Machine], Awaitable[None]]) -> Callable[[], None]:
    """The test runs on a loop whose time is virtual: nothing sleeps."""

    def run() -> None:
        loop = SimulatedLoop(lambda n: 0)
        loop.run_until_complete(test(Machine(loop)))
        loop.close()

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return run


@on_a_machine
async def test_a_timer_fires_once_when_its_time_has_come(machine: Machine) -> None:
    due_ms = machine.set_in(60)
    await asyncio.sleep(59.9)
    assert machine.fired == []
    await asyncio.sleep(0.2)
    assert machine.fired == [(1, "s", Timer.RETRY, due_ms)]
    await asyncio.sleep(1000)
    assert len(machine.fired) == 1


@on_a_machine
async def test_a_timer_whose_time_is_past_fires_at_once(machine: Machine) -> None:
    machine.set_in(-3600)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert machine.steps() == ["s"]


@on_a_machine
async def test_they_fire_in_the_order_of_their_times(machine: Machine) -> None:
    seconds = random.Random(5).sample(range(1, 3000), 300)
    for second in seconds:
        machine.set_in(second, str(second))
    await asyncio.sleep(3001)
    assert machine.steps() == [str(second) for second in sorted(seconds)]


@on_a_machine
async def test_one_that_is_set_anew_takes_the_place_of_the_old_one(machine: Machine) -> None:
    machine.set_in(10)
    machine.set_in(30)
    await asyncio.sleep(20)
    assert machine.fired == []
    machine.set_in(5)
    await asyncio.sleep(5.1)
    assert machine.steps() == ["s"]
    await asyncio.sleep(60)
    assert machine.steps() == ["s"]


@on_a_machine
async def test_a_step_has_one_of_each_kind(machine: Machine) -> None:
    due_ms = machine.set_in(10)
    machine.timers.set(1, "s", Timer.DEADLINE, due_ms + 1000)
    await asyncio.sleep(12)
    assert [timer for _, _, timer, _ in machine.fired] == [Timer.RETRY, Timer.DEADLINE]


@on_a_machine
async def test_those_of_an_execution_may_be_dropped_and_the_others_stay(machine: Machine) -> None:
    machine.set_in(10, "a", execution=1)
    machine.set_in(10, "b", execution=1)
    due_ms = machine.set_in(10, "c", execution=2)
    machine.timers.drop(1)
    assert machine.timers.next_due_ms(1) is None
    assert machine.timers.next_due_ms(2) == due_ms
    await asyncio.sleep(11)
    assert machine.steps() == ["c"]
    assert machine.timers.next_due_ms(2) is None


@pytest.mark.parametrize("seconds", [-7200.0, 7200.0])
def test_a_clock_that_is_set_neither_fires_a_timer_early_nor_holds_it_back(seconds: float) -> None:
    async def run(machine: Machine) -> None:
        machine.set_in(60)
        machine.shift(seconds)
        await asyncio.sleep(59)
        assert machine.fired == []
        await asyncio.sleep(2)
        assert machine.steps() == ["s"]

    on_a_machine(run)()


@on_a_machine
async def test_after_a_suspension_it_fires_within_a_few_seconds(machine: Machine) -> None:
    """The event loop alone would be an hour late."""
    machine.set_in(3600)
    await asyncio.sleep(1)
    machine.suspend(3600)
    before = machine.monotonic()
    await asyncio.sleep(LOOK_S)
    assert machine.steps() == ["s"]
    assert machine.at[0] - before <= LOOK_S


@on_a_machine
async def test_one_that_is_set_while_another_fires_fires_too(machine: Machine) -> None:
    again = iter([5, 0])
    fire = machine._fire

    def once_more(*fired: object) -> None:
        fire(*fired)
        if (seconds := next(again, None)) is not None:
            machine.set_in(seconds)

    machine.timers = Timers(machine, once_more)
    machine.set_in(5)
    await asyncio.sleep(11)
    assert machine.steps() == ["s", "s", "s"]


@on_a_machine
async def test_none_fires_after_the_end(machine: Machine) -> None:
    machine.set_in(5)
    machine.timers.close()
    await asyncio.sleep(60)
    assert machine.fired == []


@on_a_machine
async def test_what_is_forgotten_takes_up_no_room_until_its_time(machine: Machine) -> None:
    for number in range(1_000):
        machine.set_in(10**6, execution=number)
        machine.timers.drop(number)
    kept = machine.set_in(60, execution=7)
    assert len(machine.timers._heap) < 200
    await asyncio.sleep(61)
    assert machine.fired == [(7, "s", Timer.RETRY, kept)]


@on_a_machine
async def test_what_is_about_to_fire_is_known_though_the_clock_was_set_back(
    machine: Machine,
) -> None:
    """An execution that would rest until its wall time has come, once more, would come back at
    once, for ever."""
    due_ms = machine.set_in(60)
    await asyncio.sleep(59)
    machine.shift(-3600)
    assert not machine.timers.is_due(1)
    machine.timers.set(1, "woken", Timer.RETRY, due_ms, as_of_ms=due_ms)
    assert machine.timers.is_due(1)
    assert not machine.timers.is_due(2)
    await asyncio.sleep(2)
    assert sorted(machine.steps()) == ["s", "woken"]
    assert not machine.timers.is_due(1)
