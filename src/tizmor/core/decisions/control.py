"""Going on after a change of owner, pausing, resuming, cancelling."""

from __future__ import annotations

from tizmor.core import commands as cmd
from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.decisions.decision import Decision, end
from tizmor.core.decisions.outcomes import settle
from tizmor.core.decisions.planning import make_plan
from tizmor.core.decisions.steps import answered_by, dispatch, resolved_arguments, run
from tizmor.core.plan import Effect
from tizmor.core.state import StepState
from tizmor.core.transitions import TERMINAL, StepStatus

S = StepStatus


def owner_changed(d: Decision, fact: fx.OwnerChanged) -> None:
    """Go on where the journal ends: dispatch what is due, settle what was in flight."""
    d.emit(ev.Adopted(epoch=fact.epoch))
    if d.state.plan is None or d.state.status == "PLANNING":
        if d.state.cancelling:
            end(d, "CANCELLED")
        elif not any(q.step is None for _, q in d.state.open_questions()):
            make_plan(d)
        return
    _go_on(d)


def _go_on(d: Decision) -> None:
    for step in d.state.steps.values():
        _go_on_with(d, step)


def _go_on_with(d: Decision, step: StepState) -> None:
    if step.busy or d.state.paused or step.status in TERMINAL:
        return
    if step.status is S.RUNNING:
        _pick_up(d, step)
    elif step.status is S.UNSETTLED:
        settle(d, step)
    elif step.status is S.RETRYING:
        d.order(cmd.SetTimer(step=step.step.id, due_ms=step.retry_at_ms))
    else:
        dispatch(d, step)


def _pick_up(d: Decision, step: StepState) -> None:
    if step.step.effect is not Effect.READ:
        d.emit(ev.OutcomeLost(step=step.step.id, error="its process ended while it ran"))
        settle(d, step)
    elif d.state.cancelling:
        d.emit(ev.StepCancelled(step=step.step.id))
    elif (arguments := resolved_arguments(d, step)) is not None:
        run(d, step, arguments)


def pause_asked(d: Decision, fact: fx.PauseAsked) -> None:
    if not d.state.paused:
        d.emit(ev.Paused(by=fact.by))


def resume_asked(d: Decision, fact: fx.ResumeAsked) -> None:
    if d.state.paused:
        d.emit(ev.Resumed(by=fact.by))
        _go_on(d)


def cancel_asked(d: Decision, fact: fx.CancelAsked) -> None:
    if d.state.cancelling:
        return
    d.emit(ev.CancelRequested(by=fact.by))
    for step in d.state.steps.values():
        if step.status not in TERMINAL:
            _cancel_step(d, step)
    if d.state.plan is None and not d.state.planning:
        end(d, "CANCELLED")


def _cancel_step(d: Decision, step: StepState) -> None:
    """A running call with an effect is told to stop, and what it did is found out first."""
    if step.busy:
        d.order(cmd.StopCall(step=step.step.id))
    if step.status is S.UNSETTLED:
        settle(d, step)
    elif d.state.asks_what_happened(step.step.id):
        d.emit(ev.StepFailed(step=step.step.id, error=f"it may have happened: {step.error}"))
    elif step.status is S.RUNNING and not step.busy:
        _pick_up(d, step)
    elif step.status is not S.RUNNING or step.step.effect is Effect.READ:
        d.emit(ev.StepCancelled(step=step.step.id))


def call_withdrawn(d: Decision, fact: fx.CallWithdrawn) -> None:
    """What stood against the call may be gone by now."""
    if step := answered_by(d, fact.step):
        _go_on_with(d, step)
