"""The state of one execution, folded from its events.

`evolve` changes the state in place: a copy per event would make a plan of n steps cost n². The
ready set is kept by counting each step's unmet needs down, O(edges) over a whole execution.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tizmor.core import events as ev
from tizmor.core.graph import needs
from tizmor.core.plan import Plan, Question, Step
from tizmor.core.transitions import TERMINAL, StepStatus, moved


class StepState:
    """One step as far as it has come.

    `arguments` are the prepared ones, `edited` those of them that a human wrote at a gate: they
    stay when the rest is prepared anew. `busy` is not journaled: a command for the step is under
    way.
    """

    __slots__ = (
        "answers",
        "approved_key",
        "arguments",
        "attempt",
        "busy",
        "dependents",
        "edited",
        "ended_at_ms",
        "error",
        "failures",
        "gate",
        "key",
        "may_still_run",
        "messages",
        "question",
        "retry_at_ms",
        "started_at_ms",
        "status",
        "step",
        "unmet",
    )

    def __init__(self, step: Step) -> None:
        self.step = step
        self.status = StepStatus.PENDING
        self.unmet = 0
        self.dependents: list[str] = []
        self.arguments: dict[str, Any] | None = None
        self.edited: dict[str, Any] = {}
        self.attempt = 0
        self.failures = 0
        self.key = ""
        self.may_still_run = False
        self.gate: str | None = None
        self.question: str | None = None
        self.approved_key: str | None = None
        self.answers: dict[str, str] = {}
        self.messages: list[str] = []
        self.error: str | None = None
        self.retry_at_ms = 0
        self.started_at_ms: int | None = None
        self.ended_at_ms: int | None = None
        self.busy = False


class GateState:
    """An approval that was asked for. `state`: open, approved, rejected, or withdrawn.

    `arguments` and `shown` are those of the gate, and once it is approved those that were.
    """

    __slots__ = ("arguments", "decided_at_ms", "opened", "opened_at_ms", "shown", "state")

    def __init__(self, opened: ev.GateOpened, at_ms: int) -> None:
        self.opened = opened
        self.arguments = opened.arguments
        self.shown = opened.shown
        self.state = "open"
        self.opened_at_ms = at_ms
        self.decided_at_ms: int | None = None


class QuestionState:
    """A question to the human. `state`: open, answered, or withdrawn.

    `about_outcome` tells the engine's own question, what became of a call, from those of agents.
    """

    __slots__ = ("about_outcome", "answered_at_ms", "asked_at_ms", "question", "state", "step")

    def __init__(
        self, question: Question, step: str | None, at_ms: int, *, about_outcome: bool
    ) -> None:
        self.question = question
        self.step = step
        self.about_outcome = about_outcome
        self.state = "open"
        self.asked_at_ms = at_ms
        self.answered_at_ms: int | None = None


class State:
    """One execution. `status` is PLANNING, RUNNING, or how it ended."""

    def __init__(self, execution: int) -> None:
        self.execution = execution
        self.status = "PLANNING"
        self.query = ""
        self.user = ""
        self.approve_all = False
        self.plan: Plan | None = None
        self.plan_answers: dict[str, str] = {}
        self.steps: dict[str, StepState] = {}
        self.outputs: dict[str, dict[str, Any]] = {}
        self.gates: dict[str, GateState] = {}
        self.questions: dict[str, QuestionState] = {}
        self.unfinished = 0
        self.paused = False
        self.cancelling = False
        self.error: str | None = None
        self.created_at_ms = 0
        self.updated_at_ms = 0
        self.ended_at_ms: int | None = None
        self.planning = False
        self.tokens = 0
        self.cost_usd = 0.0

    @property
    def ended(self) -> bool:
        return self.ended_at_ms is not None

    def open_gates(self) -> list[GateState]:
        return [g for g in self.gates.values() if g.state == "open"]

    def open_questions(self) -> list[tuple[str, QuestionState]]:
        return [(i, q) for i, q in self.questions.items() if q.state == "open"]

    def asks_what_happened(self, step: str) -> bool:
        """Whether a human is being asked if a call of this step happened."""
        return any(q.step == step and q.about_outcome for _, q in self.open_questions())

    @property
    def waits_for_human(self) -> bool:
        """Whether nothing can move it but a human: something is open, and nothing else is due."""
        if self.ended or self.paused or not (self.open_gates() or self.open_questions()):
            return False
        if self.planning:
            return False
        held = (StepStatus.GATED, StepStatus.ASKED, StepStatus.PENDING)
        plan_waits = any(q.step is None for _, q in self.open_questions())
        return plan_waits or all(
            s.status in held for s in self.steps.values() if s.status not in TERMINAL
        )


def evolve(state: State, event: ev.Event, at_ms: int) -> None:
    """Fold one event. Raises `IllegalMove` when the event can't follow what was before."""
    state.updated_at_ms = at_ms
    _FOLDS[type(event)](state, event, at_ms)


def _move(state: State, step: StepState, event: ev.Event, at_ms: int) -> None:
    step.status = moved(step.status, event)
    if step.status in TERMINAL:
        step.ended_at_ms = at_ms
        state.unfinished -= 1
        if step.gate is not None:
            _withdraw_gate(state.gates[step.gate], at_ms)
        if step.question is not None:
            _withdraw_question(state.questions[step.question], at_ms)


def _withdraw_gate(gate: GateState, at_ms: int) -> None:
    if gate.state == "open":
        gate.state = "withdrawn"
        gate.decided_at_ms = at_ms


def _withdraw_question(question: QuestionState, at_ms: int) -> None:
    if question.state == "open":
        question.state = "withdrawn"
        question.answered_at_ms = at_ms


def _created(state: State, event: ev.Created, at_ms: int) -> None:
    state.query = event.query
    state.user = event.user
    state.approve_all = event.approve_all
    state.created_at_ms = at_ms


def _planned(state: State, event: ev.Planned, at_ms: int) -> None:
    state.plan = event.plan
    state.status = "PLANNING" if event.plan.questions else "RUNNING"
    state.steps = {step.id: StepState(step) for step in event.plan.steps}
    state.unfinished = len(state.steps)
    for step in state.steps.values():
        required = needs(step.step)
        step.unmet = len(required)
        for other in required:
            state.steps[other].dependents.append(step.step.id)
        if not required:
            step.status = StepStatus.READY


def _planning_failed(state: State, event: ev.PlanningFailed, at_ms: int) -> None:
    state.error = event.error


def _noted(state: State, event: ev.Event, at_ms: int) -> None:
    """Events that are worth keeping and change nothing here."""


def _adopted(state: State, event: ev.Adopted, at_ms: int) -> None:
    # Whoever goes on with it says anew whether gates are approved unasked.
    state.approve_all = False


def _question_asked(state: State, event: ev.QuestionAsked, at_ms: int) -> None:
    step = None if event.step is None else state.steps[event.step]
    state.questions[event.id] = QuestionState(
        event.question,
        event.step,
        at_ms,
        about_outcome=step is not None and step.status is StepStatus.UNSETTLED,
    )
    if step is not None:
        step.question = event.id
        _move(state, step, event, at_ms)


def _question_answered(state: State, event: ev.QuestionAnswered, at_ms: int) -> None:
    asked = state.questions[event.id]
    asked.state = "answered"
    asked.answered_at_ms = at_ms
    if asked.step is None:
        state.plan_answers[asked.question.id] = event.value
    else:
        step = state.steps[asked.step]
        if not asked.about_outcome:
            step.answers[asked.question.id] = event.value
        _move(state, step, event, at_ms)


def _prepared(state: State, event: ev.Prepared, at_ms: int) -> None:
    step = state.steps[event.step]
    step.arguments = event.arguments
    _move(state, step, event, at_ms)


def _gate_opened(state: State, event: ev.GateOpened, at_ms: int) -> None:
    state.gates[event.id] = GateState(event, at_ms)
    step = state.steps[event.step]
    step.gate = event.id
    step.arguments = event.arguments
    _move(state, step, event, at_ms)


def _gate_approved(state: State, event: ev.GateApproved, at_ms: int) -> None:
    gate = state.gates[event.id]
    gate.state = "approved"
    gate.decided_at_ms = at_ms
    gate.arguments = event.arguments
    gate.shown = event.shown or gate.shown
    step = state.steps[gate.opened.step]
    shown = gate.opened.arguments
    step.edited |= {
        name: value
        for name, value in event.arguments.items()
        if name not in shown or shown[name] != value
    }
    step.arguments = event.arguments
    step.approved_key = event.key
    _move(state, step, event, at_ms)


def _gate_rejected(state: State, event: ev.GateRejected, at_ms: int) -> None:
    gate = state.gates[event.id]
    gate.state = "rejected"
    gate.decided_at_ms = at_ms
    step = state.steps[gate.opened.step]
    step.error = event.reason
    _move(state, step, event, at_ms)


def _approval_delegated(state: State, event: ev.ApprovalDelegated, at_ms: int) -> None:
    state.approve_all = True


def _step_started(state: State, event: ev.StepStarted, at_ms: int) -> None:
    step = state.steps[event.step]
    step.attempt = event.attempt
    step.key = event.key
    if step.started_at_ms is None:
        step.started_at_ms = at_ms
    _move(state, step, event, at_ms)


def _found(state: State, event: ev.Found, at_ms: int) -> None:
    state.steps[event.step].messages.append(event.message)


def _step_succeeded(state: State, event: ev.StepSucceeded, at_ms: int) -> None:
    step = state.steps[event.step]
    state.outputs[event.step] = event.output
    state.tokens += event.tokens
    state.cost_usd += event.cost_usd
    step.error = None
    _finish(state, step, event, at_ms)


def _step_kept(state: State, event: ev.StepKept, at_ms: int) -> None:
    state.outputs[event.step] = event.output
    _finish(state, state.steps[event.step], event, at_ms)


def _finish(state: State, step: StepState, event: ev.Event, at_ms: int) -> None:
    _move(state, step, event, at_ms)
    for name in step.dependents:
        other = state.steps[name]
        other.unmet -= 1
        if not other.unmet and other.status is StepStatus.PENDING:
            other.status = StepStatus.READY


def _attempt_failed(state: State, event: ev.AttemptFailed, at_ms: int) -> None:
    step = state.steps[event.step]
    # A call whose outcome was lost was counted then.
    step.failures += step.status is not StepStatus.UNSETTLED
    step.error = event.error
    step.retry_at_ms = event.retry_at_ms
    _move(state, step, event, at_ms)


def _outcome_lost(state: State, event: ev.OutcomeLost, at_ms: int) -> None:
    step = state.steps[event.step]
    step.failures += 1
    step.error = event.error
    step.may_still_run = event.may_still_run
    _move(state, step, event, at_ms)


def _precondition_lost(state: State, event: ev.PreconditionLost, at_ms: int) -> None:
    step = state.steps[event.step]
    step.failures += 1
    step.error = event.error
    step.arguments = None
    step.approved_key = None
    step.gate = None
    _move(state, step, event, at_ms)


def _step_failed(state: State, event: ev.StepFailed, at_ms: int) -> None:
    step = state.steps[event.step]
    step.error = event.error
    _move(state, step, event, at_ms)


def _step_moved(state: State, event: ev.StepSkipped | ev.StepCancelled, at_ms: int) -> None:
    _move(state, state.steps[event.step], event, at_ms)


def _paused(state: State, event: ev.Paused, at_ms: int) -> None:
    state.paused = True


def _resumed(state: State, event: ev.Resumed, at_ms: int) -> None:
    state.paused = False


def _cancel_requested(state: State, event: ev.CancelRequested, at_ms: int) -> None:
    state.cancelling = True
    state.paused = False


def _ended(state: State, event: ev.Ended, at_ms: int) -> None:
    state.status = event.status
    state.ended_at_ms = at_ms
    for gate in state.gates.values():
        _withdraw_gate(gate, at_ms)
    for question in state.questions.values():
        _withdraw_question(question, at_ms)


_FOLDS: dict[type[ev.Event], Callable[[State, Any, int], None]] = {
    ev.Created: _created,
    ev.Planned: _planned,
    ev.PlanningFailed: _planning_failed,
    ev.Adopted: _adopted,
    ev.QuestionAsked: _question_asked,
    ev.QuestionAnswered: _question_answered,
    ev.Prepared: _prepared,
    ev.GateOpened: _gate_opened,
    ev.GateApproved: _gate_approved,
    ev.GateRejected: _gate_rejected,
    ev.ApprovalDelegated: _approval_delegated,
    ev.StepStarted: _step_started,
    ev.Found: _found,
    ev.StepSucceeded: _step_succeeded,
    ev.StepKept: _step_kept,
    ev.AttemptFailed: _attempt_failed,
    ev.OutcomeLost: _outcome_lost,
    ev.PreconditionLost: _precondition_lost,
    ev.StepFailed: _step_failed,
    ev.StepSkipped: _step_moved,
    ev.StepCancelled: _step_moved,
    ev.Paused: _paused,
    ev.Resumed: _resumed,
    ev.CancelRequested: _cancel_requested,
    ev.Ended: _ended,
}
