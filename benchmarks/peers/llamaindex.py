"""LlamaIndex workflows on the durable runtime of their server, within this process.

The runtime is the one behind `WorkflowServer`, without its HTTP. Its name begins with an underscore
as there is no public one that runs workflows in the process and keeps them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from llama_agents.server import SqliteWorkflowStore
from llama_agents.server.runtime import _DurableWorkflowRuntime
from workflows import Context, Workflow, step
from workflows.events import Event, StartEvent, StopEvent

from benchmarks.contract import Engine, Site, StepBody
from benchmarks.workloads import JOIN, Shape, chain_step

_NAME = "benchmark"
_WORKERS = 64


class Begin(StartEvent):
    size: int


class Search(Event):
    pass


class Contact(Event):
    pass


class Analysis(Event):
    value: str


class Calendar(Event):
    value: str


class Agenda(Event):
    value: str


class CalendarDone(Event):
    pass


class AgendaDone(Event):
    pass


class Link(Event):
    at: int
    value: str


class Item(Event):
    at: int


class ItemDone(Event):
    value: str


class _Measured(Workflow):
    def __init__(self, body: StepBody) -> None:
        super().__init__(timeout=None)
        self.body = body


class FiveStep(_Measured):
    @step
    async def begin(self, ctx: Context, event: Begin) -> Search | Contact | None:
        ctx.send_event(Search())
        ctx.send_event(Contact())
        return None

    @step(num_workers=_WORKERS)
    async def search(self, event: Search) -> Analysis:
        await self.body("search")
        return Analysis(value="v")

    @step(num_workers=_WORKERS)
    async def contact(self, event: Contact) -> Calendar:
        await self.body("contact")
        return Calendar(value="v")

    @step(num_workers=_WORKERS)
    async def analysis(self, event: Analysis) -> Agenda:
        await self.body("analysis")
        return Agenda(value="v")

    @step(num_workers=_WORKERS)
    async def calendar(self, event: Calendar) -> CalendarDone:
        await self.body("calendar")
        return CalendarDone()

    @step(num_workers=_WORKERS)
    async def agenda(self, event: Agenda) -> AgendaDone:
        await self.body("agenda")
        return AgendaDone()

    @step
    async def end(self, ctx: Context, event: CalendarDone | AgendaDone) -> StopEvent | None:
        if ctx.collect_events(event, [CalendarDone, AgendaDone]) is None:
            return None
        return StopEvent(result="v")


class Chain(_Measured):
    @step
    async def begin(self, ctx: Context, event: Begin) -> Link | StopEvent:
        return await self._next(0, event.size)

    @step
    async def link(self, ctx: Context, event: Link) -> Link | StopEvent:
        return await self._next(event.at, self.size)

    size: int = 0

    async def _next(self, at: int, size: int) -> Link | StopEvent:
        await self.body(chain_step(at))
        return Link(at=at + 1, value="v") if at + 1 < size else StopEvent(result="v")


class FanOut(_Measured):
    @step
    async def begin(self, ctx: Context, event: Begin) -> Item | None:
        for at in range(event.size):
            ctx.send_event(Item(at=at))
        return None

    @step(num_workers=_WORKERS)
    async def item(self, event: Item) -> ItemDone:
        await self.body(chain_step(event.at))
        return ItemDone(value="v")

    size: int = 0

    @step
    async def join(self, ctx: Context, event: ItemDone) -> StopEvent | None:
        if ctx.collect_events(event, [ItemDone] * self.size) is None:
            return None
        await self.body(JOIN)
        return StopEvent(result="v")


_WORKFLOWS = {Shape.FIVE_STEP: FiveStep, Shape.CHAIN: Chain, Shape.FAN_OUT: FanOut}


class _LlamaIndex:
    def __init__(self, site: Site, runtime: _DurableWorkflowRuntime) -> None:
        self._runtime = runtime
        self._size = site.size

    async def run(self, execution: str) -> None:
        started = await self._runtime.run(
            _NAME, handler_id=execution, start_event=Begin(size=self._size)
        )
        await self._ended(started)

    async def resume(self, executions: Sequence[str]) -> None:
        """Starting the runtime has resumed them."""
        found = [await self._runtime._service.load_handler(execution) for execution in executions]
        await asyncio.gather(*(self._ended(handler) for handler in found))

    async def _ended(self, handler: object) -> None:
        ended = await self._runtime._service.await_workflow(handler)
        if ended.status != "completed":
            raise RuntimeError(f"the workflow ended {ended.status}: {ended.error}")


@asynccontextmanager
async def opened(site: Site) -> AsyncIterator[Engine]:
    store = SqliteWorkflowStore(str(site.folder / "workflows.db"))
    runtime = _DurableWorkflowRuntime(workflow_store=store)
    workflow = _WORKFLOWS[site.shape](site.step)
    workflow.size = site.size
    runtime.add_workflow(_NAME, workflow)
    async with runtime:
        yield _LlamaIndex(site, runtime)
