"""Planning: the planner asked, and what it gives checked against the agents there are."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import lru_cache

import msgspec

from tizmor.core import commands as cmd
from tizmor.core import facts as fx
from tizmor.core.check import check
from tizmor.core.completion import completed
from tizmor.core.errors import PlanRefused, TizmorError
from tizmor.core.plan import Plan, Strategy
from tizmor.core.settlement import settled
from tizmor.engine.patience import within
from tizmor.pipeline.classify import bounded
from tizmor.ports.agent import Agent
from tizmor.ports.clock import Clock
from tizmor.ports.planner import Failure, Planner, PlanRequest
from tizmor.ports.workspace import Workspace

_log = logging.getLogger("tizmor.engine")

PLANNING_S = 120.0
"""How long a planner may take."""
_KNOWN = ((16 * 1024, 256), (1024 * 1024, 4))
"""Plans that are checked once though they are given often: up to how many bytes, and how many."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Plan).decode


class Planning:
    """Makes plans for the agents there are."""

    def __init__(
        self,
        planner: Planner,
        agents: Mapping[str, Agent],
        workspace: Workspace,
        clock: Clock,
        strategy: Strategy = Strategy.ORDER,
    ) -> None:
        self._planner = planner
        self._agents = agents
        self._workspace = workspace
        self._clock = clock
        self._strategy = strategy
        self._known = [(size, lru_cache(maxsize=count)(self._read)) for size, count in _KNOWN]

    async def make_plan(
        self,
        query: str,
        answers: Mapping[str, str],
        failure: Failure | None = None,
        *,
        strategy: Strategy | None = None,
    ) -> Plan:
        """A checked plan. Raises `PlanRefused` with its problems, and `TimeoutError`."""
        request = PlanRequest(
            text=query,
            now=self._clock.now().astimezone(self._workspace.zone),
            workspace=self._workspace,
            answers=answers,
            failure=failure,
        )
        return self.checked(await within(PLANNING_S, self._planner.plan(request)), strategy)

    async def plan(self, command: cmd.MakePlan) -> fx.Fact:
        """A plan for a request, or why there is none."""
        try:
            plan = await self.make_plan(command.query, command.answers, strategy=command.conflicts)
        except Exception as error:
            return fx.PlanMakingFailed(at_ms=self._clock.now_ms(), error=_no_plan(error))
        return fx.PlanMade(at_ms=self._clock.now_ms(), plan=plan)

    async def replan(self, command: cmd.Replan) -> fx.Fact:
        """Another way from where a step failed, if the planner knows one."""
        failure = Failure(agents=command.failed, plan=command.plan, done=command.done)
        at_ms = self._clock.now_ms()
        try:
            # A way on is not the place to ask: what is at odds is put in order.
            asks = (command.conflicts or self._strategy) is Strategy.ASK
            strategy = Strategy.ORDER if asks else command.conflicts
            plan = await self.make_plan(command.query, command.answers, failure, strategy=strategy)
        except Exception as error:
            return fx.ReplanImpossible(at_ms=at_ms, step=command.step, error=_no_plan(error))
        if problem := misfit(plan, command):
            return fx.ReplanImpossible(at_ms=at_ms, step=command.step, error=problem)
        return fx.ReplanMade(at_ms=self._clock.now_ms(), step=command.step, plan=plan)

    def checked(self, plan: Plan, strategy: Strategy | None = None) -> Plan:
        """The plan with what its agents declare and its conflicts settled (by the workspace's
        strategy where none is given), as the journal gives it back: nothing of it is shared with
        whoever gave it. Raises `PlanRefused` with its problems."""
        strategy = strategy or self._strategy
        try:
            written = _encode(plan)
        except (TypeError, ValueError, RecursionError) as error:
            self._complete(plan, strategy)  # a problem that names its step says more
            raise PlanRefused([f"it can't be written as JSON: {bounded(error)}"]) from error
        for size, read in self._known:
            if len(written) <= size:
                return read(written, strategy)
        return self._read(written, strategy)

    def _read(self, written: bytes, strategy: Strategy) -> Plan:
        return self._complete(_decode(written), strategy)

    def _complete(self, plan: Plan, strategy: Strategy) -> Plan:
        named = {step.agent for step in plan.steps}
        named.update(other.agent for step in plan.steps for other in step.alternatives)
        specs = {n: agent.spec for n in named if (agent := self._agents.get(n)) is not None}
        wanted = {spec.capability for spec in specs.values() if spec.capability}
        capable = [a.spec for a in self._agents.values() if a.spec.capability in wanted]
        plan = completed(plan, specs, capable)
        specs |= {spec.name: spec for spec in capable}
        problems = check(plan, specs)
        if not problems:
            plan, problems = settled(plan, specs, strategy)
        if problems:
            raise PlanRefused(problems)
        return plan


def misfit(plan: Plan, replan: cmd.Replan) -> str | None:
    """Why a new plan can't take an old one's place: None when it can.

    A step with an old id is the old step, so it must ask for the same; what failed is not asked for
    again, and a plan that has to be asked about first is no way on.
    """
    if plan.questions:
        return "the only other way needs an answer first: " + plan.questions[0].text
    old = {step.id: step for step in replan.plan.steps}
    for step in plan.steps:
        if step.id == replan.step or step.agent in replan.failed:
            return f"the new plan needs {step.agent} again, which failed"
        before = old.get(step.id)
        if before is not None and (before.agent, before.arguments) != (step.agent, step.arguments):
            return f"the new plan gives the step {step.id!r} another meaning"
    return None


def _no_plan(error: Exception) -> str:
    """Why there is no plan. An error that a planner doesn't mean to raise is logged, too."""
    if isinstance(error, TizmorError):
        return bounded(error)
    _log.error("the planner failed", exc_info=error)
    return f"the planner failed: {type(error).__name__}: {bounded(error)}"
