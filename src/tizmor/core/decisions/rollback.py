"""Taking back what has succeeded, the last one first, one at a time.

A compensation is journaled before it is called and may be called again: doing it twice does no harm
(see `tizmor.ports.agent.Agent.compensate`). So after a crash, a time-out or a lost connection it is
simply called once more. One that fails for good asks a human."""

from __future__ import annotations

from tizmor.core import commands as cmd
from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.approval import AGAIN, compensation_question
from tizmor.core.decisions.decision import Decision, ask
from tizmor.core.decisions.stopping import stop_all
from tizmor.core.recovery import may_retry, retry_delay_ms, still_due_ms
from tizmor.core.state import StepState
from tizmor.core.transitions import StepStatus

S = StepStatus
COMPENSATION = "compensation"
"""What a question is about that asks what to do about a compensation that failed."""


def roll_back(d: Decision, *, by: str = "", reason: str | None = None) -> None:
    """Stop what runs; once that is settled, everything is taken back."""
    if d.state.rolling_back:
        return
    stopped = d.state.ending is not None
    d.emit(ev.RollbackStarted(by=by, reason=reason))
    if not stopped:
        stop_all(d)


def undo_next(d: Decision) -> bool:
    """Order the next compensation if none is under way. False when nothing is left to take back."""
    state = d.state
    while state.effects:
        step = state.steps[state.effects[-1]]
        if step.status is S.COMPENSATING or step.busy or state.paused:
            return True
        if step.step.compensates:
            compensate(d, step)
            return True
        d.emit(ev.CompensationLeft(step=step.step.id, error="it can't be taken back"))
    return False


def compensate(d: Decision, step: StepState) -> None:
    step.busy = True
    d.order(
        cmd.CompensateCall(
            step=step.step,
            output=d.state.outputs[step.step.id],
            attempt=step.undoing + 1,
            key=step.key,
        )
    )


def go_on_undoing(d: Decision, step: StepState) -> None:
    """After a change of owner or a pause."""
    if _is_held(d, step):
        return
    if _due_ms(d, step) > d.at_ms:
        _wait(d, step)
    else:
        compensate(d, step)


def undo_when_due(d: Decision, step: StepState) -> None:
    """The time for the next attempt has come."""
    if not _is_held(d, step):
        compensate(d, step)


def _is_held(d: Decision, step: StepState) -> bool:
    return step.busy or d.state.paused or d.state.is_asked(step.step.id, COMPENSATION)


def _wait(d: Decision, step: StepState) -> None:
    due_ms = _due_ms(d, step)
    d.order(cmd.SetTimer(step=step.step.id, timer=cmd.Timer.RETRY, due_ms=due_ms))


def _due_ms(d: Decision, step: StepState) -> int:
    return still_due_ms(step.retry_at_ms, step.failed_at_ms, d.at_ms)


def compensation_starting(d: Decision, fact: fx.CompensationStarting) -> None:
    """No event: it must not begin."""
    step = d.state.steps[fact.step]
    if step.status in (S.SUCCEEDED, S.COMPENSATING) and not d.state.paused:
        d.emit(ev.CompensationStarted(step=fact.step, attempt=step.undoing + 1))


def compensated(d: Decision, fact: fx.Compensated) -> None:
    step = d.state.steps[fact.step]
    step.busy = False
    if step.status is S.COMPENSATING:
        d.emit(ev.Compensated(step=fact.step))


def compensation_failed(d: Decision, fact: fx.CompensationFailed) -> None:
    step = d.state.steps[fact.step]
    step.busy = False
    if step.status is not S.COMPENSATING:
        return
    if fact.retryable and may_retry(step.step.retry, step.undoing):
        delay_ms = retry_delay_ms(step.step.retry, step.undoing, fact.dice, fact.retry_after_s)
        due_ms = d.at_ms + delay_ms
        d.emit(ev.CompensationFailed(step=fact.step, error=fact.error, retry_at_ms=due_ms))
        _wait(d, step)
        return
    d.emit(ev.CompensationFailed(step=fact.step, error=fact.error))
    plan = d.state.plan
    question = compensation_question(step.step, fact.error, plan.language if plan else "en")
    ask(d, question, step, about=COMPENSATION)


def undo_as_told(d: Decision, step: StepState, value: str) -> None:
    """What a human chose about a compensation that failed."""
    if value == AGAIN:
        go_on_undoing(d, step)
    else:
        error = step.error or "it was left as it is"
        d.emit(ev.CompensationLeft(step=step.step.id, error=error))
