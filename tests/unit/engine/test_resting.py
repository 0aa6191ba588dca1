"""Many executions in little room: what waits rests on disk, and nothing of it is lost."""

from __future__ import annotations

import asyncio
import datetime as dt
import threading
from collections.abc import Sequence

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

from tizmor.core.errors import EngineError, OwnershipLost, StorageFailed, Transient
from tizmor.core.ids import parse_id
from tizmor.core.plan import Resource, RetryPolicy, Step
from tizmor.engine import waking
from tizmor.engine.limits import Limits
from tizmor.engine.views import Execution, Status
from tizmor.ports.agent import AgentContext, agent
from tizmor.ports.cache import Mine, Wanted
from tizmor.ports.journal import Record
from tizmor.ports.locks import Holder
from tizmor.ports.vocabulary import Value
from tizmor.storage.memory import MemoryJournal

LITTLE = Limits(calls=8, live=3)
MANY = 20


class Nothing(Value, frozen=True):
    pass


async def waiting(process: Process, count: int = MANY) -> list[Execution]:
    """Executions that all wait for an approval."""
    started = [await process.start("q", plan=plan(meet("m", f"t{n}"))) for n in range(count)]
    for execution in started:
        await until(process, execution.id, gate_opened)
    return started


async def rested(process: Process, execution: Execution) -> None:
    await let_go(process, execution.id)
    assert process.pump.rests(parse_id(execution.id) or 0)


async def test_those_that_wait_make_room_and_an_order_brings_them_back(any_house: House) -> None:
    async with any_house.process(limits=LITTLE) as process:
        started = await waiting(process)
        await rested(process, started[0])
        for execution in reversed(started):
            await process.approve(execution.id)
            assert len(process.pump.running()) <= LITTLE.live + 1
        for execution in started:
            assert (await process.result(execution.id)).status is Status.COMPLETED
    assert sorted(any_house.agents.did) == sorted(f"meet t{n} at 10" for n in range(MANY))


async def test_an_order_from_another_process_brings_one_back(any_house: House) -> None:
    async with any_house.process(limits=LITTLE) as runs, any_house.process() as other:
        started = await waiting(runs, 6)
        await rested(runs, started[0])
        assert await other.approve(started[0].id) == "a1 approved"
        assert (await other.result(started[0].id)).status is Status.COMPLETED


async def test_one_that_rests_is_shown_as_what_it_is(any_house: House) -> None:
    async with any_house.process(limits=LITTLE) as process:
        started = await waiting(process, 6)
        await rested(process, started[0])
        shown = await process.get(started[0].id)
        assert shown.status is Status.WAITING
        assert [w.id for w in shown.waiting_for] == ["a1"]


async def test_timers_bring_back_what_rests(any_house: House) -> None:
    """Each is tried again when its time has come, though there is room for three only."""

    @agent(name="Busy")
    async def busy(*, ctx: AgentContext) -> Nothing:
        """Work at the second attempt."""
        if ctx.attempt == 1:
            raise Transient("busy", retry_after_s=0.02)
        return Nothing()

    async with any_house.process(agents=[busy], limits=LITTLE) as process:
        steps = plan(Step(id="b", agent="Busy"))
        started = [await process.start("q", plan=steps) for _ in range(MANY)]
        for execution in started:
            assert (await process.result(execution.id)).status is Status.COMPLETED


async def test_a_deadline_passes_while_it_rests(any_house: House) -> None:
    async with any_house.process(limits=LITTLE) as process:
        late = await process.start("q", plan=plan(meet("m")), deadline=dt.timedelta(seconds=2))
        await until(process, late.id, gate_opened)
        await waiting(process, 6)
        await rested(process, late)
        await until(process, late.id, lambda event: event.type == "failed")
        assert (await process.result(late.id)).status is Status.FAILED


async def test_of_those_for_which_there_is_no_room_the_most_urgent_is_first(house: House) -> None:
    order: list[str] = []

    @agent(name="Note")
    async def note(text: str, *, ctx: AgentContext) -> Nothing:
        """Note."""
        order.append(text)
        return Nothing()

    agents = [*house.agents.all(), note]
    async with house.process(agents=agents, limits=Limits(calls=8, live=1)) as process:
        runs = await process.start("q", plan=plan(Step(id="s", agent="Slow")))
        await until(process, runs.id, finding)
        started = [
            await process.start(
                "q",
                plan=plan(Step(id="n", agent="Note", arguments={"text": str(priority)})),
                priority=priority,
            )
            for priority in (0, 5, -3, 9)
        ]
        assert order == []
        house.agents.hold.set()
        for execution in started:
            assert (await process.result(execution.id)).status is Status.COMPLETED
    assert order == ["9", "5", "0", "-3"]


async def test_of_calls_for_which_there_is_no_room_the_most_urgent_is_first(house: House) -> None:
    async with house.process(limits=Limits(calls=1, live=100)) as process:
        runs = await process.start("q", plan=plan(Step(id="s", agent="Slow")))
        await until(process, runs.id, finding)
        started = [
            await process.start("q", plan=plan(read("r", text=str(priority))), priority=priority)
            for priority in (0, 5, -3, 9)
        ]
        house.agents.hold.set()
        for execution in started:
            await process.result(execution.id)
    assert house.agents.did == ["Slow", "read 9", "read 5", "read 0", "read -3"]


async def test_a_process_that_ends_with_many_resting_leaves_them_all_as_they_were(
    any_house: House,
) -> None:
    async with any_house.process(limits=LITTLE) as process:
        started = await waiting(process)
    async with any_house.process(limits=LITTLE) as process:
        for execution in started:
            assert (await process.get(execution.id)).status is Status.WAITING
            await process.approve(execution.id)
        for execution in started:
            assert (await process.result(execution.id)).status is Status.COMPLETED
    assert len(any_house.agents.did) == len(set(any_house.agents.keys)) == MANY


async def test_one_that_is_paused_rests_and_its_resume_brings_it_back(any_house: House) -> None:
    async with any_house.process(limits=LITTLE) as process:
        execution = await process.start("q", plan=plan(meet("m")))
        await until(process, execution.id, gate_opened)
        await process.pause(execution.id)
        await waiting(process, 6)
        await rested(process, execution)
        await process.resume(execution.id)
        await process.approve(execution.id)
        assert (await process.result(execution.id)).status is Status.COMPLETED


async def test_a_finding_of_a_call_long_let_go_of_harms_nobody(house: House) -> None:
    """It comes from a thread after its execution has rested and come back: it is no event of what
    was in memory then."""
    late = threading.Event()
    said = asyncio.Event()

    @agent(name="Threaded", retry=RetryPolicy(attempts=3), timeout=dt.timedelta(milliseconds=30))
    async def threaded(*, ctx: AgentContext) -> Nothing:
        """Report from a thread when the call has long been cut off."""
        loop = asyncio.get_running_loop()

        def work() -> None:
            late.wait(15)
            ctx.progress("still here")
            loop.call_soon_threadsafe(said.set)

        if ctx.attempt == 1:
            await asyncio.to_thread(work)
        if ctx.attempt == 2:
            raise Transient("later", retry_after_s=0.3)
        return Nothing()

    async with house.process(
        agents=[threaded, *house.agents.all()], limits=Limits(calls=8, live=1)
    ) as process:
        retries = await process.start(
            "q", plan=plan(Step(id="t", agent="Threaded"), Step(id="s", agent="Slow", after=("t",)))
        )
        waits = await process.start("q", plan=plan(meet("m")))
        await until(process, waits.id, gate_opened)
        await until(process, retries.id, finding)
        late.set()
        await said.wait()
        house.agents.hold.set()
        assert (await process.result(retries.id)).status is Status.COMPLETED
        await process.approve(waits.id)
        assert (await process.result(waits.id)).status is Status.COMPLETED
        assert process.pump.failure is None


async def test_who_waits_for_the_end_of_one_that_rests_meanwhile_is_answered(
    any_house: House,
) -> None:
    @agent(name="Busy")
    async def busy(*, ctx: AgentContext) -> Nothing:
        """Work at the second attempt."""
        if ctx.attempt == 1:
            raise Transient("busy", retry_after_s=0.2)
        return Nothing()

    steps = plan(Step(id="b", agent="Busy"))
    agents = [busy, *any_house.agents.all()]
    async with any_house.process(agents=agents, limits=Limits(calls=8, live=1)) as process:
        first = await process.start("q", plan=steps)
        waiting = asyncio.create_task(process.result(first.id))
        await until(process, first.id, lambda event: event.type == "step")
        other = await process.start("q", plan=plan(meet("m")))
        await until(process, other.id, gate_opened)
        async with asyncio.timeout(5):
            assert (await waiting).status is Status.COMPLETED


def history_of(house: House, execution: Execution) -> list[Record]:
    return house.memory.histories[parse_id(execution.id) or 0]


async def test_those_that_cannot_be_read_take_up_no_room(house: House) -> None:
    async with house.process() as process:
        damaged = [await process.start("q", plan=plan(Step(id="s", agent="Slow"))) for _ in "ab"]
        for execution in damaged:
            await until(process, execution.id, finding)
    for execution in damaged:
        history = history_of(house, execution)
        history[1] = msgspec.structs.replace(history[1], payload=b'{"type":"FromTheFuture"}')
    async with house.process(limits=Limits(calls=8, live=2)) as process:
        await process.resume_all()
        healthy = await process.start("q", plan=plan(read("r")))
        async with asyncio.timeout(5):
            assert (await process.result(healthy.id)).status is Status.COMPLETED
        for execution in damaged:
            assert isinstance(process.pump.failure_of(parse_id(execution.id) or 0), EngineError)


class Fickle(MemoryJournal):
    """A journal that fails once for each execution that is read by itself."""

    def __init__(self, house: House) -> None:
        super().__init__(house.memory, "fickle")
        self.failed: set[int] = set()

    async def read(self, execution: int, *, after_seq: int = 0) -> list[Record]:
        if execution not in self.failed:
            self.failed.add(execution)
            raise StorageFailed("for a moment")
        return await super().read(execution, after_seq=after_seq)

    async def read_all(self, executions: Sequence[int]) -> dict[int, list[Record]]:
        return {number: await super(Fickle, self).read(number) for number in executions}


@pytest.mark.parametrize("harm", ["an unknown event", "an event that is missing"])
async def test_one_that_cannot_be_read_beside_a_passing_failure_costs_the_others_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch, harm: str
) -> None:
    monkeypatch.setattr(waking, "_AGAIN_S", 0.01)
    async with house.process() as process:
        started = [await process.start("q", plan=plan(Step(id="s", agent="Slow"))) for _ in "abc"]
        for execution in started:
            await until(process, execution.id, finding)
    damaged, *healthy = started
    history = history_of(house, damaged)
    if harm == "an unknown event":
        history[1] = msgspec.structs.replace(history[1], payload=b'{"type":"FromTheFuture"}')
    else:
        del history[1]
    house.agents.hold.set()
    async with house.process(journal=Fickle(house)) as process, house.process() as other:
        await process.resume_all()
        async with asyncio.timeout(5):
            for execution in healthy:
                assert (await other.result(execution.id)).status is Status.COMPLETED
        assert process.pump.failure_of(parse_id(damaged.id) or 0) is not None


async def test_one_that_cannot_be_read_here_may_be_tried_by_another_process(house: House) -> None:
    """One of a newer version, say; this one still runs, and has let go of it."""
    async with house.process() as process:
        execution = await process.start("q", plan=plan(Step(id="s", agent="Slow")))
        await until(process, execution.id, finding)
    history = history_of(house, execution)
    kept = history[1]
    history[1] = msgspec.structs.replace(kept, payload=b'{"type":"FromTheFuture"}')
    house.agents.hold.set()
    async with house.process(limits=LITTLE) as process, house.process() as newer:
        await process.resume_all()
        while (news := process.pump.changed(parse_id(execution.id) or 0)) is not None:
            await news.wait()
        with pytest.raises(EngineError):
            await process.result(execution.id)
        history[1] = kept
        await newer.resume(execution.id)
        assert (await newer.result(execution.id)).status is Status.COMPLETED


async def test_one_that_cannot_be_read_when_it_is_resumed_stays_free_for_others(
    house: House,
) -> None:
    async with house.process() as process:
        execution = await process.start("q", plan=plan(Step(id="s", agent="Slow")))
        await until(process, execution.id, finding)
    history = history_of(house, execution)
    kept = history[1]
    history[1] = msgspec.structs.replace(kept, payload=b'{"type":"FromTheFuture"}')
    async with house.process() as process, house.process() as newer:
        with pytest.raises(EngineError):
            await process.resume(execution.id)
        history[1] = kept
        await newer.resume(execution.id)
        assert newer.owns(execution.id)
        house.agents.hold.set()
        assert (await newer.result(execution.id)).status is Status.COMPLETED


async def test_what_it_has_for_one_that_is_anothers_by_now_nobody_waits_for(house: House) -> None:
    """It was taken for dead, and asked for it all the same: it did not know of the other yet."""
    async with house.process(limits=LITTLE) as process, house.process() as other:
        execution, *_ = await waiting(process)
        await rested(process, execution)
        number = parse_id(execution.id) or 0
        process.journal.die()  # type: ignore[attr-defined]
        await other.resume(execution.id)
        sharing, answer = process.journal.sharing, Wanted("Web", b"key")
        with pytest.raises(OwnershipLost):
            await sharing.locks.acquire(Holder(number, "m"), [Resource(name="calendar:me")])
        assert await sharing.cache.claim(Holder(number, "m"), answer) == Mine()
        assert await process.pump.wake(number) is None
        for _ in range(20):
            await asyncio.sleep(0)
        assert await sharing.cache.claim(Holder(1, "next"), answer) == Mine()
