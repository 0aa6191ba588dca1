"""Taking back what was done, the last thing first, one at a time.

What may have happened is found out before it is taken back: the agent is asked (`probe`), and where
it can't tell, a human is, unless the agent takes back what it did by the call's key alone.

A compensation is journaled before it is called and may be called again: doing it twice does no harm
(see `tizmor.ports.agent.Agent.compensate`). So after a crash, a time-out or a lost connection it is
simply called once more. One that fails for good asks a human.

It is a call like any other to what others use: it counts against the quotas of what it calls, takes
the locks of its step, and waits its turn for both. Nobody is asked about it again. To ask the agent
counts as well, and needs no lock."""

from __future__ import annotations

from tizmor.core import commands as cmd
from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.approval import AGAIN, HAPPENED, compensation_question
from tizmor.core.decisions.decision import Decision, ask, give_back
from tizmor.core.decisions.settling import OUTCOME, ask_what_happened, probe
from tizmor.core.decisions.steps import resolved_arguments
from tizmor.core.decisions.stopping import stop_all
from tizmor.core.recovery import may_retry, retry_delay_ms, still_due_ms
from tizmor.core.state import StepState
from tizmor.core.transitions import StepStatus

S = StepStatus
_UNDOABLE = (S.SUCCEEDED, S.FAILED, S.COMPENSATING)
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
        if step.status is S.COMPENSATING or _is_held(d, step):
            return True
        if step.step.compensates:
            _undo(d, step)
            return True
        error = step.error if step.lost else None
        d.emit(ev.CompensationLeft(step=step.step.id, error=error or "it can't be taken back"))
    return False


def _undo(d: Decision, step: StepState) -> None:
    if step.step.probes and not _is_known(d, step):
        probe(d, step, resolved_arguments(d, step) or {})
    elif step.step.probes or not step.lost:
        compensate(d, step)
    else:
        _undo_in_doubt(d, step)


def _is_known(d: Decision, step: StepState) -> bool:
    """Whether a call is known to have happened, and what it gave."""
    if step.lost:
        return False
    return step.told != HAPPENED or bool(d.state.outputs.get(step.step.id))


def _undo_in_doubt(d: Decision, step: StepState) -> None:
    """Nothing tells whether it happened. To take back by its key what was never done does no harm,
    but what is still on its way would come after it."""
    if step.step.undoes_by_key and not step.may_still_run:
        compensate(d, step)
    else:
        ask_what_happened(d, step)


def is_next_undone(d: Decision, step: StepState) -> bool:
    """Whether a step that has ended is the one to be taken back, or asked after for that."""
    return d.state.rolling_back and d.state.effects[-1:] == [step.step.id]


def probed_for_undoing(d: Decision, fact: fx.Probed) -> None:
    """What a probe found of a step that has ended."""
    step = d.state.steps[fact.step]
    if not is_next_undone(d, step):
        return
    if fact.output is not None:
        d.emit(ev.OutcomeFound(step=fact.step, output=fact.output))
    elif d.state.paused:
        return  # it is asked anew when the pause is over
    elif not step.lost:
        compensate(d, step)  # a human says that it happened
    elif fact.told and not step.may_still_run:
        d.emit(ev.OutcomeFound(step=fact.step))
    else:
        _undo_in_doubt(d, step)


def compensate(d: Decision, step: StepState) -> None:
    step.busy = True
    d.order(
        cmd.CompensateCall(
            step=step.step,
            arguments=resolved_arguments(d, step) or {},
            output=d.state.outputs[step.step.id] if _is_known(d, step) else None,
            attempt=step.undoing + 1,
            key=step.key,
        )
    )


def go_on_undoing(d: Decision, step: StepState) -> None:
    """After a change of owner, or a pause, in which a place in line goes to who is next."""
    if _is_held(d, step):
        if d.state.paused and step.held_on and not step.busy:
            give_back(d, step)
    elif _due_ms(d, step) > d.at_ms:
        _wait(d, step)
    else:
        compensate(d, step)


def undo_when_due(d: Decision, step: StepState) -> None:
    """The time for the next attempt has come."""
    if not _is_held(d, step):
        compensate(d, step)


def compensation_must_wait(d: Decision, fact: fx.CompensationMustWait) -> None:
    step = d.state.steps[fact.step]
    step.busy = False
    if step.status is not S.COMPENSATING or step.held_on != fact.on:
        d.emit(ev.CompensationHeld(step=fact.step, on=fact.on, until_ms=fact.until_ms))
    d.order(cmd.StandInLine(step=fact.step, until_ms=fact.until_ms))


def undo_in_turn(d: Decision, step: StepState) -> None:
    """What a compensation was held for is there."""
    if step.held_on:
        go_on_undoing(d, step)


def _is_held(d: Decision, step: StepState) -> bool:
    name = step.step.id
    asked = d.state.is_asked(name, COMPENSATION) or d.state.is_asked(name, OUTCOME)
    return step.busy or step.in_line or d.state.paused or asked


def _wait(d: Decision, step: StepState) -> None:
    due_ms = _due_ms(d, step)
    d.order(cmd.SetTimer(step=step.step.id, timer=cmd.Timer.RETRY, due_ms=due_ms))


def _due_ms(d: Decision, step: StepState) -> int:
    return still_due_ms(step.retry_at_ms, step.failed_at_ms, d.at_ms)


def compensation_starting(d: Decision, fact: fx.CompensationStarting) -> None:
    """No event: it must not begin."""
    step = d.state.steps[fact.step]
    if step.status in _UNDOABLE and not d.state.paused:
        d.emit(ev.CompensationStarted(step=fact.step, attempt=step.undoing + 1))


def compensated(d: Decision, fact: fx.Compensated) -> None:
    step = d.state.steps[fact.step]
    step.busy = False
    if step.status is S.COMPENSATING:
        give_back(d, step)
        d.emit(ev.Compensated(step=fact.step))


def compensation_failed(d: Decision, fact: fx.CompensationFailed) -> None:
    step = d.state.steps[fact.step]
    step.busy = False
    if step.status is not S.COMPENSATING:
        return
    give_back(d, step)
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
        leave(d, step)


def leave(d: Decision, step: StepState) -> None:
    """A human has what was done, or may have been, stay as it is."""
    error = step.error or "it was left as it is"
    d.emit(ev.CompensationLeft(step=step.step.id, error=error))
