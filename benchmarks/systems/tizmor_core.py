"""Tizmor's core, pipeline and journal alone: what `serve` runs for every execution."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from benchmarks.measure import RunOne
from benchmarks.workloads import Workload
from tizmor import AgentContext, agent
from tizmor.core import facts as fx
from tizmor.core.ids import RANDOM_BITS, execution_number
from tizmor.core.plan import Plan, Step
from tizmor.drivers.embedded.clock import SystemClock
from tizmor.engine.perform import Performer, now_ms
from tizmor.engine.pump import Pump
from tizmor.pipeline.approve import Approve
from tizmor.pipeline.classify import Classify
from tizmor.pipeline.compose import compose
from tizmor.pipeline.invoke import invoke
from tizmor.pipeline.trace import Trace
from tizmor.ports.planner import PlanRequest
from tizmor.ports.vocabulary import Value
from tizmor.ports.workspace import Workspace
from tizmor.storage.sqlite import open_sqlite

SETTINGS = "SQLite WAL, synchronous=FULL, group commit; read models in the same transaction"


class Nothing(Value, frozen=True):
    value: str = ""


_NOTHING = Nothing(value="v")


@agent(name="Nothing")
async def nothing(value: str = "", *, ctx: AgentContext) -> Nothing:
    """Do nothing."""
    return _NOTHING


class _GivenPlan:
    async def plan(self, request: PlanRequest) -> Plan:
        return Plan(goal=request.text)


@asynccontextmanager
async def opened(folder: Path, workload: Workload) -> AsyncIterator[RunOne]:
    clock = SystemClock()
    journal = open_sqlite(folder / ".tizmor", create=True, clock=clock)
    performer = Performer(
        agents={"Nothing": nothing},
        planner=_GivenPlan(),
        pipeline=compose([Trace(), Approve(), Classify()], invoke),
        workspace=Workspace(root=folder),
        clock=clock,
        dice=lambda: 0.5,
    )
    pump = Pump(journal=journal, performer=performer, clock=clock)
    plan = performer.checked(_plan(workload))

    async def run_one() -> None:
        at_ms = now_ms(clock)
        number = execution_number(at_ms, secrets.randbits(RANDOM_BITS))
        live = pump.begin(number, fx.Requested(at_ms=at_ms, query="nothing", plan=plan))
        while not (live.state.ended and live.durable_seq == live.written_seq):
            await live.changed.wait()
        if live.state.status != "COMPLETED":
            raise RuntimeError(f"the execution ended {live.state.status}")
        pump.forget(live)

    try:
        yield run_one
    finally:
        await pump.close()
        await journal.close()


def _plan(workload: Workload) -> Plan:
    return Plan(
        goal="nothing",
        steps=tuple(
            Step(
                id=name,
                agent="Nothing",
                arguments={"value": {"$ref": f"/{needs[0]}/value"}} if needs else {},
                after=needs[1:],
            )
            for name, needs in workload.edges.items()
        ),
    )
