"""Tizmor as a program uses it: `Tizmor.open`, with everything that is in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from benchmarks.contract import Engine, Site
from benchmarks.systems.tizmor_plan import agent_of, plan_of
from tizmor import Tizmor
from tizmor.core.plan import Plan
from tizmor.engine.views import Status

_MANY = 1_000_000


class _Product:
    def __init__(self, tizmor: Tizmor, plan: Plan) -> None:
        self._tizmor = tizmor
        self._plan = plan

    async def run(self, execution: str) -> None:
        started = await self._tizmor.start(execution, plan=self._plan)
        await self._completed(started.id)

    async def resume(self, executions: Sequence[str]) -> None:
        interrupted = [
            summary.execution_id
            for summary in await self._tizmor.list(limit=_MANY)
            if summary.status is Status.INTERRUPTED
        ]
        await asyncio.gather(*(self._resume(execution) for execution in interrupted))

    async def _resume(self, execution_id: str) -> None:
        await self._tizmor.resume(execution_id)
        await self._completed(execution_id)

    async def _completed(self, execution_id: str) -> None:
        result = await self._tizmor.result(execution_id)
        if result.status is not Status.COMPLETED:
            raise RuntimeError(f"the execution ended {result.status}")


@asynccontextmanager
async def opened(site: Site) -> AsyncIterator[Engine]:
    async with Tizmor.open(site.folder, agents=[agent_of(site)], interactive=False) as tizmor:
        yield _Product(tizmor, plan_of(site))
