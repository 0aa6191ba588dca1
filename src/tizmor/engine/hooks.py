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
from tizmor.pipeline.call import Begin, Call
from tizmor.pipeline.classify import PASSING, agent_verdict, delay_s
from tizmor.pipeline.compose import InTurn
from tizmor.pipeline.verdicts import Completed, Failed, Stale, Unknown, Verdict, Wait, Withdrawn
from tizmor.ports.agent import Agent, AgentFunction

PATIENCE_S = 30.0
"""How long a preparation, a probe or a compensation may take whose step has no time-out."""

_CANT_SAY = "can't say what it would do"
_FOUND = "found"

HookCommand = cmd.PrepareCall | cmd.ForeseeCall | cmd.ProbeCall | cmd.CompensateCall


class FencedSite(Site, Protocol):
    """The execution that something is asked for."""

    @property
    def fences(self) -> dict[str, tuple[int, ...]]:
        """The fencing tokens of the leases that steps have, by step."""
        ...


class Hooks:
    """Calls what the agent that `agent` finds for a step offers, each in its turn (`turns`), once
    `begin` says that it may begin."""

    def __init__(
        self, agent: Callable[[Step], Agent], around: Surroundings, dice: Dice, turns: InTurn
    ) -> None:
        self._agent = agent
        self._around = around
        self._turns = turns
        self._clock = around.clock
        self._dice = dice

    async def prepare(
        self, site: FencedSite, command: cmd.PrepareCall, begin: Begin, report: Report
    ) -> fx.Fact:
        """Have the agent complete a call's arguments before a human sees them."""
        context = self._context(site, command, report, answers=command.answers)
        call = self._call(site, command, context, begin)
        verdict = await self._turns.looking(call, partial(self._prepared, context))
        if not isinstance(verdict, Completed):
            return context.billed(self._judged(command, verdict))
        at_ms, step = self._clock.now_ms(), command.step.id
        return context.billed(fx.CallPrepared(at_ms=at_ms, step=step, arguments=verdict.output))

    async def _prepared(self, context: CallContext, call: Call) -> Verdict:
        agent = call.agent
        try:
            arguments = agent.convert(call.arguments)
            if not await _begins(call):
                return Withdrawn()
            prepare = _hook(agent.prepare_function, "prepare")
            changed = await within(_patience_s(call.step), prepare(**arguments, ctx=context))
            changed = as_stored(changed)
            if context.cleared(changed) != changed:
                raise ValueError("it put a secret into the arguments")
            prepared = {**call.arguments, **changed}
            agent.convert(prepared)
        except EngineError:
            raise
        except Exception as error:
            return _refusal(call, context, error, "could not prepare")
        return Completed(prepared)

    async def foresee(
        self, site: FencedSite, command: cmd.ForeseeCall, begin: Begin, report: Report
    ) -> fx.Fact:
        """Say what a call would be, what a human would see of it and what it would give, without
        making it. Where not all of its arguments are known, its agent isn't asked."""
        step = command.step
        context = self._context(site, command, report, answers=command.answers)
        call = self._call(site, command, context, begin)
        known = None
        try:
            if has_gap(command.arguments) or step.for_each is not None:
                gate = plain_gate(step, command.arguments)
            else:
                gate = context.cleared(shown(call))
                if call.agent.foresee_function is not None:
                    known = await self._turns.looking(call, partial(self._foreseen, context))
        except EngineError:
            raise
        except Exception as error:
            known = _refusal(call, context, error, _CANT_SAY)
        if not isinstance(known, Completed | None):
            return context.billed(self._judged(command, known))
        output = None if known is None else known.output
        foreseen_call = fx.CallForeseen(
            at_ms=self._clock.now_ms(),
            step=step.id,
            arguments=command.arguments,
            output=foreseen_output(step, call.agent.spec, output),
            shown=gate,
        )
        return context.billed(foreseen_call)

    async def _foreseen(self, context: CallContext, call: Call) -> Verdict:
        try:
            arguments = call.converted()
            if not await _begins(call):
                return Withdrawn()
            foresee = _hook(call.agent.foresee_function, "foresee")
            foreseen = await within(_patience_s(call.step), foresee(**arguments, ctx=context))
            return Completed(context.cleared(as_stored(foreseen)))
        except EngineError:
            raise
        except Exception as error:
            return _refusal(call, context, error, _CANT_SAY)

    async def probe(
        self, site: FencedSite, command: cmd.ProbeCall, begin: Begin, report: Report
    ) -> fx.Fact:
        """Ask the agent whether the call with this key happened; one that is silent can't tell."""
        step = command.step
        context = self._context(site, command, report, key=command.key)
        call = self._call(site, command, context, begin)
        verdict = await self._turns.looking(call, partial(self._found, context))
        at_ms = self._clock.now_ms()
        match verdict:
            case Wait(on=on, until_ms=until_ms):
                return fx.ProbeMustWait(at_ms=at_ms, step=step.id, on=on, until_ms=until_ms)
            case Withdrawn():
                return fx.CallWithdrawn(at_ms=at_ms, step=step.id)
            case Completed(output=output):
                found = fx.Probed(
                    at_ms=at_ms, step=step.id, output=output.get(_FOUND), dice=self._dice()
                )
                return context.billed(found)
            case _:
                error = verdict.error if isinstance(verdict, Failed) else ""
                silent = fx.Probed(at_ms=at_ms, step=step.id, told=False, error=error)
                return context.billed(silent)

    async def _found(self, context: CallContext, call: Call) -> Verdict:
        """What the call gave, if it happened."""
        agent = call.agent
        if not await _begins(call):
            return Withdrawn()
        try:
            probe = _hook(agent.probe_function, "probe")
            found = await within(_patience_s(call.step), probe(call.key, ctx=context))
            if found is None:
                return Completed({})
            return Completed({_FOUND: context.cleared(agent.stored(found))})
        except EngineError:
            raise
        except Exception as error:
            return Failed(context.said(error), retryable=False, retry_after_s=delay_s(error))

    async def compensate(
        self, site: FencedSite, command: cmd.CompensateCall, begin: Begin, report: Report
    ) -> fx.Fact:
        """Take back what a step did, once the intent of that is durable."""
        context = self._context(site, command, report, key=command.key, undoes=True)
        call = self._call(site, command, context, begin)
        verdict = await self._turns.undoing(call, partial(self._undo, command, context))
        return context.billed(self._undone(command.step, verdict))

    async def _undo(self, command: cmd.CompensateCall, context: CallContext, call: Call) -> Verdict:
        agent = call.agent
        if not await _begins(call):
            return Withdrawn()
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

    def _call(
        self, site: FencedSite, command: HookCommand, context: CallContext, begin: Begin
    ) -> Call:
        """What the middlewares know of it: as of the call that it belongs to."""
        return Call(
            execution=site.execution,
            step=command.step,
            arguments=command.arguments,
            key=context.key,
            approved_key=None,
            agent=self._agent(command.step),
            context=context,
            begin=begin,
            fences=site.fences,
        )

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


async def _begins(call: Call) -> bool:
    """Whether it may begin; if so, it has."""
    may_begin = call.begin(call.key)
    call.begun = may_begin if isinstance(may_begin, bool) else await may_begin
    return call.begun


def _refusal(call: Call, context: CallContext, error: Exception, what: str) -> Verdict:
    """What an agent raised that was only to look."""
    if not isinstance(error, AgentError):
        message = f"{call.step.agent} {what}: {context.said(error)}"
        return Failed(message, retryable=isinstance(error, PASSING))
    verdict = agent_verdict(error)
    if isinstance(verdict, Unknown | Stale):
        verdict = Failed(verdict.error, retryable=False, retry_after_s=verdict.retry_after_s)
    return context.cleared(verdict)


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
