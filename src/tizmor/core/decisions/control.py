"""Going on after a change of owner, pausing, resuming, cancelling; timers."""

from __future__ import annotations

from tizmor.core import commands as cmd
from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.decisions.deadlines import is_over, is_over_for, watch_execution, watch_step
from tizmor.core.decisions.decision import Decision, end
from tizmor.core.decisions.gates import gate_due, watch_gate
from tizmor.core.decisions.holding import give_back_late, rest_held
from tizmor.core.decisions.ladder import order_replan
from tizmor.core.decisions.messages import await_word, watch_mail, word_due
from tizmor.core.decisions.outcomes import retry_due, wait_for_retry
from tizmor.core.decisions.planning import make_plan
from tizmor.core.decisions.rollback import go_on_undoing, roll_back, undo_when_due
from tizmor.core.decisions.settling import lose, pick_up, settle
from tizmor.core.decisions.steps import count_items_anew, dispatch, go_on_held, is_fed
from tizmor.core.decisions.stopping import (
    end_if_late,
    end_in_time,
    end_step_in_time,
    stop_all,
)
from tizmor.core.folds.lists import child_id
from tizmor.core.plan import Effect
from tizmor.core.state import StepState
from tizmor.core.talk import waits_for_word
from tizmor.core.transitions import OVER, TERMINAL, StepStatus

S = StepStatus
_RUNNING, _PENDING, _EXPANDED, _COMPENSATING = S.RUNNING, S.PENDING, S.EXPANDED, S.COMPENSATING
"""Looked at for every step of what is gone on with; through the class it costs a tenth of a
microsecond each."""
_OF_GATES = frozenset({cmd.Timer.REMIND, cmd.Timer.ESCALATE, cmd.Timer.EXPIRE})


def owner_changed(d: Decision, fact: fx.OwnerChanged) -> None:
    """Go on where the journal ends: dispatch what is due, settle what was in flight."""
    # An owner in between that wrote nothing took with it how it had come by the execution.
    unknown = fact.epoch > d.state.epoch + 1
    d.emit(ev.Adopted(epoch=fact.epoch))
    _go_on(d, may_still_run=fact.may_still_run or unknown)


def woken(d: Decision, fact: fx.Woken) -> None:
    """The same for an execution that rested in this process."""
    _go_on(d)


def _go_on(d: Decision, *, may_still_run: bool = False) -> None:
    state = d.state
    if is_over(state, d.at_ms) and not state.ending:
        _lose_all_in_flight(d, may_still_run=may_still_run)
        end_in_time(d)
    else:
        watch_execution(d)
    if state.plan is None or state.status == "PLANNING":
        _go_on_planning(d)
        return
    watch_mail(d)
    under_way = [s for s in state.steps.values() if s.status not in OVER]
    for step in under_way:
        if step.status is _EXPANDED:
            count_items_anew(d, step)
    for step in under_way:
        _go_on_with(d, step, may_still_run=may_still_run)


def _lose_all_in_flight(d: Decision, *, may_still_run: bool) -> None:
    for step in list(d.state.steps.values()):
        if not step.busy:
            _lose_in_flight(d, step, may_still_run=may_still_run)


def _lose_in_flight(d: Decision, step: StepState, *, may_still_run: bool) -> None:
    """What this process alone can know is written down before it is forgotten."""
    if step.status is S.RUNNING and step.step.effect is not Effect.READ:
        lose(d, step, may_still_run=may_still_run)


def _go_on_planning(d: Decision) -> None:
    state = d.state
    if state.ending:
        end(d, state.ending)
    elif not (
        state.planning or state.paused or any(q.step is None for _, q in state.open_questions())
    ):
        make_plan(d)


def _go_on_with(d: Decision, step: StepState, *, may_still_run: bool = False) -> None:
    status = step.status
    if status is _COMPENSATING:
        go_on_undoing(d, step)
        return
    if status in TERMINAL or step.busy:
        return
    if status is not _PENDING and not step.late:
        if is_over_for(d.state, step, d.at_ms):
            _end_late(d, step, may_still_run=may_still_run)
            return
        watch_step(d, step)
    if d.state.paused:
        _lose_in_flight(d, step, may_still_run=may_still_run)
        rest_held(d, step)
        return
    if end_if_late(d, step):
        return
    if status is _RUNNING:
        pick_up(d, step, may_still_run=may_still_run)
    elif status is not _PENDING:
        _go_on_from(d, step)


def _go_on_from(d: Decision, step: StepState) -> None:
    match step.status:
        case S.UNSETTLED:
            settle(d, step)
        case S.RETRYING:
            wait_for_retry(d, step)
        case S.HELD if waits_for_word(step.held_on):
            await_word(d, step)
        case S.HELD:
            go_on_held(d, step)
        case S.GATED:
            watch_gate(d, step)
        case S.REPLANNING:
            order_replan(d, step)
        case _ if is_fed(d, step):
            dispatch(d, step)


def _end_late(d: Decision, step: StepState, *, may_still_run: bool) -> None:
    """The time of a step, or of the list that it is a call for, is over, and no timer said so."""
    whole = step if step.parent is None else d.state.steps[step.parent]
    calls = [d.state.steps[child_id(whole.step.id, item)] for item in range(whole.children or 0)]
    for each in (whole, *calls):
        if not each.busy:
            _lose_in_flight(d, each, may_still_run=may_still_run)
    end_step_in_time(d, whole)
    if whole.status is S.EXPANDED and whole.over == whole.children:
        dispatch(d, whole)


def pause_asked(d: Decision, fact: fx.PauseAsked) -> None:
    if not d.state.paused and (not d.state.ending or d.state.rolling_back):
        d.emit(ev.Paused(by=fact.by, seat=fact.seat))


def resume_asked(d: Decision, fact: fx.ResumeAsked) -> None:
    if d.state.paused:
        d.emit(ev.Resumed(by=fact.by, seat=fact.seat))
        _go_on(d)


def cancel_asked(d: Decision, fact: fx.CancelAsked) -> None:
    stopping = d.state.ending is not None
    if not stopping:
        d.emit(ev.CancelRequested(by=fact.by, seat=fact.seat))
    if fact.roll_back and d.state.plan is not None:
        roll_back(d, by=fact.by)
    if not stopping:
        stop_all(d)  # by now it is known whether what may have happened has to be taken back
    if d.state.plan is None and not d.state.planning and not d.state.ended:
        end(d, "CANCELLED")


def call_withdrawn(d: Decision, fact: fx.CallWithdrawn) -> None:
    """What stood against the call may be gone by now. It may have taken what it couldn't give
    back; what a call has locked that may have happened stays so until that is known."""
    step = d.state.steps[fact.step]
    step.busy = False
    if step.status is not S.UNSETTLED or not step.step.resources:
        give_back_late(d, fact.step)
    if is_over(d.state, d.at_ms):
        end_in_time(d)
    _go_on_with(d, step)


def planning_withdrawn(d: Decision, fact: fx.PlanningWithdrawn) -> None:
    """What stood against the planner may be gone by now."""
    d.state.planning = False
    if fact.step:
        step = d.state.steps[fact.step]
        step.busy = False
        _go_on_with(d, step)
    elif d.state.status == "PLANNING":
        _go_on_planning(d)


def timer_fired(d: Decision, fact: fx.TimerFired) -> None:
    if not fact.step:
        if fact.timer is cmd.Timer.DEADLINE:
            end_in_time(d)
        return
    step = d.state.steps[fact.step]
    if fact.timer is cmd.Timer.DEADLINE:
        end_step_in_time(d, step)
    elif fact.timer in _OF_GATES:
        gate_due(d, step, fact.timer)
    elif fact.timer is cmd.Timer.MESSAGE:
        word_due(d, step)
    elif step.status is S.COMPENSATING:
        undo_when_due(d, step)
    elif step.status is S.HELD:
        go_on_held(d, step)
    else:
        retry_due(d, step)
