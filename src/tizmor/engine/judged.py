"""What became of a call, as the fact that the core is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tizmor.core import facts as fx
from tizmor.core.plan import Step
from tizmor.pipeline.classify import cut
from tizmor.pipeline.verdicts import (
    Completed,
    Failed,
    NeedsApproval,
    NeedsInput,
    OverBudget,
    Stale,
    Unknown,
    Verdict,
    Wait,
    Withdrawn,
)
from tizmor.ports.clock import Clock

Dice = Callable[[], float]
"""Chance, from 0 to 1: where within its range a delay falls."""


def judged(
    verdict: Verdict, step: Step, arguments: dict[str, Any], key: str, clock: Clock, dice: Dice
) -> fx.Fact:
    """The fact that a verdict on the call of a step with these arguments amounts to."""
    at_ms = clock.now_ms()
    match verdict:
        case Completed():
            return fx.CallCompleted(at_ms=at_ms, step=step.id, output=verdict.output)
        case NeedsApproval():
            return fx.GateNeeded(
                at_ms=at_ms,
                step=step.id,
                key=key,
                arguments=arguments,
                shown=verdict.shown,
                terms=verdict.terms,
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
                dice=dice(),
            )
        case Unknown():
            return fx.CallUnknown(
                at_ms=at_ms,
                step=step.id,
                error=cut(verdict.error),
                may_still_run=verdict.may_still_run,
                retry_after_s=verdict.retry_after_s,
                dice=dice(),
            )
        case Stale():
            return fx.PreconditionBroken(at_ms=at_ms, step=step.id, error=cut(verdict.error))
        case Wait():
            return fx.CallMustWait(
                at_ms=at_ms,
                step=step.id,
                on=verdict.on,
                until_ms=verdict.until_ms,
                elsewhere=verdict.elsewhere,
            )
        case OverBudget():
            return fx.BudgetExhausted(
                at_ms=at_ms,
                step=step.id,
                budget=verdict.budget,
                error=verdict.error,
                lacking=verdict.lacking,
                limit=verdict.limit,
                policy=verdict.policy,
            )
        case Withdrawn():
            return fx.CallWithdrawn(at_ms=at_ms, step=step.id)
