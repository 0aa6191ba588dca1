"""Hooks: what an agent offers beside its call. It prepares one, says whether one happened, and
takes one back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol

import msgspec

from tizmor.core import commands as cmd
from tizmor.core import facts as fx
from tizmor.core.errors import AgentError, EngineError, Permanent, Transient
from tizmor.core.events import as_stored
from tizmor.core.foresight import foreseen_output, has_gap
from tizmor.core.plan import Step
from tizmor.engine.context import NO_ANSWERS, CallContext, Report, Site, Surroundings
from tizmor.engine.judged import Dice, judged
from tizmor.engine.patience import within
from tizmor.pipeline.approve import plain_gate, shown
from tizmor.pipeline.call import Begin, Call, uncalled
from tizmor.pipeline.classify import PASSING, agent_verdict, delay_s
from tizmor.pipeline.compose import Around
from tizmor.pipeline.verdicts import Completed, Failed, Stale, Unknown, Verdict, Wait, Withdrawn
from tizmor.ports.agent import Agent, AgentFunction

PATIENCE_S = 30.0
"""How long a preparation, a probe or a compensation may take whose step has no time-out."""

HookCommand = cmd.PrepareCall | cmd.ForeseeCall | cmd.ProbeCall | cmd.CompensateCall


class FencedSite(Site, Protocol):
    """The execution that a compensation is made for."""

    @property
    def fences(self) -> dict[str, tuple[int, ...]]:
        """The fencing tokens of the leases that steps have, by step."""
        ...


class Hooks:
    """Calls what the agent that `agent` finds for a step offers; a compensation passes `turns`."""

    def __init__(
        self, agent: Callable[[Step], Agent], around: Surroundings, dice: Dice, turns: Around
    ) -> None:
        self._agent = agent
        self._around = around
        self._turns = turns
        self._clock = around.clock
        self._dice = dice

    async def prepare(self, site: Site, command: cmd.PrepareCall, report: Report) -> fx.Fact:
        """Have the agent complete a call's arguments before a human sees them."""
        step = command.step
        agent = self._agent(step)
        context = self._context(site, command, report, answers=command.answers)
        try:
            arguments = agent.convert(command.arguments)
            prepare = _hook(agent.prepare_function, "prepare")
            changed = await within(_patience_s(step), prepare(**arguments, ctx=context))
            changed = as_stored(changed)
            if context.cleared(changed) != changed:
                raise ValueError("it put a secret into the arguments")
            prepared = {**command.arguments, **changed}
            agent.convert(prepared)
        except Exception as error:
            return self._refused(command, context, error, "could not prepare")
        return context.billed(
            fx.CallPrepared(at_ms=self._clock.now_ms(), step=step.id, arguments=prepared)
        )

    async def foresee(self, site: Site, command: cmd.ForeseeCall, report: Report) -> fx.Fact:
        """Say what a call would be, what a human would see of it and what it would give, without
        making it. Where not all of its arguments are known, its agent isn't asked."""
        step = command.step
        agent = self._agent(step)
        context = self._context(site, command, report, answers=command.answers)
        known = None
        try:
            if has_gap(command.arguments) or step.for_each is not None:
                gate = plain_gate(step, command.arguments)
            else:
                call = uncalled(site.execution, step, command.arguments, agent, context)
                gate = context.cleared(shown(call))
                if agent.foresee_function is not None:
                    foreseen = agent.foresee_function(**call.converted(), ctx=context)
                    known = context.cleared(as_stored(await within(_patience_s(step), foreseen)))
        except Exception as error:
            return self._refused(command, context, error, "can't say what it would do")
        foreseen_call = fx.CallForeseen(
            at_ms=self._clock.now_ms(),
            step=step.id,
            arguments=command.arguments,
            output=foreseen_output(step, agent.spec, known),
            shown=gate,
        )
        return context.billed(foreseen_call)

    def _refused(
        self,
        command: cmd.PrepareCall | cmd.ForeseeCall,
        context: CallContext,
        error: Exception,
        what: str,
    ) -> fx.Fact:
        """What an agent raised that was only to look."""
        if not isinstance(error, AgentError):
            message = f"{command.step.agent} {what}: {context.said(error)}"
            failed = Failed(message, retryable=isinstance(error, PASSING))
            return context.billed(self._judged(command, failed))
        verdict = agent_verdict(error)
        if isinstance(verdict, (Unknown, Stale)):
            verdict = Failed(verdict.error, retryable=False)
        return context.billed(self._judged(command, context.cleared(verdict)))

    async def probe(self, site: Site, command: cmd.ProbeCall, report: Report) -> fx.Fact:
        """Ask the agent whether the call with this key happened; one that is silent can't tell."""
        step = command.step
        agent = self._agent(step)
        context = self._context(site, command, report, key=command.key)
        at_ms = self._clock.now_ms()
        try:
            probe = _hook(agent.probe_function, "probe")
            found = await within(_patience_s(step), probe(command.key, ctx=context))
            output = None if found is None else context.cleared(agent.stored(found))
        except Exception as error:
            message = context.said(error)
            silent = fx.Probed(at_ms=at_ms, step=step.id, told=False, error=message)
            return context.billed(silent)
        told = fx.Probed(at_ms=self._clock.now_ms(), step=step.id, output=output, dice=self._dice())
        return context.billed(told)

    async def compensate(
        self, site: FencedSite, command: cmd.CompensateCall, begin: Begin, report: Report
    ) -> fx.Fact:
        """Take back what a step did, in its turn, once `begin` says that the intent is durable."""
        step = command.step
        context = self._context(site, command, report, key=command.key, undoes=True)
        call = Call(
            execution=site.execution,
            step=step,
            arguments=command.arguments,
            key=command.key,
            approved_key=None,
            agent=self._agent(step),
            context=context,
            begin=begin,
            fences=site.fences,
        )
        verdict = await self._turns(call, partial(self._undo, command, context))
        return context.billed(self._undone(step, verdict))

    async def _undo(self, command: cmd.CompensateCall, context: CallContext, call: Call) -> Verdict:
        agent = call.agent
        may_begin = call.begin(call.key)
        if not (may_begin if isinstance(may_begin, bool) else await may_begin):
            return Withdrawn()
        call.begun = True
        try:
            undo = _hook(agent.compensate_function, "compensate")
            result = _result(agent, command.output)
            arguments = agent.undone_with(command.arguments)
            await within(_patience_s(call.step), undo(result, **arguments, ctx=context))
        except EngineError:
            raise
        except Exception as error:
            return _not_undone(error, context.said(error))
        return Completed({})

    def _undone(self, step: Step, verdict: Verdict) -> fx.CallOver | fx.CompensationMustWait:
        at_ms = self._clock.now_ms()
        match verdict:
            case Wait():
                return fx.CompensationMustWait(
                    at_ms=at_ms, step=step.id, on=verdict.on, until_ms=verdict.until_ms
                )
            case Failed() | Unknown():
                return fx.CompensationFailed(
                    at_ms=at_ms,
                    step=step.id,
                    error=verdict.error,
                    retryable=isinstance(verdict, Unknown) or verdict.retryable,
                    retry_after_s=verdict.retry_after_s,
                    dice=self._dice(),
                )
            case Withdrawn():
                return fx.CallWithdrawn(at_ms=at_ms, step=step.id)
            case _:
                return fx.Compensated(at_ms=at_ms, step=step.id)

    def _judged(self, command: cmd.PrepareCall | cmd.ForeseeCall, verdict: Verdict) -> fx.Fact:
        return judged(verdict, command.step, command.arguments, "", self._clock, self._dice)

    def _context(
        self,
        site: Site,
        command: HookCommand,
        report: Report,
        *,
        answers: Mapping[str, str] = NO_ANSWERS,
        key: str = "",
        undoes: bool = False,
    ) -> CallContext:
        return CallContext(
            _around=self._around,
            _site=site,
            step_id=command.step.id,
            attempt=command.attempt,
            answers=answers,
            _report=report,
            _key=key,
            _undoes=undoes,
        )


def _not_undone(error: Exception, message: str) -> Verdict:
    if isinstance(error, (Permanent, msgspec.ValidationError)):
        return Failed(message, retryable=False)
    if isinstance(error, Transient):
        return Failed(message, retryable=True, retry_after_s=delay_s(error))
    return Unknown(message, retry_after_s=delay_s(error))


def _result(agent: Agent, output: dict[str, Any] | None) -> Any:
    """What a call returned, for taking it back. Raises `Permanent` where the agent can't do
    without."""
    if output is not None:
        return agent.output_of(output)
    if not agent.undoes_by_key:
        raise Permanent(f"it isn't known what it gave, and {agent.spec.name} needs that")
    return None


def _patience_s(step: Step) -> float:
    return PATIENCE_S if step.timeout_s is None else step.timeout_s


def _hook(function: AgentFunction | None, name: str) -> AgentFunction:
    if function is None:
        raise EngineError(f"the agent's {name} was asked for, but it offers none")
    return function
