"""The execution as a whole: its beginning, its owners, its pauses and its end."""

from __future__ import annotations

from collections import Counter

from tizmor.core import events as ev
from tizmor.core.state import GivenBefore, State
from tizmor.core.transitions import StepStatus

_RUNNING = StepStatus.RUNNING


def created(state: State, event: ev.Created, at_ms: int) -> None:
    state.query = event.query
    state.user = event.user
    state.approve_all = event.approve_all
    state.forked_from = event.forked_from
    state.priority = event.priority
    state.deadline_ms = event.deadline_ms
    state.conflicts = event.conflicts
    state.budget = event.budget
    state.traceparent = event.traceparent
    state.origin_traceparent = event.origin_traceparent
    state.created_at_ms = at_ms


def dry_run_begun(state: State, event: ev.DryRunBegun, at_ms: int) -> None:
    state.dry_run = True
    state.recording = event.recording


def calls_approved(state: State, event: ev.CallsApproved, at_ms: int) -> None:
    state.given_before = GivenBefore(
        dry_run=event.dry_run, by=event.by, left=dict(Counter(event.calls)), answers=event.answers
    )


def adopted(state: State, event: ev.Adopted, at_ms: int) -> None:
    # Whoever goes on with it says anew whether gates are approved unasked.
    state.approve_all = False
    state.epoch = event.epoch
    for step in state.steps.values():
        if step.status is _RUNNING:
            step.began_at_ms = at_ms  # when its call ended nobody knows


def deadline_passed(state: State, event: ev.DeadlinePassed, at_ms: int) -> None:
    if event.step is not None:
        state.steps[event.step].late = True
        return
    state.ending = "FAILED"
    state.paused = False
    state.error = "its deadline has passed"


def rollback_started(state: State, event: ev.RollbackStarted, at_ms: int) -> None:
    state.ending = state.ending or "FAILED"
    state.paused = False
    state.error = state.error or event.reason
    state.rolling_back = True


def paused(state: State, event: ev.Paused, at_ms: int) -> None:
    state.paused = True


def resumed(state: State, event: ev.Resumed, at_ms: int) -> None:
    state.paused = False


def cancel_requested(state: State, event: ev.CancelRequested, at_ms: int) -> None:
    state.ending = "CANCELLED"
    state.paused = False


def ended(state: State, event: ev.Ended, at_ms: int) -> None:
    state.status = event.status
    state.ended_at_ms = at_ms
    for gate in state.gates.values():
        gate.withdraw(at_ms)
    for question in state.questions.values():
        question.withdraw(at_ms)
    if state.talk is not None:
        state.talk.open.clear()
        for message in state.talk.mail.values():
            message.end(at_ms)
