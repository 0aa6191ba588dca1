"""How a step comes to its call, and what its failure takes along.

A step is dispatched when it is ready: its preparation first, where its agent offers one, then its
call. The last word before a call is here, too."""

from __future__ import annotations

from typing import Any

from tizmor.core import commands as cmd
from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.approval import needs_gate
from tizmor.core.decisions.decision import Decision
from tizmor.core.graph import DanglingReference, resolved
from tizmor.core.state import StepState
from tizmor.core.transitions import STARTABLE, TERMINAL, StepStatus

S = StepStatus
_IDLE = frozenset({S.READY, S.PREPARED, S.APPROVED})


def dispatch_all(d: Decision) -> None:
    for step in d.state.steps.values():
        dispatch(d, step)


def dispatch(d: Decision, step: StepState) -> None:
    """Order what a step that is ready needs next: its preparation, or its call."""
    state = d.state
    if step.status not in _IDLE or step.busy or state.paused or state.cancelling:
        return
    if state.status == "RUNNING":
        start(d, step)


def start(d: Decision, step: StepState) -> None:
    arguments = resolved_arguments(d, step)
    if arguments is None:
        return
    if step.step.prepares and step.arguments is None:
        step.busy = True
        d.order(
            cmd.PrepareCall(
                step=step.step,
                arguments=arguments,
                attempt=step.attempt + 1,
                answers=dict(step.answers),
            )
        )
    else:
        run(d, step, arguments)


def run(d: Decision, step: StepState, arguments: dict[str, Any]) -> None:
    step.busy = True
    d.order(
        cmd.RunCall(
            step=step.step,
            arguments=arguments,
            attempt=step.attempt + 1,
            answers=dict(step.answers),
            approved_key=step.approved_key,
        )
    )


def resolved_arguments(d: Decision, step: StepState) -> dict[str, Any] | None:
    """The step's arguments without references; None when it failed over one that dangles."""
    if step.arguments is not None:
        return step.arguments
    try:
        arguments: dict[str, Any] = resolved(step.step.arguments, d.state.outputs)
    except DanglingReference as error:
        fail(d, step, str(error))
        return None
    return {**arguments, **step.edited}


def answered_by(d: Decision, name: str) -> StepState | None:
    """The step whose command a fact answers; None when the step has ended meanwhile."""
    step = d.state.steps[name]
    step.busy = False
    return None if step.status in TERMINAL else step


def fail(d: Decision, step: StepState, error: str) -> None:
    d.emit(ev.StepFailed(step=step.step.id, error=error))
    skip_dependents(d, step)


def skip_dependents(d: Decision, step: StepState) -> None:
    """Only what depends on it is skipped; each edge is looked at once."""
    queue = [step]
    while queue:
        ended = queue.pop()
        for name in ended.dependents:
            other = d.state.steps[name]
            if other.status not in TERMINAL:
                d.emit(ev.StepSkipped(step=name, because=ended.step.id))
                queue.append(other)


def call_prepared(d: Decision, fact: fx.CallPrepared) -> None:
    if step := answered_by(d, fact.step):
        d.emit(ev.Prepared(step=fact.step, arguments=fact.arguments))
        dispatch(d, step)


def call_starting(d: Decision, fact: fx.CallStarting) -> None:
    """The last moment before a call: nothing may stand against it. No event: it must not begin."""
    state, step = d.state, d.state.steps[fact.step]
    if step.status not in STARTABLE or state.paused or state.cancelling:
        return
    if needs_gate(step.step) and step.approved_key != fact.key:
        return
    d.emit(
        ev.StepStarted(
            step=fact.step,
            attempt=step.attempt + 1,
            key=fact.key,
            approval=step.gate if step.approved_key == fact.key else None,
        )
    )


def reported(d: Decision, fact: fx.Reported) -> None:
    if d.state.steps[fact.step].status not in TERMINAL:
        d.emit(ev.Found(step=fact.step, message=fact.message))


def timer_fired(d: Decision, fact: fx.TimerFired) -> None:
    step = d.state.steps[fact.step]
    if step.status is not S.RETRYING or step.busy or d.state.paused or d.state.cancelling:
        return
    if step.retry_at_ms > d.at_ms:
        d.order(cmd.SetTimer(step=fact.step, due_ms=step.retry_at_ms))
        return
    start(d, step)
