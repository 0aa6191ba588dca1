"""Performing commands: the core's orders carried out, each answered by one fact."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

import msgspec

from tizmor.core import commands as cmd
from tizmor.core import facts as fx
from tizmor.core.approval import needs_gate
from tizmor.core.canonical import idempotency_key
from tizmor.core.check import check
from tizmor.core.completion import completed
from tizmor.core.errors import (
    AgentError,
    EngineError,
    InvalidEdit,
    Permanent,
    PlanRefused,
    TizmorError,
)
from tizmor.core.events import as_stored
from tizmor.core.plan import Effect, Plan, Step
from tizmor.core.remembered import remembered
from tizmor.engine.context import CallContext, Report, Site, Surroundings
from tizmor.pipeline.approve import shown
from tizmor.pipeline.call import Call
from tizmor.pipeline.classify import PASSING, agent_verdict, bounded, cut, delay_s, worded
from tizmor.pipeline.compose import Next
from tizmor.pipeline.verdicts import (
    Completed,
    Failed,
    NeedsApproval,
    NeedsInput,
    Stale,
    Unknown,
    Verdict,
    Withdrawn,
)
from tizmor.ports.agent import Agent, AgentFunction
from tizmor.ports.clock import Clock
from tizmor.ports.planner import Failure, Planner, PlanRequest
from tizmor.ports.secrets import NO_SECRETS, Secrets
from tizmor.ports.workspace import Workspace

_log = logging.getLogger("tizmor.engine")

PATIENCE_S = 30.0
"""How long a preparation, a probe or a compensation may take whose step has no time-out."""

PLANNING_S = 120.0
"""How long a planner may take."""

_T = TypeVar("_T")
Dice = Callable[[], float]


class CallSite(Site, Protocol):
    """The execution that a command is performed for."""

    @property
    def begun(self) -> dict[str, int]:
        """When calls began of which nothing was said yet, by step; taken by what ends them."""
        ...


class Performer:
    """Carries out plans, preparations, calls, probes and compensations. It holds no state of any
    execution."""

    def __init__(
        self,
        *,
        agents: Mapping[str, Agent],
        planner: Planner,
        pipeline: Next,
        workspace: Workspace,
        clock: Clock,
        dice: Dice,
        secrets: Secrets = NO_SECRETS,
    ) -> None:
        self._agents = agents
        self._planner = planner
        self._pipeline = pipeline
        self._around = Surroundings(workspace, clock, secrets)
        self._workspace = workspace
        self._clock = clock
        self._dice = dice
        self.checked = remembered(self._complete)
        """The plan with what its agents declare. Raises `PlanRefused` with its problems."""

    async def make_plan(
        self, query: str, answers: Mapping[str, str], failure: Failure | None = None
    ) -> Plan:
        """A checked plan. Raises `PlanRefused` with its problems, and `TimeoutError`."""
        request = PlanRequest(
            text=query,
            now=self._clock.now().astimezone(self._workspace.zone),
            workspace=self._workspace,
            answers=answers,
            failure=failure,
        )
        return self.checked(await _within(PLANNING_S, self._planner.plan(request)))

    def _complete(self, plan: Plan) -> Plan:
        named = {step.agent for step in plan.steps}
        named.update(other.agent for step in plan.steps for other in step.alternatives)
        specs = {n: agent.spec for n in named if (agent := self._agents.get(n)) is not None}
        wanted = {spec.capability for spec in specs.values() if spec.capability}
        capable = [a.spec for a in self._agents.values() if a.spec.capability in wanted]
        plan = completed(plan, specs, capable)
        specs |= {spec.name: spec for spec in capable}
        if problems := check(plan, specs):
            raise PlanRefused(problems)
        return plan

    async def plan(self, command: cmd.MakePlan) -> fx.Fact:
        try:
            plan = await self.make_plan(command.query, command.answers)
        except Exception as error:
            return fx.PlanMakingFailed(at_ms=self._clock.now_ms(), error=_no_plan(error))
        return fx.PlanMade(at_ms=self._clock.now_ms(), plan=plan)

    async def replan(self, command: cmd.Replan) -> fx.Fact:
        """Another way from where a step failed, if the planner knows one."""
        failure = Failure(agents=command.failed, plan=command.plan, done=command.done)
        at_ms = self._clock.now_ms()
        try:
            plan = await self.make_plan(command.query, command.answers, failure)
        except Exception as error:
            return fx.ReplanImpossible(at_ms=at_ms, step=command.step, error=_no_plan(error))
        if problem := misfit(plan, command):
            return fx.ReplanImpossible(at_ms=at_ms, step=command.step, error=problem)
        return fx.ReplanMade(at_ms=self._clock.now_ms(), step=command.step, plan=plan)

    async def compensate(
        self,
        site: Site,
        command: cmd.CompensateCall,
        begin: Callable[[], Awaitable[bool]],
        report: Report,
    ) -> fx.Fact:
        """Take back what a step did, once `begin` says that the intent is durable."""
        step = command.step
        agent = self.agent(step)
        context = self._context(site, step, command.attempt, report, key=command.key)
        if not await begin():
            return fx.CallWithdrawn(at_ms=self._clock.now_ms(), step=step.id)
        try:
            undo = _hook(agent.compensate_function, "compensate")
            result = _result(agent, command.output)
            arguments = agent.undone_with(command.arguments)
            await _within(_patience_s(step), undo(result, **arguments, ctx=context))
        except EngineError:
            raise
        except Exception as error:
            return fx.CompensationFailed(
                at_ms=self._clock.now_ms(),
                step=step.id,
                error=_said(context, error),
                retryable=not isinstance(error, (Permanent, msgspec.ValidationError)),
                retry_after_s=delay_s(error),
                dice=self._dice(),
            )
        return fx.Compensated(at_ms=self._clock.now_ms(), step=step.id)

    async def prepare(self, site: Site, command: cmd.PrepareCall, report: Report) -> fx.Fact:
        step = command.step
        agent = self.agent(step)
        context = self._context(site, step, command.attempt, report, answers=command.answers)
        try:
            arguments = agent.convert(command.arguments)
            prepare = _hook(agent.prepare_function, "prepare")
            changed = await _within(_patience_s(step), prepare(**arguments, ctx=context))
            changed = as_stored(changed)
            if context.cleared(changed) != changed:
                raise ValueError("it put a secret into the arguments")
            prepared = {**command.arguments, **changed}
            agent.convert(prepared)
        except AgentError as error:
            verdict = agent_verdict(error)
            if isinstance(verdict, (Unknown, Stale)):
                verdict = Failed(verdict.error, retryable=False)
            return self._fact(step, command.arguments, "", context.cleared(verdict))
        except Exception as error:
            message = f"{step.agent} could not prepare: {_said(context, error)}"
            failed = Failed(message, retryable=isinstance(error, PASSING))
            return self._fact(step, command.arguments, "", failed)
        return fx.CallPrepared(at_ms=self._clock.now_ms(), step=step.id, arguments=prepared)

    async def run(
        self,
        site: CallSite,
        command: cmd.RunCall,
        begin: Callable[[str], Awaitable[bool]],
        report: Report,
    ) -> fx.Fact:
        step = command.step

        # A key costs as much as the rest of a step that does nothing, and binds only effects.
        key = ""
        if step.effect is not Effect.READ or needs_gate(step):
            try:
                key = idempotency_key(site.execution, step.id, command.arguments)
            except ValueError as error:
                message = f"{step.agent}: the arguments can't be written as JSON: {bounded(error)}"
                return self._fact(step, command.arguments, "", Failed(message, retryable=False))
        context = CallContext(
            _around=self._around,
            _site=site,
            step_id=step.id,
            attempt=command.attempt,
            answers=command.answers,
            _report=report,
            _key=key,
            _arguments=command.arguments,
        )
        call = Call(
            step=step,
            arguments=command.arguments,
            key=key,
            approved_key=command.approved_key,
            agent=self.agent(step),
            context=context,
            begin=begin,
        )
        verdict = context.cleared(await self._pipeline(call))
        if isinstance(verdict, Completed):
            return fx.CallCompleted(
                at_ms=self._clock.now_ms(),
                step=step.id,
                output=verdict.output,
                begun_at_ms=site.begun.pop(step.id, None),
            )
        return self._fact(step, command.arguments, key, verdict)

    def shown(self, site: Site, step: Step, arguments: dict[str, Any]) -> dict[str, Any]:
        """What a human would see before this call. Raises `InvalidEdit` when it can't be said."""
        context = self._context(site, step, 0, _unheard)
        call = Call(
            step=step,
            arguments=arguments,
            key="",
            approved_key=None,
            agent=self.agent(step),
            context=context,
            begin=_never,
        )
        try:
            return context.cleared(shown(call))
        except (Exception, asyncio.CancelledError) as error:
            message = _said(context, error)
            raise InvalidEdit(f"it can't be shown what it would do: {message}") from None

    async def probe(self, site: Site, command: cmd.ProbeCall, report: Report) -> fx.Fact:
        """Ask the agent whether the call with this key happened; one that is silent can't tell."""
        step = command.step
        agent = self.agent(step)
        context = self._context(site, step, command.attempt, report, key=command.key)
        at_ms = self._clock.now_ms()
        try:
            probe = _hook(agent.probe_function, "probe")
            found = await _within(_patience_s(step), probe(command.key, ctx=context))
            output = None if found is None else context.cleared(agent.stored(found))
        except Exception as error:
            message = _said(context, error)
            return fx.Probed(at_ms=at_ms, step=step.id, told=False, error=message)
        return fx.Probed(at_ms=self._clock.now_ms(), step=step.id, output=output, dice=self._dice())

    def agent(self, step: Step) -> Agent:
        """The step's agent. Raises `EngineError` when it isn't here."""
        if (agent := self._agents.get(step.agent)) is None:
            raise EngineError(
                f"step {step.id!r} needs the agent {step.agent!r}, which isn't here; install it"
                " and resume"
            )
        return agent

    def _context(
        self,
        site: Site,
        step: Step,
        attempt: int,
        report: Report,
        *,
        answers: Mapping[str, str] = MappingProxyType({}),
        key: str = "",
    ) -> CallContext:
        return CallContext(
            _around=self._around,
            _site=site,
            step_id=step.id,
            attempt=attempt,
            answers=answers,
            _report=report,
            _key=key,
        )

    def _fact(
        self,
        step: Step,
        arguments: dict[str, Any],
        key: str,
        verdict: Verdict,
    ) -> fx.Fact:
        at_ms = self._clock.now_ms()
        match verdict:
            case Completed():
                return fx.CallCompleted(at_ms=at_ms, step=step.id, output=verdict.output)
            case NeedsApproval():
                return fx.GateNeeded(
                    at_ms=at_ms, step=step.id, key=key, arguments=arguments, shown=verdict.shown
                )
            case NeedsInput():
                return fx.AnswerNeeded(at_ms=at_ms, step=step.id, question=verdict.question)
            case Failed():
                return fx.CallFailed(
                    at_ms=at_ms,
                    step=step.id,
                    error=cut(verdict.error),
                    retryable=verdict.retryable,
                    retry_after_s=verdict.retry_after_s,
                    dice=self._dice(),
                )
            case Unknown():
                return fx.CallUnknown(
                    at_ms=at_ms,
                    step=step.id,
                    error=cut(verdict.error),
                    may_still_run=verdict.may_still_run,
                    dice=self._dice(),
                )
            case Stale():
                return fx.PreconditionBroken(at_ms=at_ms, step=step.id, error=cut(verdict.error))
            case Withdrawn():
                return fx.CallWithdrawn(at_ms=at_ms, step=step.id)


def _result(agent: Agent, output: dict[str, Any] | None) -> Any:
    """What a call returned, for taking it back. Raises `Permanent` where the agent can't do
    without."""
    if output is not None:
        return agent.output_of(output)
    if not agent.undoes_by_key:
        raise Permanent(f"it isn't known what it gave, and {agent.spec.name} needs that")
    return None


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


def _said(context: CallContext, error: BaseException) -> str:
    """What an error says, without secrets and then of bounded length."""
    return cut(context.redacted(worded(error)))


def _patience_s(step: Step) -> float:
    return PATIENCE_S if step.timeout_s is None else step.timeout_s


async def _within(limit_s: float, work: Awaitable[_T]) -> _T:
    """What a hook or the planner gives within its time.

    Raises what it raises, `TimeoutError` when its time is over, and `RuntimeError` when it cancels
    itself: nobody told it to stop, so it has failed and is not withdrawn.
    """
    limit = asyncio.timeout(limit_s)
    try:
        async with limit:
            return await work
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise TimeoutError(f"it took too long: more than {limit_s:g} s") from error
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise RuntimeError("it cancelled itself") from error


async def _never(key: str) -> bool:
    return False


def _unheard(site: Site, step: str, message: str) -> None:
    """A report of a call that isn't made."""


def _hook(function: AgentFunction | None, name: str) -> AgentFunction:
    if function is None:
        raise EngineError(f"the agent's {name} was asked for, but it offers none")
    return function
