"""Tizmor's core and journal alone: deciding, scheduling and keeping, with the bare call of a step.

The pipeline and what agents declare are left out; `tizmor` has all of it.
"""

from __future__ import annotations

import itertools
import secrets
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager

from benchmarks.contract import Engine, Site
from benchmarks.systems.tizmor_plan import agent_of, plan_of
from tizmor.core import commands as cmd
from tizmor.core import facts as fx
from tizmor.core.canonical import idempotency_key
from tizmor.core.ids import RANDOM_BITS, execution_number
from tizmor.core.plan import Plan
from tizmor.drivers.embedded.clock import SystemClock
from tizmor.drivers.embedded.process import tune_garbage
from tizmor.engine.context import Report
from tizmor.engine.history import fold_all
from tizmor.engine.limits import LIMITS, Limits
from tizmor.engine.live import Live
from tizmor.engine.perform import CallSite, Performer
from tizmor.engine.pump import Pump
from tizmor.pipeline.call import Begin, Call
from tizmor.pipeline.compose import InTurn, Next
from tizmor.pipeline.invoke import invoke
from tizmor.pipeline.verdicts import Verdict
from tizmor.ports.agent import Agent
from tizmor.ports.journal import Journal
from tizmor.ports.planner import PlanRequest
from tizmor.ports.workspace import Workspace
from tizmor.storage.sqlite import open_sqlite

_OUTPUT = {"value": "v"}


def _at_once(call: Call, inner: Next) -> Awaitable[Verdict]:
    return inner(call)


class _GivenPlan:
    async def plan(self, request: PlanRequest) -> Plan:
        return Plan(goal=request.text)


class _BareCalls(Performer):
    """Makes a step's call with nothing around it but the barrier."""

    def __init__(self, site: Site, work: Agent, clock: SystemClock) -> None:
        super().__init__(
            agents={work.spec.name: work},
            planner=_GivenPlan(),
            pipeline=invoke,
            turns=InTurn(_at_once, _at_once),
            workspace=Workspace(root=site.folder),
            clock=clock,
            dice=lambda: 0.5,
        )
        self._step = site.step
        self._has_effect = site.has_effect
        self._now_ms = clock.now_ms

    async def run(
        self, site: CallSite, command: cmd.RunCall, begin: Begin, report: Report
    ) -> fx.Fact:
        name = command.step.id
        key = ""
        if self._has_effect:
            key = idempotency_key(site.execution, name, command.arguments)
        begun = begin(key)
        if not (begun if isinstance(begun, bool) else await begun):
            return fx.CallWithdrawn(at_ms=self._now_ms(), step=name)
        await self._step(name)
        return fx.CallCompleted(
            at_ms=self._now_ms(),
            step=name,
            output=_OUTPUT,
            begun_at_ms=site.begun.pop(name, None),
        )


class _Core:
    def __init__(self, pump: Pump, journal: Journal, plan: Plan, clock: SystemClock) -> None:
        self._pump = pump
        self._journal = journal
        self._plan = plan
        self._clock = clock
        self._numbers = itertools.count(secrets.randbits(RANDOM_BITS))

    async def run(self, execution: str) -> None:
        at_ms = self._clock.now_ms()
        number = execution_number(at_ms, next(self._numbers))
        request = fx.Requested(at_ms=at_ms, query=execution, plan=self._plan)
        await self._ended(self._pump.begin(number, request))

    async def resume(self, executions: Sequence[str]) -> None:
        unfinished = await self._journal.unfinished()
        adopted = await self._journal.adopt_all([stored.execution for stored in unfinished])
        folded = await fold_all(self._journal, [stored.execution for stored in adopted])
        lives = [
            self._pump.adopt(state, epoch=stored.epoch, seq=seq)
            for stored in adopted
            for state, seq in [folded[stored.execution]]
        ]
        for live in lives:
            await self._ended(live)

    async def _ended(self, live: Live) -> None:
        await live.end()
        if live.state.status != "COMPLETED":
            raise RuntimeError(f"the execution ended {live.state.status}")


@asynccontextmanager
async def opened(site: Site) -> AsyncIterator[Engine]:
    tune_garbage()
    clock = SystemClock()
    journal = open_sqlite(site.folder / ".tizmor", create=True, clock=clock)
    performer = _BareCalls(site, agent_of(site), clock)
    limits = Limits(calls=max(LIMITS.calls, site.at_once), live=max(LIMITS.live, site.at_once))
    pump = Pump(journal=journal, performer=performer, clock=clock, limits=limits)
    plan = performer.planning.checked(plan_of(site))
    try:
        yield _Core(pump, journal, plan, clock)
    finally:
        await pump.close()
        await journal.close()
