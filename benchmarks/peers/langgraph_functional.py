"""LangGraph's functional API: an entrypoint that calls tasks, their results checkpointed.

Tasks are matched to their results by the order of the calls, so that order must be the same when
an entrypoint runs again: the steps are called batch by batch.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.func import entrypoint, task

from benchmarks.contract import Engine, Site
from benchmarks.peers.langgraph import saver_of
from benchmarks.workloads import JOIN, Shape, chain_step


class _Functional:
    def __init__(self, site: Site, saver: BaseCheckpointSaver[Any]) -> None:
        self._flow = _flow_of(site, saver)
        self._limit = site.size + 10

    async def run(self, execution: str) -> None:
        await self._invoke({"begin": True}, execution)

    async def resume(self, executions: Sequence[str]) -> None:
        await asyncio.gather(*(self._invoke(None, execution) for execution in executions))

    async def _invoke(self, begin: dict[str, Any] | None, execution: str) -> None:
        config = {"configurable": {"thread_id": execution}, "recursion_limit": self._limit}
        await self._flow.ainvoke(begin, config, durability="sync")


def _flow_of(site: Site, saver: BaseCheckpointSaver[Any]) -> Any:
    @task
    async def perform(name: str, *needs: str) -> str:
        await site.step(name)
        return "v"

    @entrypoint(checkpointer=saver)
    async def five_step(begin: dict[str, Any]) -> str:
        search, contact = await asyncio.gather(perform("search"), perform("contact"))
        analysis, _ = await asyncio.gather(
            perform("analysis", search), perform("calendar", contact)
        )
        return await perform("agenda", analysis)

    @entrypoint(checkpointer=saver)
    async def chain(begin: dict[str, Any]) -> str:
        value = ""
        for at in range(site.size):
            value = await perform(chain_step(at), value)
        return value

    @entrypoint(checkpointer=saver)
    async def fan_out(begin: dict[str, Any]) -> str:
        values = await asyncio.gather(*(perform(chain_step(at)) for at in range(site.size)))
        return await perform(JOIN, *values)

    flows = {Shape.FIVE_STEP: five_step, Shape.CHAIN: chain, Shape.FAN_OUT: fan_out}
    return flows[site.shape]


@asynccontextmanager
async def opened(site: Site) -> AsyncIterator[Engine]:
    async with saver_of(site) as saver:
        await saver.setup()
        yield _Functional(site, saver)
