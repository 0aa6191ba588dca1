"""Until when an execution and its steps have time: timers are set for it, and whoever goes on after
a while, or is about to begin a call, looks whether it is over."""

from __future__ import annotations

from tizmor.core import commands as cmd
from tizmor.core.decisions.decision import Decision
from tizmor.core.recovery import still_due_ms
from tizmor.core.state import State, StepState
from tizmor.core.transitions import TERMINAL


def watch_execution(d: Decision) -> None:
    """Have the execution's deadline watched, if it has one."""
    if d.state.deadline_ms is not None:
        due_ms = still_due_ms(d.state.deadline_ms, d.state.created_at_ms, d.at_ms)
        d.order(cmd.SetTimer(step="", timer=cmd.Timer.DEADLINE, due_ms=due_ms))


def watch_step(d: Decision, step: StepState) -> None:
    """Have a step's deadline watched, if it has one; a `for_each` watches for its calls."""
    if step.parent is None and (due_ms := _due_ms(step)) is not None:
        due_ms = still_due_ms(due_ms, step.ready_at_ms or 0, d.at_ms)
        d.order(cmd.SetTimer(step=step.step.id, timer=cmd.Timer.DEADLINE, due_ms=due_ms))


def _due_ms(step: StepState) -> int | None:
    if step.step.deadline_s is None or step.ready_at_ms is None:
        return None
    return step.ready_at_ms + int(1000 * step.step.deadline_s)


def is_over(state: State, at_ms: int) -> bool:
    """Whether the execution's time is over."""
    return state.deadline_ms is not None and state.deadline_ms <= at_ms


def is_over_for(state: State, step: StepState, at_ms: int) -> bool:
    """Whether a step's time is over; its calls share that of a `for_each`, until that has ended:
    what a call of it did is then found out as of any other."""
    if step.step.deadline_s is None:
        return False
    whole = step if step.parent is None else state.steps[step.parent]
    if whole.status in TERMINAL:
        return False
    due_ms = _due_ms(whole)
    return due_ms is not None and due_ms <= at_ms
