"""Calls that have to wait for what others use: a quota, a resource, another's computation.

Nobody is asked again and again: whoever frees a thing says so to those who wait for it, and a timer
stands behind that.
"""

from __future__ import annotations

from tizmor.core import commands as cmd
from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.decisions.decision import (
    Decision,
    answered_by,
    close,
    give_back,
    is_left_out,
)
from tizmor.core.decisions.messages import await_word
from tizmor.core.decisions.rollback import is_next_undone, undo_in_turn
from tizmor.core.decisions.settling import leave_unsettled, probe
from tizmor.core.decisions.steps import dispatch, go_on_held, resolved_arguments
from tizmor.core.decisions.stopping import end_if_late
from tizmor.core.state import StepState
from tizmor.core.talk import waits_for_word
from tizmor.core.transitions import StepStatus

S = StepStatus


def call_must_wait(d: Decision, fact: fx.CallMustWait) -> None:
    step = answered_by(d, fact.step)
    if step is None:
        give_back_late(d, fact.step)
    elif d.state.ending:
        give_back_late(d, fact.step)
        if step.lost:
            leave_unsettled(d, step)
        else:
            close(d, step, ev.StepCancelled(step=fact.step))
    elif end_if_late(d, step):
        give_back_late(d, fact.step)
    elif not (fact.elsewhere and _done_elsewhere(d, step, fact.on)):
        if step.status is not S.HELD or step.held_on != fact.on:
            d.emit(ev.StepHeld(step=fact.step, on=fact.on, until_ms=fact.until_ms))
        if waits_for_word(fact.on):
            give_back_meanwhile(d, step)
            await_word(d, step)
        else:
            d.order(cmd.StandInLine(step=fact.step, until_ms=fact.until_ms))


def _done_elsewhere(d: Decision, step: StepState, on: str) -> bool:
    """Whether an alternative takes the step over, which then doesn't have to wait."""
    alternative = 0 if step.alternative is None else step.alternative + 1
    if step.lost or is_left_out(d, step) or alternative >= len(step.step.alternatives):
        return False
    name = step.step.id
    d.order(cmd.Release(step=name))
    d.emit(ev.AgentReplaced(step=name, alternative=alternative, error=f"it is held: {on}"))
    dispatch(d, step)
    return True


def probe_must_wait(d: Decision, fact: fx.ProbeMustWait) -> None:
    """What the call did is found out in its turn, also when the execution is to end: till then it
    may have happened."""
    step = d.state.steps[fact.step]
    step.busy = False
    if step.status is not S.UNSETTLED and not is_next_undone(d, step):
        give_back_late(d, fact.step)
        return
    if step.held_on != fact.on:
        d.emit(ev.ProbeHeld(step=fact.step, on=fact.on, until_ms=fact.until_ms))
    step.in_line = True
    d.order(cmd.StandInLine(step=fact.step, until_ms=fact.until_ms))


def wait_over(d: Decision, fact: fx.WaitOver) -> None:
    step = d.state.steps[fact.step]
    if step.in_line:
        # In a pause, too: it doesn't begin then, and so gives back its place and nothing else.
        probe(d, step, resolved_arguments(d, step) or {})
    elif step.status is S.COMPENSATING:
        undo_in_turn(d, step)
    elif d.state.paused:
        rest_held(d, step)
    else:
        go_on_held(d, step)


def give_back_late(d: Decision, name: str) -> None:
    """A step that ends, or has ended, while its call asks for what others use: what it got is given
    back, its places in line as well."""
    d.order(cmd.Release(step=name))


def give_back_meanwhile(d: Decision, step: StepState) -> None:
    """A word may be as long in coming as a person takes, and who is to say it may need the same
    resources."""
    if step.step.resources:
        d.order(cmd.Release(step=step.step.id))


def rest_held(d: Decision, step: StepState) -> None:
    """Who is paused holds up nobody: its place goes to who is next, and it asks again later."""
    if step.status is S.HELD and not step.busy:
        give_back(d, step)
