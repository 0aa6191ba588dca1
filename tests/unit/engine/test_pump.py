"""The pump: nothing with an effect, and nothing shown, before it is on disk."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import ClassVar

import pytest
from tests.unit.engine.house import House, Process, finding, gate_opened, meet, plan, read, until

from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.errors import EngineError, StorageFailed, Transient, WorkspaceUnusable
from tizmor.core.ids import parse_id
from tizmor.core.plan import Choice, Effect, Question, Step
from tizmor.core.state import State
from tizmor.engine import commit, pump
from tizmor.engine.live import Live
from tizmor.engine.views import Status
from tizmor.ports.agent import AgentContext, agent
from tizmor.ports.journal import Append, Committed, InboxRow
from tizmor.ports.vocabulary import Value
from tizmor.storage.memory import MemoryJournal


class Nothing(Value, frozen=True):
    pass


class Disk(MemoryJournal):
    """A journal whose disk can be held still, or be broken."""

    def __init__(self, house: House) -> None:
        super().__init__(house.memory, "disk")
        self.turns = asyncio.Event()
        self.turns.set()
        self.asked = asyncio.Event()
        self.failed = asyncio.Event()
        self.broken = False

    async def commit(self, appends: Sequence[Append]) -> Committed:
        self.asked.set()
        await self.turns.wait()
        if self.broken:
            self.failed.set()
            raise StorageFailed("the disk is gone")
        return await super().commit(appends)

    def hold(self) -> None:
        self.asked.clear()
        self.turns.clear()


@pytest.fixture(autouse=True)
def _no_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commit, "_RETRY_S", (0.0,))


def live_of(process: Process, execution_id: str) -> Live:
    live = process.pump.get(parse_id(execution_id) or 0)
    assert live is not None
    return live


async def test_an_effect_waits_until_its_intent_is_on_disk(house: House) -> None:
    """A read doesn't wait; what comes out of it is not shown before it is kept either."""
    disk = Disk(house)
    house.agents.hold.set()
    steps = plan(
        Step(id="gate", agent="Slow"),
        Step(id="effect", agent="SlowWrite", after=("gate",)),
    )
    house.agents.hold.clear()
    async with house.process(journal=disk) as process:
        execution = await process.start("q", plan=steps)
        await until(process, execution.id, finding)
        disk.hold()
        house.agents.hold.set()
        await disk.asked.wait()
        for _ in range(50):
            await asyncio.sleep(0)
        assert house.agents.did == ["Slow"], "the effect stands at its barrier"
        assert [e.step for e in await process.logs(execution.id) if e.state == "succeeded"] == []
        disk.turns.set()
        assert (await process.result(execution.id)).status is Status.COMPLETED
    assert house.agents.did == ["Slow", "SlowWrite"]


async def test_a_start_is_not_confirmed_before_it_is_on_disk(house: House) -> None:
    disk = Disk(house)
    disk.hold()
    async with house.process(journal=disk) as process:
        starting = asyncio.create_task(process.start("q"))
        await disk.asked.wait()
        assert not starting.done()
        assert await process.list() == []
        disk.turns.set()
        await process.result((await starting).id)


async def test_an_approval_is_not_confirmed_before_it_is_on_disk(house: House) -> None:
    disk = Disk(house)
    async with house.process(journal=disk) as process:
        execution = await process.start("q", plan=plan(meet("m")))
        await until(process, execution.id, gate_opened)
        disk.hold()
        approving = asyncio.create_task(process.approve(execution.id))
        await disk.asked.wait()
        assert not approving.done()
        assert house.agents.did == []
        disk.turns.set()
        assert await approving == "a1 approved"
        await process.result(execution.id)


async def test_a_disk_that_comes_back_costs_nothing(house: House) -> None:
    disk = Disk(house)
    async with house.process(journal=disk) as process:
        execution = await process.start("q", plan=plan(meet("m")))
        await until(process, execution.id, gate_opened)
        disk.broken = True
        approving = asyncio.create_task(process.approve(execution.id))
        await disk.failed.wait()
        disk.broken = False
        assert await approving == "a1 approved"
        assert (await process.result(execution.id)).status is Status.COMPLETED
    assert house.troubles[-1] is None
    assert house.agents.did == ["meet talk at 10"]


async def test_when_the_disk_stays_away_no_effect_happens_and_everybody_is_told(
    house: House,
) -> None:
    disk = Disk(house)
    async with house.process(journal=disk, patience_s=0.0) as process:
        execution = await process.start("q", plan=plan(meet("m")))
        await until(process, execution.id, gate_opened)
        disk.broken = True
        with pytest.raises(StorageFailed, match="the disk is gone"):
            await process.approve(execution.id)
        assert (await process.result(execution.id)).status is Status.WAITING, "as is on disk"
        with pytest.raises(StorageFailed, match="the disk is gone"):
            await process.start("another")
        disk.broken = False
    assert house.agents.did == []
    disk.die()
    async with house.process() as process:
        await process.approve(execution.id)
        assert (await process.result(execution.id)).status is Status.COMPLETED
    assert house.agents.did == ["meet talk at 10"]


async def test_a_fault_of_the_engine_parks_its_execution_and_leaves_the_others_alone(
    house: House,
) -> None:
    async with house.process() as process:
        faulty = await process.start("q", plan=plan(Step(id="s", agent="Slow")))
        healthy = await process.start("q", plan=plan(Step(id="s", agent="Slow"), read("r", "s")))
        await until(process, faulty.id, finding)
        await until(process, healthy.id, finding)
        live = live_of(process, faulty.id)
        impossible = fx.PreconditionBroken(step="nobody", error="x")
        assert process.pump.feed(live, impossible) is None
        with pytest.raises(EngineError, match="the engine failed: KeyError"):
            await process.result(faulty.id)
        house.agents.hold.set()
        assert (await process.result(healthy.id)).status is Status.COMPLETED
        assert house.agents.did.count("Slow") == 1, "what the parked one ran was cut off"
        await process.resume(faulty.id)
        assert (await process.result(faulty.id)).status is Status.COMPLETED


async def test_a_parked_execution_does_not_keep_this_process_from_following_others(
    house: House,
) -> None:
    async with house.process() as here, house.process() as other:
        parked = await here.start("q", plan=plan(meet("m")))
        await until(here, parked.id, gate_opened)
        here.pump.feed(live_of(here, parked.id), fx.Reported(step="nobody", message="x"))
        running = await other.start("q", plan=plan(Step(id="s", agent="Slow")))
        following = asyncio.create_task(here.result(running.id))
        await until(here, running.id, finding)
        house.agents.hold.set()
        assert (await following).status is Status.COMPLETED


async def test_an_order_that_breaks_the_engine_does_not_stop_the_inbox(house: House) -> None:
    async with house.process() as runs, house.process() as other:
        execution = await runs.start("q", plan=plan(meet("m")))
        await until(runs, execution.id, gate_opened)
        number = parse_id(execution.id) or 0
        first = await other.journal.send(number, "approve", b"{broken")  # type: ignore[arg-type]
        assert await other.approve(execution.id) == "a1 approved"
        assert await other.journal.outcome(first) == "refused: it can't be read"


async def test_an_inbox_that_cannot_be_read_for_a_while_is_read_later(house: House) -> None:
    class Deaf(MemoryJournal):
        failures = 3

        async def pending(self) -> list[object]:  # type: ignore[override]
            if self.failures:
                self.failures -= 1
                raise StorageFailed("locked")
            return list(await super().pending())

    deaf = Deaf(house.memory, "deaf")
    async with house.process(journal=deaf) as runs, house.process() as other:
        execution = await runs.start("q", plan=plan(meet("m")))
        await until(runs, execution.id, gate_opened)
        assert await other.approve(execution.id) == "a1 approved"
        assert deaf.failures == 0


async def test_a_retry_waits_for_its_time(house: House) -> None:
    house.agents.fail.append(Transient("busy", retry_after_s=0.05))
    async with house.process() as process:
        execution = await process.start("q", plan=plan(read("r")))
        begun = asyncio.get_running_loop().time()
        done = await process.result(execution.id)
        assert asyncio.get_running_loop().time() - begun >= 0.045
    assert done.steps[0].attempt == 2


async def test_a_retry_that_is_far_away_does_not_hold_up_a_cancel(house: House) -> None:
    house.agents.fail.append(Transient("busy", retry_after_s=3600))
    async with house.process() as process:
        execution = await process.start("q", plan=plan(read("r")))
        await until(process, execution.id, lambda e: e.state == "retrying")
        await process.cancel(execution.id)
        assert (await process.result(execution.id)).status is Status.CANCELLED


async def test_an_effect_that_does_not_end_keeps_the_execution_owned(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may go on in a thread: the next owner must not make the call beside it."""
    monkeypatch.setattr(pump, "_STOP_S", 0.01)
    begun = asyncio.Event()

    @agent(name="Endless", effect=Effect.IDEMPOTENT)
    async def endless(*, ctx: AgentContext) -> Nothing:
        """Never end."""
        begun.set()
        await asyncio.Event().wait()
        return Nothing()

    async with house.process(agents=[endless]) as process:
        await process.start("q", plan=plan(Step(id="s", agent="Endless")))
        await begun.wait()
        assert await process.pump.close() is False


async def test_a_process_with_nothing_in_flight_closes_clean(house: House) -> None:
    async with house.process() as process:
        assert await process.pump.close() is True


async def test_a_row_that_cannot_be_made_stops_the_execution_that_it_is_of_and_no_other(
    house: House,
) -> None:
    async with house.process() as process:
        faulty = await process.start("q", plan=plan(meet("m")))
        healthy = await process.start("q", plan=plan(meet("m")))
        await until(process, faulty.id, gate_opened)
        await until(process, healthy.id, gate_opened)
        gate = live_of(process, faulty.id).state.gates["a1"]
        gate.shown = "send it"  # type: ignore[assignment]
        with pytest.raises(EngineError, match="the engine failed: TypeError"):
            await process.approve(faulty.id)
        assert await process.approve(healthy.id) == "a1 approved"
        assert (await process.result(healthy.id)).status is Status.COMPLETED
        assert process.pump.failure is None


@pytest.mark.parametrize(
    "event",
    [
        ev.StepSucceeded(step="r", output=None),  # type: ignore[arg-type]
        ev.StepKept(step="r", output=[1]),  # type: ignore[arg-type]
        ev.Prepared(step="r", arguments=True),  # type: ignore[arg-type]
        ev.QuestionAsked(
            id="q1",
            question=Question(id="q", text="?", choices=(Choice(value=1, label="A"),)),  # type: ignore[arg-type]
        ),
    ],
)
def test_what_could_not_be_read_again_is_not_written(event: ev.Event) -> None:
    live = Live(State(1), epoch=1, seq=0, create=None)
    with pytest.raises((EngineError, TypeError)):
        live.write(1, event)
    assert (live.unwritten.events, live.written_seq) == ([], 0)


async def test_an_inbox_that_fails_in_an_unforeseen_way_is_read_later_and_says_so(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    class Deaf(MemoryJournal):
        failures: ClassVar = [WorkspaceUnusable("an older server"), KeyError("a bug")]

        async def pending(self) -> list[InboxRow]:
            if self.failures:
                raise self.failures.pop()
            return await super().pending()

    deaf = Deaf(house.memory, "deaf")
    async with house.process(journal=deaf) as runs, house.process() as other:
        execution = await runs.start("q", plan=plan(meet("m")))
        await until(runs, execution.id, gate_opened)
        assert await other.approve(execution.id) == "a1 approved"
    assert caplog.text.count("the inbox can't be read now") == 2


async def test_a_database_that_is_away_for_long_is_told_of_in_one_line(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    class Away(MemoryJournal):
        times = 5

        async def pending(self) -> list[InboxRow]:
            if self.times:
                self.times -= 1
                raise StorageFailed("the database can't be reached")
            return await super().pending()

    away = Away(house.memory, "away")
    async with house.process(journal=away) as runs, house.process() as other:
        execution = await runs.start("q", plan=plan(meet("m")))
        await until(runs, execution.id, gate_opened)
        assert await other.approve(execution.id) == "a1 approved"
    assert away.times == 0
    assert caplog.text.count("the inbox can't be read now") == 1
    assert "Traceback" not in caplog.text
