"""Performing commands: the core's orders carried out, each answered by one fact.

Here a call is made; `hooks` is what an agent offers beside it, `planning` where plans come from.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from functools import partial
from typing import Any, Protocol

from msgspec.structs import replace

from tizmor.core import commands as cmd
from tizmor.core import facts as fx
from tizmor.core.canonical import idempotency_key
from tizmor.core.errors import EngineError, InvalidEdit
from tizmor.core.plan import Effect, Step, Strategy
from tizmor.engine.context import CallContext, Report, Site, Surroundings
from tizmor.engine.hooks import FencedSite, Hooks
from tizmor.engine.judged import Dice, judged
from tizmor.engine.partials import NO_PARTIALS, Partials
from tizmor.engine.planning import Planning
from tizmor.observability.recording import Recorder
from tizmor.pipeline.approve import refusal, shown
from tizmor.pipeline.asking import asked
from tizmor.pipeline.call import Begin, Call, uncalled
from tizmor.pipeline.classify import bounded
from tizmor.pipeline.compose import InTurn, Next
from tizmor.pipeline.verdicts import Completed, Failed, Verdict
from tizmor.ports.agent import Agent
from tizmor.ports.clock import Clock
from tizmor.ports.logs import NO_LOG, LogSink
from tizmor.ports.planner import Planner
from tizmor.ports.policy import BY_DEFAULT, Ask, Forbidden, Policy, Ruling, Waived
from tizmor.ports.secrets import NO_SECRETS, Secrets
from tizmor.ports.workspace import Workspace

READ = Effect.READ
"""What is compared for each step has a name of its own: Python 3.11 takes long to reach an enum's
member through its class."""


class BeginAs(Protocol):
    """A `Begin` that is also told which policy waived that somebody is asked first."""

    def __call__(self, key: str, *, waived_by: str = "") -> bool | Awaitable[bool]: ...


class CallSite(FencedSite, Protocol):
    """The execution that a command is performed for."""

    @property
    def user(self) -> str:
        """Whose request it is."""
        ...

    @property
    def begun(self) -> dict[str, int]:
        """When calls began of which nothing was said yet, by step; taken by what ends them."""
        ...


class Performer:
    """Makes calls, and has what else commands ask for. It holds no state of any execution."""

    def __init__(
        self,
        *,
        agents: Mapping[str, Agent],
        planner: Planner,
        pipeline: Next,
        turns: InTurn,
        workspace: Workspace,
        clock: Clock,
        dice: Dice,
        secrets: Secrets = NO_SECRETS,
        conflicts: Strategy = Strategy.ORDER,
        policy: Policy = BY_DEFAULT,
        partials: Partials = NO_PARTIALS,
        log: LogSink = NO_LOG,
        recorder: Recorder | None = None,
    ) -> None:
        """Calls pass the `pipeline`, and what agents offer beside them passes `turns`."""
        self._agents = agents
        self._policy = policy
        self._pipeline = pipeline
        self._around = Surroundings(workspace, clock, secrets, agents, partials, log, recorder)
        self.recorder = recorder
        self._clock = clock
        self._dice = dice
        self.hooks = Hooks(self.agent, self._around, dice, turns)
        self.planning = Planning(planner, agents, workspace, clock, conflicts)

    async def run(
        self, site: CallSite, command: cmd.RunCall, begin: BeginAs, report: Report
    ) -> fx.Fact:
        """Make a call through the pipeline, once `begin` says that it may begin."""
        step = command.step
        agent = self.agent(step)
        ruling = None
        if self._policy.concerns(step):
            ruling = self._rule(site, command, agent)
            if isinstance(ruling, Waived):
                begin = partial(begin, waived_by=ruling.by)

        # A key costs as much as the rest of a step that does nothing, and binds only effects and
        # what humans agree to.
        key = ""
        if step.effect is not READ or ruling is not None:
            try:
                key = idempotency_key(site.execution, step.id, command.arguments)
            except ValueError as error:
                message = f"{step.agent}: the arguments can't be written as JSON: {bounded(error)}"
                return self._judged(command, "", Failed(message, retryable=False))
        context = CallContext(
            _around=self._around,
            _site=site,
            step_id=step.id,
            attempt=command.attempt,
            answers=command.answers,
            _report=report,
            _key=key,
            _arguments=command.arguments,
            _runs=True,
        )
        call = Call(
            execution=site.execution,
            step=step,
            arguments=command.arguments,
            key=key,
            approved_key=command.approved_key,
            agent=agent,
            context=context,
            begin=begin,
            fences=site.fences,
            budget=command.budget,
            raised=command.raised,
            ruling=ruling,
            terms=command.terms,
            signers=command.signers,
        )
        verdict = context.cleared(await self._pipeline(call))
        if isinstance(verdict, Completed):
            at_ms = self._clock.now_ms()
            return fx.CallCompleted(
                at_ms=at_ms,
                step=step.id,
                output=verdict.output,
                begun_at_ms=site.begun.pop(step.id, at_ms if verdict.from_cache else None),
                cached=verdict.from_cache,
                tokens=context.tokens,
                cost_usd=context.cost_usd,
            )
        return context.billed(self._judged(command, key, verdict))

    def shown(self, site: Site, step: Step, arguments: dict[str, Any]) -> dict[str, Any]:
        """What a human would see before this call. Raises `InvalidEdit` when it can't be said."""
        context = CallContext(
            _around=self._around, _site=site, step_id=step.id, attempt=0, _report=_unheard
        )
        call = uncalled(site.execution, step, arguments, self.agent(step), context)
        try:
            return context.cleared(shown(call))
        except (Exception, asyncio.CancelledError) as error:
            message = context.said(error)
            raise InvalidEdit(f"it can't be shown what it would do: {message}") from None

    def agent(self, step: Step) -> Agent:
        """The step's agent. Raises `EngineError` when it isn't here."""
        if (agent := self._agents.get(step.agent)) is None:
            raise EngineError(
                f"step {step.id!r} needs the agent {step.agent!r}, which isn't here; install it"
                " and resume"
            )
        return agent

    async def foresee(
        self, site: CallSite, command: cmd.ForeseeCall, begin: Begin, report: Report
    ) -> fx.Fact:
        """Say what a call would be, and whether humans would be asked first."""
        ruling: Ruling | None = None
        if self._policy.concerns(command.step):
            ruling = self._rule(site, command, self.agent(command.step))
        if isinstance(ruling, Forbidden):
            return self._judged(command, "", Failed(refusal(command.step, ruling), retryable=False))
        fact = await self.hooks.foresee(site, command, begin, report)
        if isinstance(ruling, Ask) and isinstance(fact, fx.CallForeseen):
            return replace(fact, asks=True, terms=ruling.terms)
        return fact

    def _rule(
        self, site: CallSite, command: cmd.RunCall | cmd.ForeseeCall, agent: Agent
    ) -> Ruling | None:
        """What the policy says of a call. Raises `EngineError` when it can't be asked."""
        return self._policy.rule(
            asked(
                command.step,
                agent,
                command.arguments,
                user=site.user,
                workspace=self._around.workspace.root.name,
                untrusted=command.untrusted,
            )
        )

    def _judged(
        self, command: cmd.RunCall | cmd.ForeseeCall, key: str, verdict: Verdict
    ) -> fx.Fact:
        return judged(verdict, command.step, command.arguments, key, self._clock, self._dice)


def _unheard(site: Site, step: str, message: str) -> None:
    """A report of a call that isn't made."""
