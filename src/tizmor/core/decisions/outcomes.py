"""How calls end: well, not at all, or in a way that nobody knows.

Only what is known not to have happened is tried again. What may have happened is settled by the
effect that the agent declares: done again with the same key, asked after, or asked about."""

from __future__ import annotations

from tizmor.core import commands as cmd
from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.approval import unsettled_question
from tizmor.core.decisions.decision import Decision, next_question
from tizmor.core.decisions.steps import answered_by, dispatch, fail, resolved_arguments, run
from tizmor.core.plan import Effect
from tizmor.core.recovery import MAX_REPREPARES, may_retry, retry_delay_ms
from tizmor.core.state import StepState
from tizmor.core.transitions import StepStatus

S = StepStatus


def call_completed(d: Decision, fact: fx.CallCompleted) -> None:
    if step := answered_by(d, fact.step):
        succeed(
            d,
            step,
            ev.StepSucceeded(
                step=fact.step, output=fact.output, tokens=fact.tokens, cost_usd=fact.cost_usd
            ),
        )


def succeed(d: Decision, step: StepState, event: ev.StepSucceeded) -> None:
    d.emit(event)
    for name in step.dependents:
        other = d.state.steps[name]
        if other.status is S.READY:
            dispatch(d, other)


def call_failed(d: Decision, fact: fx.CallFailed) -> None:
    if step := answered_by(d, fact.step):
        _retry_or_fail(d, step, fact)


def _retry_or_fail(d: Decision, step: StepState, failure: fx.CallFailed) -> None:
    failures = step.failures + (step.status is not S.UNSETTLED)
    if d.state.cancelling:
        d.emit(ev.StepCancelled(step=step.step.id))
    elif failure.retryable and may_retry(step.step.retry, failures):
        delay_ms = retry_delay_ms(step.step.retry, failures, failure.dice, failure.retry_after_s)
        due_ms = d.at_ms + delay_ms
        d.emit(ev.AttemptFailed(step=step.step.id, error=failure.error, retry_at_ms=due_ms))
        d.order(cmd.SetTimer(step=step.step.id, due_ms=due_ms))
    else:
        fail(d, step, failure.error)


def precondition_broken(d: Decision, fact: fx.PreconditionBroken) -> None:
    step = answered_by(d, fact.step)
    if step is None:
        return
    if d.state.cancelling:
        d.emit(ev.StepCancelled(step=fact.step))
    elif step.failures + 1 < MAX_REPREPARES:
        d.emit(ev.PreconditionLost(step=fact.step, error=fact.error))
        dispatch(d, step)
    else:
        fail(d, step, fact.error)


def call_unknown(d: Decision, fact: fx.CallUnknown) -> None:
    step = answered_by(d, fact.step)
    if step is None:
        return
    if step.step.effect is Effect.READ:
        _retry_or_fail(
            d,
            step,
            fx.CallFailed(step=fact.step, error=fact.error, retryable=True, dice=fact.dice),
        )
        return
    d.emit(ev.OutcomeLost(step=fact.step, error=fact.error, may_still_run=fact.may_still_run))
    settle(d, step)


def settle(d: Decision, step: StepState) -> None:
    """Find out what became of a call, or do it again where that can't harm."""
    if step.busy:
        return
    arguments = resolved_arguments(d, step)
    if arguments is None:
        return
    effect = step.step.effect
    if step.step.probes and effect is not Effect.IDEMPOTENT:
        step.busy = True
        d.order(
            cmd.ProbeCall(step=step.step, arguments=arguments, attempt=step.attempt, key=step.key)
        )
    elif effect is Effect.IRREVERSIBLE:
        _ask_what_happened(d, step)
    else:
        _run_again(d, step)


def _run_again(d: Decision, step: StepState) -> None:
    """A call that is safe to repeat with its key."""
    if d.state.cancelling or not may_retry(step.step.retry, step.failures):
        fail(d, step, f"it may have happened: {step.error}")
    elif not d.state.paused and (arguments := resolved_arguments(d, step)) is not None:
        run(d, step, arguments)


def _ask_what_happened(d: Decision, step: StepState) -> None:
    plan = d.state.plan
    question = unsettled_question(step.step, step.error or "", plan.language if plan else "en")
    d.emit(ev.QuestionAsked(id=next_question(d.state), question=question, step=step.step.id))


def probed(d: Decision, fact: fx.Probed) -> None:
    step = answered_by(d, fact.step)
    if step is None:
        return
    if fact.output is not None:
        succeed(d, step, ev.StepSucceeded(step=fact.step, output=fact.output, probed=True))
    elif (not fact.told or step.may_still_run) and step.step.effect is Effect.IRREVERSIBLE:
        # "Not there yet" says nothing of a call that may still be on its way.
        _ask_what_happened(d, step)
    elif not fact.told:
        _run_again(d, step)
    else:
        _retry_or_fail(
            d,
            step,
            fx.CallFailed(
                step=fact.step,
                error=step.error or "it did not happen",
                retryable=True,
                dice=fact.dice,
            ),
        )
