"""Prefect: a flow of tasks whose results are kept, against a server of its own.

It doesn't take up a flow run whose process has died: the flow is run again with the same
parameters, and tasks find the results that were kept under their inputs.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from prefect import flow, task
from prefect.cache_policies import INPUTS

from benchmarks.contract import Engine, Site
from benchmarks.workloads import JOIN, Shape, chain_step

Flow = Callable[[str], Awaitable[str]]


class _Prefect:
    def __init__(self, flow: Flow) -> None:
        self._flow = flow

    async def run(self, execution: str) -> None:
        await self._flow(execution)

    async def resume(self, executions: Sequence[str]) -> None:
        await asyncio.gather(*(self._flow(execution) for execution in executions))


def _flow_of(site: Site) -> Flow:
    @task(persist_result=True, cache_policy=INPUTS)
    async def perform(execution: str, name: str, needs: tuple[str, ...] = ()) -> str:
        await site.step(name)
        return "v"

    @flow(persist_result=True)
    async def five_step(execution: str) -> str:
        async def agenda() -> str:
            search = await perform(execution, "search")
            analysis = await perform(execution, "analysis", (search,))
            return await perform(execution, "agenda", (analysis,))

        async def meeting() -> str:
            contact = await perform(execution, "contact")
            return await perform(execution, "calendar", (contact,))

        agreed, _ = await asyncio.gather(agenda(), meeting())
        return agreed

    @flow(persist_result=True)
    async def chain(execution: str) -> str:
        value = ""
        for at in range(site.size):
            value = await perform(execution, chain_step(at), (value,))
        return value

    @flow(persist_result=True)
    async def fan_out(execution: str) -> str:
        values = await asyncio.gather(
            *(perform(execution, chain_step(at)) for at in range(site.size))
        )
        return await perform(execution, JOIN, tuple(values))

    flows = {Shape.FIVE_STEP: five_step, Shape.CHAIN: chain, Shape.FAN_OUT: fan_out}
    return flows[site.shape]


@asynccontextmanager
async def opened(site: Site) -> AsyncIterator[Engine]:
    """The client has read the server's address from PREFECT_API_URL when it was imported."""
    yield _Prefect(_flow_of(site))
