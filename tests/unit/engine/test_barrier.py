"""The barrier: what is decided while a call waits for its intent to come to disk."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tests.unit.engine.house import House, Out, plan, until

from tizmor.core.plan import Effect, Step
from tizmor.engine.views import StreamEvent
from tizmor.ports.agent import AgentContext, agent
from tizmor.ports.journal import Append, Committed, Journal


class Disk:
    """A journal's disk, which can be held up."""

    def __init__(self, journal: Journal) -> None:
        self._commit = journal.commit
        self.free = asyncio.Event()
        self.free.set()

    async def commit(self, appends: Sequence[Append]) -> Committed:
        await self.free.wait()
        return await self._commit(appends)


def gate_opened(event: StreamEvent) -> bool:
    return event.type == "approval" and event.state == "open"


async def test_a_call_whose_execution_is_cancelled_at_the_barrier_is_not_made() -> None:
    """The human was told that it is cancelled before the call began."""
    sent: list[str] = []

    @agent(name="Send", effect=Effect.IRREVERSIBLE)
    async def send(text: str = "", *, ctx: AgentContext) -> Out:
        """Send."""
        sent.append(text)
        return Out()

    house = House()
    journal = house.open_journal()
    disk = Disk(journal)
    journal.commit = disk.commit  # type: ignore[method-assign]
    async with house.process(journal=journal, agents=[send]) as process:
        execution = await process.start("q", plan=plan(Step(id="a", agent="Send")))
        await until(process, execution.id, gate_opened)
        disk.free.clear()
        approving = asyncio.create_task(process.approve(execution.id))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        cancelling = asyncio.create_task(process.cancel(execution.id))
        await asyncio.sleep(0)
        disk.free.set()
        await asyncio.gather(approving, cancelling)
        done = await process.result(execution.id)
    assert (done.status, [s.state for s in done.steps]) == ("CANCELLED", ["cancelled"])
    assert sent == []
