"""The simulated loop: asyncio's own tools on virtual time, and nothing of the machine."""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tizmor.drivers.simulated.choices import Choices
from tizmor.drivers.simulated.loop import PROCESS, SimulatedLoop, Stuck


def run(work: Callable[[SimulatedLoop], Awaitable[Any]], seed: int | None = None) -> Any:
    """What comes of it on a loop of its own."""
    stream = Choices(seed or 0).stream("order")
    loop = SimulatedLoop((lambda count: 0) if seed is None else stream.below)
    try:
        return loop.run_until_complete(work(loop))
    finally:
        loop.close()
        assert not loop.errors


def spawn(loop: SimulatedLoop, process: str, work: Any) -> asyncio.Task[Any]:
    context = contextvars.copy_context()
    context.run(PROCESS.set, process)
    return loop.create_task(work, context=context)


def test_a_day_passes_in_no_time() -> None:
    async def work(loop: SimulatedLoop) -> float:
        await asyncio.sleep(86_400)
        return loop.time()

    began = time.monotonic()
    assert run(work) == 86_400
    assert time.monotonic() - began < 1


def test_time_outs_events_wait_and_gather_work_as_ever() -> None:
    async def work(loop: SimulatedLoop) -> list[Any]:
        event = asyncio.Event()
        loop.call_later(2, event.set)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await event.wait()
        await event.wait()
        done, pending = await asyncio.wait(
            [asyncio.create_task(asyncio.sleep(s, s)) for s in (1, 9)], timeout=5
        )
        (late,) = pending
        late.cancel()
        gathered = await asyncio.gather(late, asyncio.sleep(1, "x"), return_exceptions=True)
        return [loop.time(), [task.result() for task in done], type(gathered[0]), gathered[1]]

    assert run(work) == [8.0, [1], asyncio.CancelledError, "x"]


@pytest.mark.parametrize(
    "touch",
    [
        lambda loop: loop.run_in_executor(None, print),
        lambda loop: loop.create_connection(asyncio.Protocol, "localhost", 1),
        lambda loop: loop.subprocess_shell(asyncio.SubprocessProtocol, "true"),
        lambda loop: loop.getaddrinfo("localhost", 1),
    ],
)
def test_nothing_of_the_machine_can_be_reached(touch: Callable[[Any], Any]) -> None:
    async def work(loop: SimulatedLoop) -> None:
        with pytest.raises(NotImplementedError):
            await touch(loop)

    run(work)


def test_the_order_of_what_is_ready_follows_the_seed() -> None:
    async def work(loop: SimulatedLoop) -> list[int]:
        order: list[int] = []
        for number in range(8):
            loop.call_soon(order.append, number)
        await asyncio.sleep(1)
        return order

    assert run(work) == list(range(8))
    assert run(work, 1) == run(work, 1)
    assert len({tuple(run(work, seed)) for seed in range(20)}) > 10


def test_what_is_killed_says_no_last_word() -> None:
    async def work(loop: SimulatedLoop) -> list[str]:
        said: list[str] = []

        async def talk(name: str) -> None:
            try:
                while True:
                    await asyncio.sleep(1)
                    said.append(name)
            finally:
                said.append(f"{name} ends")

        spawn(loop, "a", talk("a"))
        spawn(loop, "b", talk("b"))
        await asyncio.sleep(1.5)
        loop.kill("a")
        await asyncio.sleep(1)
        return list(said)

    assert run(work) == ["a", "b", "b"]


def test_what_is_stopped_goes_on_later_with_all_that_came_due() -> None:
    async def work(loop: SimulatedLoop) -> list[float]:
        ticks: list[float] = []

        async def tick() -> None:
            while True:
                await asyncio.sleep(1)
                ticks.append(loop.time())

        spawn(loop, "a", tick())
        await asyncio.sleep(1.5)
        loop.stop_process("a")
        await asyncio.sleep(3)
        loop.go_on("a")
        await asyncio.sleep(1.2)
        return ticks

    assert run(work) == [1.0, 4.5, 5.5]


def test_what_remains_of_a_process_is_named() -> None:
    async def work(loop: SimulatedLoop) -> list[str]:
        spawn(loop, "a", asyncio.sleep(5))
        await asyncio.sleep(1)
        return loop.remains("a")

    remains = run(work)
    assert remains[0] == "task sleep"
    assert len(remains) == 2


def test_what_no_one_can_end_is_reported() -> None:
    async def forever(loop: SimulatedLoop) -> None:
        await loop.create_future()

    async def restless(loop: SimulatedLoop) -> None:
        loop.call_soon(again, loop)
        await loop.create_future()

    def again(loop: SimulatedLoop) -> None:
        loop.call_soon(again, loop)

    with pytest.raises(Stuck):
        run(forever)
    loop = SimulatedLoop(lambda count: 0, max_callbacks=100)
    with pytest.raises(Stuck):
        loop.run_until_complete(restless(loop))
    loop.close()
