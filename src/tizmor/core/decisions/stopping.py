"""Bringing an execution, or one step, to its end before it is done: cancelled, or out of time."""

from __future__ import annotations

from tizmor.core import commands as cmd
from tizmor.core import events as ev
from tizmor.core.decisions.decision import Decision, close
from tizmor.core.decisions.settling import OUTCOME, fail_unsettled, leave_unsettled, pick_up, settle
from tizmor.core.folds.lists import child_id
from tizmor.core.plan import Effect
from tizmor.core.state import StepState
from tizmor.core.transitions import STARTABLE, TERMINAL, StepStatus

S = StepStatus
_LATE = "its deadline has passed"
_ASKABLE = STARTABLE - {S.RUNNING}


def stop_all(d: Decision) -> None:
    """What runs is told to stop, and what it did is found out first; all else is cancelled."""
    if d.state.planning and d.state.status == "PLANNING":
        d.order(cmd.StopCall(step=""))
    for step in list(d.state.steps.values()):
        if step.status not in TERMINAL:
            _stop(d, step)


def _stop(d: Decision, step: StepState) -> None:
    name = step.step.id
    _stop_call(d, step)
    if step.status is S.UNSETTLED:
        settle(d, step)
    elif d.state.is_asked(name, OUTCOME):
        _close_question(d, step)
    elif step.status is S.RUNNING and not step.busy:
        pick_up(d, step)
    elif step.lost and step.status in _ASKABLE:
        leave_unsettled(d, step)
    elif step.lost and step.status is not S.RUNNING:
        fail_unsettled(d, step)
    elif step.status is not S.RUNNING or step.step.effect is Effect.READ:
        close(d, step, ev.StepCancelled(step=name))


def _close_question(d: Decision, step: StepState) -> None:
    """Nobody waits to hear what became of a call, unless it is to be taken back if it happened."""
    if not d.state.rolling_back:
        fail_unsettled(d, step)


def _stop_call(d: Decision, step: StepState) -> None:
    """Tell what is under way to stop: a call, its preparation, its probe, or a planner."""
    if step.busy:
        d.order(cmd.StopCall(step=step.step.id))


def end_in_time(d: Decision) -> None:
    """The execution's own time is over."""
    if d.state.deadline_ms is not None and not d.state.ending:
        d.emit(ev.DeadlinePassed())
        stop_all(d)


def end_step_in_time(d: Decision, step: StepState) -> None:
    """A step's time is over. A `for_each` keeps what its calls have given so far."""
    if step.status in TERMINAL or step.late:
        return
    calls = [d.state.steps[child_id(step.step.id, item)] for item in range(step.children or 0)]
    if not calls or step.status is not S.EXPANDED:
        _make_late(d, step)
    for call in calls:
        if call.status not in TERMINAL and not call.late:
            _make_late(d, call)


def _make_late(d: Decision, step: StepState) -> None:
    """What runs is told to stop; what is known of it then ends the step."""
    d.emit(ev.DeadlinePassed(step=step.step.id))
    _stop_call(d, step)
    if step.status is S.UNSETTLED:
        settle(d, step)
    elif d.state.is_asked(step.step.id, OUTCOME):
        _close_question(d, step)
    elif step.status is S.RUNNING and not step.busy:
        pick_up(d, step)
    elif step.status is not S.RUNNING:
        fail_late(d, step)


def fail_late(d: Decision, step: StepState) -> None:
    if step.lost:
        fail_unsettled(d, step)
    else:
        d.impossible.append((step, _LATE))


def end_if_late(d: Decision, step: StepState) -> bool:
    """Whether a step of which nothing is under way is out of time, and so has failed; not while it
    is to be found out what its call did."""
    if not step.late:
        return False
    read = step.step.effect is Effect.READ
    unknown = step.status is S.UNSETTLED or (step.status is S.RUNNING and not read)
    if unknown or d.state.is_asked(step.step.id, OUTCOME):
        return False
    fail_late(d, step)
    return True
