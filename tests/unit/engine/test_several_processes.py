"""One workspace, several processes: one owner, orders from anywhere, nothing done twice."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
from asyncio.subprocess import PIPE
from asyncio.subprocess import Process as Child
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from tests.unit.engine.house import (
    House,
    Process,
    finding,
    gate_opened,
    let_go,
    meet,
    plan,
    read,
    until,
)

from tizmor.core import facts as fx
from tizmor.core.errors import EngineError, NeedsAnswer, OwnershipLost, UserError
from tizmor.core.ids import parse_id
from tizmor.core.plan import Plan, Step
from tizmor.drivers.embedded.clock import SystemClock
from tizmor.engine import listing, ownership
from tizmor.engine.orders import Order, encode
from tizmor.engine.views import Status, StreamEvent
from tizmor.ports.journal import Append, Committed, InboxKind
from tizmor.storage.memory import MemoryJournal

ROOT = Path(__file__).parents[3]


def die(process: Process) -> None:
    """For every other process it is dead, though it may still run: a stopped process, say."""
    if isinstance(process.journal, MemoryJournal):
        process.journal.die()
    else:
        process.journal._owners.vanish()  # type: ignore[attr-defined]


async def started(process: Process, steps: Plan, reached: Callable[[StreamEvent], bool]) -> str:
    """An execution that has come as far as an event."""
    execution = await process.start("q", plan=steps)
    await until(process, execution.id, reached)
    return execution.id


async def test_an_approval_from_another_process_is_obeyed_by_the_one_that_runs(
    any_house: House,
) -> None:
    async with any_house.process() as runs, any_house.process() as other:
        execution_id = await started(runs, plan(meet("m"), read("r", "m")), gate_opened)
        assert await other.approve(execution_id, by="dana") == "a1 approved"
        assert not other.owns(execution_id)
        assert (await runs.result(execution_id)).status is Status.COMPLETED
    assert any_house.agents.did == ["meet talk at 10", "read talk"]


async def test_an_order_is_confirmed_by_a_wake_up_and_takes_no_lock(
    any_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody looks again and again, and what the other process writes isn't held up."""
    async with any_house.process() as runs, any_house.process() as other:
        execution_id = await started(runs, plan(meet("m")), gate_opened)

        async def takes(execution: int) -> None:
            raise AssertionError("a living process has it")

        monkeypatch.setattr(ownership, "FOLLOW_S", 3600.0)
        monkeypatch.setattr(other.journal, "adopt", takes)
        async with asyncio.timeout(10):
            assert await other.pause(execution_id) == "paused"


async def test_every_order_from_another_process_is_obeyed(any_house: House) -> None:
    any_house.agents.fail.append(NeedsAnswer("Who?", question_id="who"))
    steps = plan(read("asks"), meet("m"), Step(id="s", agent="Slow"))
    async with any_house.process() as runs, any_house.process() as other:
        execution_id = await started(runs, steps, lambda e: e.type == "question")
        assert await other.answer(execution_id, "Dana") == "q1 answered"
        await until(other, execution_id, gate_opened)
        assert await other.reject(execution_id) == "a1 rejected"
        assert await other.pause(execution_id) == "paused"
        await until(runs, execution_id, lambda e: e.status == "PAUSED")
        assert (await other.resume(execution_id)).status is Status.RUNNING
        assert await other.cancel(execution_id) == "cancelled"
        assert (await runs.result(execution_id)).status is Status.CANCELLED
        with pytest.raises(UserError, match="has ended"):
            await other.pause(execution_id)


async def test_an_order_that_comes_too_late_is_refused_by_the_owner(any_house: House) -> None:
    async with any_house.process() as runs, any_house.process() as other:
        steps = plan(meet("m"), Step(id="s", agent="Slow"))
        execution_id = await started(runs, steps, gate_opened)
        orders = [runs.reject(execution_id, "a1"), other.approve(execution_id, "a1")]
        decided = await asyncio.gather(*orders, return_exceptions=True)
        assert sorted(isinstance(d, UserError) for d in decided) == [False, True]


async def test_another_process_follows_live_and_takes_nothing_over(any_house: House) -> None:
    steps = plan(Step(id="s", agent="Slow"), read("r", "s"))
    async with any_house.process() as runs, any_house.process() as other:
        execution_id = await started(runs, steps, finding)
        following = asyncio.create_task(other.result(execution_id))
        await until(other, execution_id, finding)
        any_house.agents.hold.set()
        assert (await following).status is Status.COMPLETED
        assert not other.owns(execution_id)
        assert await other.logs(execution_id) == await runs.logs(execution_id)


async def test_when_nobody_runs_it_an_approval_takes_it_over_and_goes_on(
    any_house: House,
) -> None:
    async with any_house.process() as first:
        execution_id = await started(first, plan(meet("m"), read("r", "m")), gate_opened)
    async with any_house.process() as second:
        assert (await second.get(execution_id)).status is Status.WAITING
        assert not second.owns(execution_id)
        assert await second.approve(execution_id) == "a1 approved"
        assert (await second.result(execution_id)).status is Status.COMPLETED
    assert any_house.agents.did == ["meet talk at 10", "read talk"]


async def test_looking_never_takes_an_execution_over(any_house: House) -> None:
    async with any_house.process() as first, any_house.process() as second:
        execution_id = await started(first, plan(Step(id="s", agent="Slow")), finding)
        die(first)
        assert (await second.get(execution_id)).status is Status.INTERRUPTED
        assert [e.status for e in await second.list()] == [Status.INTERRUPTED]
        assert [e.execution_id for e in await second.interrupted()] == [execution_id]
        assert await second.logs(execution_id)
        assert (await second.result(execution_id)).status is Status.INTERRUPTED
        assert not second.owns(execution_id)


async def test_a_resume_goes_on_where_the_dead_process_was(any_house: House) -> None:
    steps = plan(read("done"), Step(id="s", agent="Slow", after=("done",)), read("r", "s"))
    async with any_house.process() as first, any_house.process() as second:
        execution_id = await started(first, steps, lambda e: e.step == "s" and e.type == "log")
        die(first)
        await second.resume(execution_id)
        any_house.agents.hold.set()
        done = await second.result(execution_id)
        assert done.status is Status.COMPLETED
        assert [s.attempt for s in done.steps] == [1, 2, 1]
    assert any_house.agents.did.count("read x") == 1


async def test_a_process_that_was_thought_dead_does_nothing_more(any_house: House) -> None:
    """It was stopped, another took over, and it goes on: its next effect never happens."""
    steps = plan(Step(id="s", agent="Slow"), meet("m", after=("s",)))
    async with any_house.process() as first, any_house.process() as second:
        execution = await first.start("q", plan=steps, approve_all=True)
        await until(first, execution.id, finding)
        die(first)
        await second.resume(execution.id, approve_all=True)
        any_house.agents.hold.set()
        assert (await second.result(execution.id)).status is Status.COMPLETED
        await let_go(first, execution.id)
    assert any_house.agents.did.count("meet talk at 10") == 1


async def test_an_effect_cut_off_by_death_is_made_again_with_the_same_key(
    any_house: House,
) -> None:
    async with any_house.process() as first, any_house.process() as second:
        execution_id = await started(first, plan(Step(id="s", agent="SlowWrite")), finding)
        die(first)
        await second.resume(execution_id)
        any_house.agents.hold.set()
        done = await second.result(execution_id)
        assert done.status is Status.COMPLETED
        states = [e.state for e in await second.logs(execution_id) if e.type == "step"]
        assert states == ["running", "unknown", "running", "succeeded"]


async def test_resuming_twice_runs_everything_once(any_house: House) -> None:
    async with any_house.process() as first:
        execution_id = await started(first, plan(meet("m"), read("r", "m")), gate_opened)
    async with any_house.process() as one, any_house.process() as other:
        await asyncio.gather(*(p.resume(execution_id) for p in (one, other, one, other)))
        assert [one.owns(execution_id), other.owns(execution_id)].count(True) == 1
        await other.resume(execution_id, approve_all=True)
        done = await asyncio.gather(one.result(execution_id), other.result(execution_id))
        assert {e.status for e in done} == {Status.COMPLETED}
    assert any_house.agents.did == ["meet talk at 10", "read talk"]


async def test_however_many_ask_at_once_one_process_takes_an_execution_on_once(
    any_house: House,
) -> None:
    async with any_house.process() as first:
        execution_id = await started(
            first, plan(meet("m"), meet("n"), Step(id="s", agent="Slow")), gate_opened
        )
    any_house.agents.hold.set()
    async with any_house.process() as second:
        await asyncio.gather(
            *(second.resume(execution_id) for _ in range(5)),
            *(second.approve(execution_id, gate) for gate in ("a1", "a2")),
            *(second.result(execution_id) for _ in range(5)),
        )
        assert (await second.result(execution_id)).status is Status.COMPLETED
        kinds = [e.type for e in await second.logs(execution_id)]
        assert kinds.count("complete") == 1
    assert sorted(any_house.agents.did) == ["Slow", "meet talk at 10", "meet talk at 10"]


async def test_a_follower_that_wants_the_result_takes_over_when_the_owner_dies(
    any_house: House,
) -> None:
    async with any_house.process() as first, any_house.process() as second:
        execution_id = await started(first, plan(Step(id="s", agent="Slow")), finding)
        await second.resume(execution_id)
        wanted = asyncio.create_task(second.result(execution_id))
        die(first)
        any_house.agents.hold.set()
        assert (await wanted).status is Status.COMPLETED


async def test_a_paused_execution_whose_process_died_mid_call_still_says_that_it_is_paused(
    any_house: House,
) -> None:
    """Adopted in the pause, its call is not picked up: the stream must not wait for it."""
    async with any_house.process() as first, any_house.process() as second:
        execution_id = await started(first, plan(Step(id="s", agent="SlowWrite")), finding)
        await first.pause(execution_id)
        die(first)
        await second.pause(execution_id)
        assert second.owns(execution_id)
        async with asyncio.timeout(5):
            assert (await second.result(execution_id)).status is Status.PAUSED
        any_house.agents.hold.set()
        await second.resume(execution_id)
        assert (await second.result(execution_id)).status is Status.COMPLETED


async def test_closing_gives_an_effect_time_to_end_and_begins_no_other(
    any_house: House,
) -> None:
    steps = plan(Step(id="s", agent="SlowWrite"), Step(id="t", agent="SlowWrite", after=("s",)))
    async with any_house.process() as first:
        execution_id = await started(first, steps, finding)
        asyncio.get_running_loop().call_later(0.05, any_house.agents.hold.set)
    assert any_house.agents.did == ["SlowWrite"]
    async with any_house.process() as second:
        assert [s.state for s in (await second.get(execution_id)).steps] == ["succeeded", "pending"]
        await second.resume(execution_id)
        done = await second.result(execution_id)
        assert (done.status, done.steps[1].attempt) == (Status.COMPLETED, 1)


CHILD = """
import asyncio, json, sys
from pathlib import Path
from tests.unit.engine.house import House, meet, plan, read
from tizmor.core.plan import Step

async def main(folder, kind):
    house = House(Path(folder))
    steps = plan(meet("m"), read("r", "m")) if kind == "gate" else plan(
        Step(id="s", agent="SlowWrite"), read("r", "s"))
    async with house.process() as process:
        execution = await process.start("q", plan=steps)
        async for event in process.stream(execution.id, keep_waiting=True):
            print(json.dumps([execution.id, event.type, event.state]), flush=True)
    print(json.dumps(house.agents.did), flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


@asynccontextmanager
async def child(folder: Path, kind: str) -> AsyncIterator[Child]:
    """A process that runs an execution of this kind to its end and prints what it did."""
    started_child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CHILD, str(folder), kind, cwd=ROOT, stdout=PIPE
    )
    try:
        yield started_child
    finally:
        if started_child.returncode is None:
            started_child.kill()
        await started_child.wait()


async def said(process: Child, kind: str) -> str:
    """The execution's id as soon as the child has said an event of this type."""
    assert process.stdout is not None
    async for line in process.stdout:
        execution_id, event, _ = json.loads(line)
        if event == kind:
            return str(execution_id)
    raise AssertionError("the child ended without saying it")


async def test_an_approval_reaches_another_process_of_the_machine(tmp_path: Path) -> None:
    async with child(tmp_path, "gate") as runs, House(tmp_path).process() as here:
        execution_id = await said(runs, "approval")
        assert await here.approve(execution_id) == "a1 approved"
        assert not here.owns(execution_id)
        assert (await here.result(execution_id)).status is Status.COMPLETED
        output = await runs.communicate()
        assert json.loads(output[0].splitlines()[-1]) == ["meet talk at 10", "read talk"]


async def test_what_was_killed_goes_on_here(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.agents.hold.set()
    async with child(tmp_path, "effect") as runs, house.process() as here:
        execution_id = await said(runs, "log")
        runs.send_signal(signal.SIGKILL)
        await runs.wait()
        assert (await here.get(execution_id)).status is Status.INTERRUPTED
        await here.resume(execution_id)
        assert (await here.result(execution_id)).status is Status.COMPLETED
    assert house.agents.did == ["SlowWrite", "read SlowWrite"]


class StillClock(SystemClock):
    """Everything happens in the same millisecond."""

    def now_ms(self) -> int:
        return 1_790_000_000_000


@pytest.mark.parametrize("second", ["q", "something else"])
async def test_a_number_that_another_process_has_drawn_is_drawn_anew(
    any_house: House, second: str
) -> None:
    """Even for the same request at the same time."""
    any_house.clock = StillClock()
    drawn = iter([1, 1, 1, 2])
    any_house.random_bits = lambda bits: next(drawn)
    steps = plan(Step(id="s", agent="Slow"))
    async with any_house.process() as one, any_house.process() as other:
        first = await one.start("q", plan=steps)
        begun = await other.start(second, plan=steps)
        assert begun.id != first.id
        assert (await other.get(begun.id)).query == second
        assert (await other.get(first.id)).query == "q"
        any_house.agents.hold.set()
        assert (await one.result(first.id)).status is Status.COMPLETED
        assert (await other.result(begun.id)).status is Status.COMPLETED
    assert any_house.agents.did.count("Slow") == 2


async def test_a_number_is_not_drawn_for_ever(any_house: House) -> None:
    any_house.clock = StillClock()
    any_house.random_bits = lambda bits: 1
    steps = plan(Step(id="s", agent="Slow"))
    async with any_house.process() as one, any_house.process() as other:
        await one.start("q", plan=steps)
        with pytest.raises(EngineError, match="no free number"):
            await other.start("something else", plan=steps)


async def test_what_was_begun_here_and_taken_over_at_once_is_not_begun_again(house: House) -> None:
    """Its first commit was kept, and the answer lost; meanwhile another process went on with it."""
    journal = house.memory.open()
    async with house.process() as other:

        async def commit(appends: Sequence[Append]) -> Committed:
            await MemoryJournal.commit(journal, appends)
            journal.die()
            await other.resume_all()
            return Committed(first_positions=[None] * len(appends))

        journal.commit = commit  # type: ignore[method-assign]
        async with house.process(journal=journal) as loses:
            with pytest.raises(OwnershipLost):
                await loses.start("q", plan=plan(meet("m")))
        assert len(await other.list()) == 1


def damage(house: House, execution_id: str) -> None:
    """Have an event in its journal that no version can read."""
    history = house.memory.histories[parse_id(execution_id) or 0]
    history[1] = msgspec.structs.replace(history[1], payload=b'{"type":"FromTheFuture"}')


async def test_one_that_cannot_be_read_does_not_keep_the_others_orders(house: House) -> None:
    async with house.process() as first:
        damaged, healthy = [await started(first, plan(meet("m")), gate_opened) for _ in "ab"]
    damage(house, damaged)
    async with house.process() as runs, house.process() as other:
        await runs.resume_all()
        order = encode(Order(by="me"))
        await other.journal.send(parse_id(damaged) or 0, InboxKind.CANCEL, order)
        assert await other.approve(healthy) == "a1 approved"
        assert (await runs.result(healthy)).status is Status.COMPLETED


def park(process: Process, execution_id: str) -> None:
    """Have the engine of a process fail at an execution."""
    live = process.pump.get(parse_id(execution_id) or 0)
    assert live is not None
    process.pump.feed(live, fx.PreconditionBroken(step="nobody", error="x"))
    assert process.pump.failure_of(live.execution) is not None


async def test_what_one_process_cannot_go_on_with_another_may(any_house: House) -> None:
    async with any_house.process() as fails, any_house.process() as other:
        execution_id = await started(fails, plan(meet("m")), gate_opened)
        park(fails, execution_id)
        assert await other.approve(execution_id) == "a1 approved"
        assert (await other.result(execution_id)).status is Status.COMPLETED
    assert any_house.agents.did == ["meet talk at 10"]


async def test_what_a_process_could_not_go_on_with_it_may_try_again(any_house: House) -> None:
    async with any_house.process() as process:
        execution_id = await started(process, plan(meet("m")), gate_opened)
        park(process, execution_id)
        await process.resume(execution_id)
        await process.approve(execution_id)
        assert (await process.result(execution_id)).status is Status.COMPLETED


async def test_what_needs_an_agent_that_is_only_elsewhere_is_taken_up_there(house: House) -> None:
    async with house.process() as first:
        execution_id = await started(first, plan(meet("m")), gate_opened)
    async with house.process(agents=[house.agents.read()]) as lacks, house.process() as other:
        await lacks.resume(execution_id)
        with contextlib.suppress(EngineError):
            await lacks.approve(execution_id)
        await let_go(lacks, execution_id)
        await other.resume(execution_id)
        assert (await other.result(execution_id)).status is Status.COMPLETED


async def test_all_that_were_interrupted_are_named_however_many_are_newer(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "_PAGE", 3)
    async with house.process() as gone, house.process() as process:
        slow = plan(Step(id="s", agent="Slow"))
        interrupted = [await started(gone, slow, finding) for _ in range(4)]
        for _ in range(7):
            await started(process, plan(meet("m")), gate_opened)
        interrupted += [await started(gone, slow, finding)]
        die(gone)
        found = [e.execution_id for e in await process.interrupted()]
        assert found == sorted(interrupted, reverse=True)


async def test_nothing_is_begun_or_taken_on_by_a_process_that_has_stopped(house: House) -> None:
    async with house.process() as other:
        async with house.process() as process:
            execution_id = await started(process, plan(meet("m")), gate_opened)
        with pytest.raises(EngineError, match="stopped"):
            await process.start("q", plan=plan(read("r")))
        with pytest.raises(EngineError, match="stopped"):
            async with asyncio.timeout(1):
                await process.approve(execution_id)
        await other.resume(execution_id)
        assert other.owns(execution_id)
