"""DBOS: a workflow function that calls steps, each step's result a row of its system database.

Steps are numbered in the order of their calls, so concurrent ones are started together, as its
documentation asks for. Its recovery is its own: `launch` takes up what the same executor left.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from dbos import DBOS, DBOSConfig, SetWorkflowID

from benchmarks.contract import Engine, Site, StepBody
from benchmarks.workloads import JOIN, Shape, chain_step

_site: Site


@DBOS.step()
async def perform(name: str, *needs: str) -> str:
    await _body()(name)
    return "v"


@DBOS.workflow()
async def five_step() -> str:
    search, contact = await asyncio.gather(perform("search"), perform("contact"))
    analysis, _ = await asyncio.gather(perform("analysis", search), perform("calendar", contact))
    return await perform("agenda", analysis)


@DBOS.workflow()
async def chain(size: int) -> str:
    value = ""
    for at in range(size):
        value = await perform(chain_step(at), value)
    return value


@DBOS.workflow()
async def fan_out(size: int) -> str:
    values = await asyncio.gather(*(perform(chain_step(at)) for at in range(size)))
    return await perform(JOIN, *values)


def _body() -> StepBody:
    return _site.step


def _flow_of(site: Site) -> Callable[[], Awaitable[str]]:
    match site.shape:
        case Shape.FIVE_STEP:
            return five_step
        case Shape.CHAIN:
            return lambda: chain(site.size)
        case Shape.FAN_OUT:
            return lambda: fan_out(site.size)


class _Dbos:
    def __init__(self, site: Site) -> None:
        self._flow = _flow_of(site)

    async def run(self, execution: str) -> None:
        with SetWorkflowID(execution):
            await self._flow()

    async def resume(self, executions: Sequence[str]) -> None:
        await asyncio.gather(*(self._ended(execution) for execution in executions))

    async def _ended(self, execution: str) -> None:
        handle = await DBOS.retrieve_workflow_async(execution)
        await handle.get_result()


@asynccontextmanager
async def opened(site: Site) -> AsyncIterator[Engine]:
    global _site  # the steps are functions of the module: that is how DBOS finds them again
    _site = site
    config: DBOSConfig = {
        "name": "benchmark",
        "system_database_url": site.url or f"sqlite:///{site.folder / 'dbos.sqlite'}",
        "application_version": "1",
        "log_level": "ERROR",
    }
    DBOS(config=config)
    DBOS.launch()
    try:
        yield _Dbos(site)
    finally:
        DBOS.destroy()
