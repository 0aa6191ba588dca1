"""An order is carried out once, whatever rests, wakes or changes hands meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from tests.unit.engine.house import House, Process, gate_opened, let_go, meet, plan, until

from tizmor.core import events as ev
from tizmor.core.errors import OwnershipLost
from tizmor.core.ids import parse_id
from tizmor.engine.limits import Limits
from tizmor.engine.live import Live
from tizmor.engine.orders import Order, encode
from tizmor.engine.views import Execution, Status
from tizmor.ports.journal import Append, Committed, InboxKind, InboxRow
from tizmor.storage.memory import MemoryJournal

ONE = Limits(calls=8, live=1)
BY_DANA = encode(Order(by="dana"))


class Slow(MemoryJournal):
    """A journal whose answers can be held up: each look at a full inbox waits for a word in
    `looks` once `slow` is set, each commit for `writes`."""

    def __init__(self, house: House) -> None:
        super().__init__(house.memory, "slow")
        self.slow = False
        self.looks: list[asyncio.Event] = []
        self.looked = asyncio.Event()
        self.writes = asyncio.Event()
        self.writes.set()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nothing gets to disk meanwhile."""
        self.writes.clear()
        try:
            yield
        finally:
            self.writes.set()

    async def pending(self) -> list[InboxRow]:
        rows = await super().pending()
        if self.slow and rows:
            word = asyncio.Event()
            self.looks.append(word)
            self.looked.set()
            await word.wait()
        return rows

    async def commit(self, appends: Sequence[Append]) -> Committed:
        await self.writes.wait()
        return await super().commit(appends)

    def answer(self) -> None:
        self.slow = False
        for word in self.looks:
            word.set()


def number(execution: Execution) -> int:
    return parse_id(execution.id) or 0


def live_of(process: Process, execution: Execution) -> Live:
    live = process.pump.get(number(execution))
    assert live is not None
    return live


async def at_its_gate(process: Process, title: str = "talk") -> Execution:
    execution = await process.start("q", plan=plan(meet("m", title)))
    await until(process, execution.id, gate_opened)
    return execution


async def settled(journal: MemoryJournal, inbox_id: int) -> str:
    return await known(lambda: journal._database.inbox[inbox_id].outcome)


async def known(value: Callable[[], str | None]) -> str:
    """A value as soon as there is one; everything else goes on meanwhile."""
    for _ in range(1_000):
        if (found := value()) is not None:
            return found
        await asyncio.sleep(0)
    raise AssertionError("it never was")


def pauses(house: House, execution: Execution) -> int:
    records = house.memory.histories[number(execution)]
    return sum(isinstance(ev.decode(record.payload), ev.Paused) for record in records)


async def test_a_second_look_at_the_inbox_does_not_take_what_the_first_has_taken(
    house: House,
) -> None:
    """Neither though its execution has rested and gone on in between."""
    journal = Slow(house)
    async with house.process(journal=journal, limits=ONE) as process:
        execution = await at_its_gate(process)
        journal.slow = True
        pause = await journal.send(number(execution), InboxKind.PAUSE, BY_DANA)
        await journal.looked.wait()
        second = asyncio.create_task(process._ownership.take_inbox())
        for _ in range(10):
            await asyncio.sleep(0)
        journal.looks[0].set()
        assert await settled(journal, pause) == "done: paused"
        await at_its_gate(process, "another")
        await let_go(process, execution.id)
        await process.resume(execution.id)
        journal.answer()
        await second
        assert (await process.get(execution.id)).status is Status.WAITING
        assert pauses(house, execution) == 1


async def test_what_another_owner_has_carried_out_since_the_look_is_not_taken(
    house: House,
) -> None:
    """It was taken over, paused, resumed and given back between the look and the answer."""
    journal = Slow(house)
    async with house.process(journal=journal) as process:
        execution = await at_its_gate(process)
        journal.slow = True
        pause = await journal.send(number(execution), InboxKind.PAUSE, BY_DANA)
        await journal.looked.wait()
        signal = house.memory.living.pop(journal.owner)
        async with house.process() as other:
            await other._ownership.adopt(await other._stored(execution.id))
            assert await settled(journal, pause) == "done: paused"
            await other.resume(execution.id)
        house.memory.living[journal.owner] = signal
        live = live_of(process, execution)
        live.break_off(OwnershipLost("another process runs it now"))
        process.pump.forget(live)
        journal.answer()
        await process._ownership.take_inbox()
        await process.resume(execution.id)
        assert (await process.get(execution.id)).status is Status.WAITING
        assert pauses(house, execution) == 1


async def test_what_was_taken_by_one_that_broke_off_before_it_was_written_is_taken_again(
    house: House,
) -> None:
    journal = Slow(house)
    async with house.process(journal=journal) as process:
        execution = await at_its_gate(process)
        with journal.held():
            begun = asyncio.create_task(process.start("q", plan=plan(meet("n"))))
            await asyncio.sleep(0)
            pause = await journal.send(number(execution), InboxKind.PAUSE, BY_DANA)
            live = live_of(process, execution)
            await known(lambda: "taken" if live.unwritten.settles else None)
            process.pump._park(live, "here", RuntimeError("on purpose"))
        await begun
        assert journal._database.inbox[pause].outcome is None
        await process._ownership.adopt(await process._stored(execution.id))
        assert await settled(journal, pause) == "done: paused"
        assert pauses(house, execution) == 1


async def test_one_whose_outcome_is_on_its_way_to_disk_is_not_idle(house: House) -> None:
    """There is nothing else to write for a refusal: were it to rest, it would be carried out anew,
    and perhaps not be refused then."""
    journal = Slow(house)
    async with house.process(journal=journal) as process:
        execution = await at_its_gate(process)
        live = live_of(process, execution)
        assert live.is_idle
        with journal.held():
            nothing = encode(Order(target="a9"))
            refused = await journal.send(number(execution), InboxKind.REJECT, nothing)
            await known(lambda: "in flight" if live.appends > live.landed else None)
            assert not live.is_idle
            written = asyncio.create_task(process.pump.durable(live))
            for _ in range(10):
                await asyncio.sleep(0)
            assert not written.done()
        await written
        assert live.is_idle
        assert await settled(journal, refused) == "refused: there is no approval 'a9'"


async def test_who_waits_for_what_is_written_also_waits_for_outcomes_behind_it(
    house: House,
) -> None:
    journal = Slow(house)
    async with house.process(journal=journal) as process:
        execution = await at_its_gate(process)
        live = live_of(process, execution)
        with journal.held():
            pause = await journal.send(number(execution), InboxKind.PAUSE, BY_DANA)
            await known(lambda: "in flight" if live.appends > live.landed else None)
            nothing = encode(Order(target="a9"))
            refused = await journal.send(number(execution), InboxKind.REJECT, nothing)
            await known(lambda: "taken" if live.unwritten.settles else None)
            written = asyncio.create_task(process.pump.durable(live))
            await asyncio.sleep(0)
        await written
        inbox = journal._database.inbox
        assert [inbox[i].outcome for i in (pause, refused)] == [
            "done: paused",
            "refused: there is no approval 'a9'",
        ]


async def test_what_is_carried_out_and_on_its_way_to_disk_is_passed_over(house: House) -> None:
    journal = Slow(house)
    async with house.process(journal=journal) as process:
        execution = await at_its_gate(process)
        live = live_of(process, execution)
        with journal.held():
            await journal.send(number(execution), InboxKind.PAUSE, BY_DANA)
            await journal.send(number(execution), InboxKind.RESUME, BY_DANA)
            for _ in range(3):
                await process._ownership.take_inbox()
        await process.pump.durable(live)
        assert pauses(house, execution) == 1
