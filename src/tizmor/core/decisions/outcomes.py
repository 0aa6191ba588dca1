"""How calls end: well, not at all, or in a way that nobody knows.

Only what is known not to have happened is tried again; what may have happened is settled first."""

from __future__ import annotations

from tizmor.core import commands as cmd
from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.decisions.decision import (
    Decision,
    answered_by,
    charge,
    close,
    give_back,
    is_left_out,
)
from tizmor.core.decisions.ladder import give_up
from tizmor.core.decisions.rollback import probed_for_undoing
from tizmor.core.decisions.settling import (
    ask_what_happened,
    leave_unsettled,
    run_again,
    settle,
)
from tizmor.core.decisions.steps import dispatch, start
from tizmor.core.plan import Effect
from tizmor.core.recovery import (
    MAX_REPREPARES,
    may_retry,
    retry_delay_ms,
    still_due_ms,
)
from tizmor.core.state import StepState
from tizmor.core.transitions import StepStatus

S = StepStatus
_RUNNING = S.RUNNING


def call_completed(d: Decision, fact: fx.CallCompleted) -> None:
    if step := answered_by(d, fact.step):
        quiet = fact.begun_at_ms is not None and step.status is not _RUNNING
        succeeded = ev.StepSucceeded(
            step=fact.step,
            output=fact.output,
            attempt=step.attempt + 1 if quiet else 0,
            started_at_ms=fact.begun_at_ms if quiet else None,
            cached=fact.cached,
            tokens=fact.tokens,
            cost_usd=fact.cost_usd,
        )
        close(d, step, succeeded)
    else:
        charge(d, fact)


def call_failed(d: Decision, fact: fx.CallFailed) -> None:
    if step := answered_by(d, fact.step):
        give_back(d, step)
        _retry_or_give_up(d, step, fact)


def _retry_or_give_up(d: Decision, step: StepState, failure: fx.CallFailed) -> None:
    """The last call is known not to have happened. One before it may have, all the same: then the
    step may be tried again with its key, but nothing else may be done in its place."""
    was_lost = step.status is S.UNSETTLED
    failures = step.failures + (not was_lost)
    unsettled = step.lost and (not was_lost or step.may_still_run)
    again = failure.retryable and not step.late and may_retry(step.step.retry, failures)
    if d.state.ending and not unsettled:
        _rule_out(d, step)
        close(d, step, ev.StepCancelled(step=step.step.id))
    elif d.state.ending:
        leave_unsettled(d, step)
    elif again and (unsettled or not is_left_out(d, step)):
        delay_ms = retry_delay_ms(step.step.retry, failures, failure.dice, failure.retry_after_s)
        due_ms = d.at_ms + delay_ms
        d.emit(ev.AttemptFailed(step=step.step.id, error=failure.error, retry_at_ms=due_ms))
        wait_for_retry(d, step)
    elif unsettled:
        leave_unsettled(d, step)
    else:
        _rule_out(d, step)
        give_up(d, step, failure.error)


def _rule_out(d: Decision, step: StepState) -> None:
    """A call that may have happened is known by now not to have."""
    if step.lost:
        d.emit(ev.OutcomeFound(step=step.step.id))


def wait_for_retry(d: Decision, step: StepState) -> None:
    due_ms = still_due_ms(step.retry_at_ms, step.failed_at_ms, d.at_ms)
    d.order(cmd.SetTimer(step=step.step.id, timer=cmd.Timer.RETRY, due_ms=due_ms))


def retry_due(d: Decision, step: StepState) -> None:
    """The time for the next attempt has come."""
    if step.status is S.RETRYING and not (step.busy or d.state.paused or d.state.ending):
        start(d, step)


def precondition_broken(d: Decision, fact: fx.PreconditionBroken) -> None:
    step = answered_by(d, fact.step)
    if step is None:
        return
    give_back(d, step)
    if step.lost:
        leave_unsettled(d, step)  # prepared anew, it would be another call
    elif d.state.ending:
        close(d, step, ev.StepCancelled(step=fact.step))
    elif step.reprepares + 1 < MAX_REPREPARES and not (step.late or is_left_out(d, step)):
        d.emit(ev.PreconditionLost(step=fact.step, error=fact.error))
        dispatch(d, step)
    else:
        give_up(d, step, fact.error)


def call_unknown(d: Decision, fact: fx.CallUnknown) -> None:
    step = answered_by(d, fact.step)
    if step is None:
        return
    if step.step.effect is Effect.READ:
        failed = fx.CallFailed(
            step=fact.step,
            error=fact.error,
            retryable=True,
            retry_after_s=fact.retry_after_s,
            dice=fact.dice,
        )
        give_back(d, step)
        _retry_or_give_up(d, step, failed)
        return
    d.emit(ev.OutcomeLost(step=fact.step, error=fact.error, may_still_run=fact.may_still_run))
    settle(d, step)


def probed(d: Decision, fact: fx.Probed) -> None:
    step = answered_by(d, fact.step)
    if step is None:
        probed_for_undoing(d, fact)
        return
    if fact.output is not None:
        close(d, step, ev.StepSucceeded(step=fact.step, output=fact.output, probed=True))
    elif (not fact.told or step.may_still_run) and step.step.effect is Effect.IRREVERSIBLE:
        # "Not there yet" says nothing of a call that may still be on its way.
        ask_what_happened(d, step)
    elif not fact.told:
        run_again(d, step)
    else:
        error = step.error or "it did not happen"
        failed = fx.CallFailed(step=fact.step, error=error, retryable=True, dice=fact.dice)
        _retry_or_give_up(d, step, failed)
