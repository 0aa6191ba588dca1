"""Tizmor as a program uses it: `Tizmor.open`, with everything that is in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from benchmarks.contract import Engine, Site
from benchmarks.systems.tizmor_plan import agent_of, plan_of
from tizmor import Tizmor
from tizmor.core.plan import Plan
from tizmor.drivers.embedded.process import tune_garbage
from tizmor.engine.limits import LIMITS
from tizmor.engine.views import Status


class _Product:
    def __init__(self, tizmor: Tizmor, plan: Plan) -> None:
        self._tizmor = tizmor
        self._plan = plan

    async def run(self, execution: str) -> None:
        started = await self._tizmor.start(execution, plan=self._plan)
        await self._completed(started.id)

    async def resume(self, executions: Sequence[str]) -> None:
        interrupted = await self._tizmor.resume_all()
        # The newest is taken up last: when it has ended, what is looked at here stands in no one's
        # way any more.
        for newest in await self._tizmor.list(limit=1):
            await self._completed(newest.execution_id)
        for summary in await self._tizmor.list(limit=interrupted):
            if summary.status is not Status.COMPLETED:
                await self._completed(summary.execution_id)

    async def _completed(self, execution_id: str) -> None:
        result = await self._tizmor.result(execution_id)
        if result.status is not Status.COMPLETED:
            raise RuntimeError(f"the execution ended {result.status}")


def _settings(site: Site) -> str:
    """Its bounds raised to what the workload runs at once."""
    calls, live = max(LIMITS.calls, site.at_once), max(LIMITS.live, site.at_once)
    return f"running_steps = {calls}\nlive_executions = {live}\n"


@asynccontextmanager
async def opened(site: Site) -> AsyncIterator[Engine]:
    tune_garbage()
    (site.folder / "tizmor.toml").write_text(_settings(site))
    async with Tizmor.open(site.folder, agents=[agent_of(site)], interactive=False) as tizmor:
        yield _Product(tizmor, plan_of(site))
