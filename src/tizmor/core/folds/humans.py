"""What humans are asked beside approvals, and what they say."""

from __future__ import annotations

from typing import Any

from tizmor.core import events as ev
from tizmor.core.approval import AGAIN, STOP
from tizmor.core.budgets import BUDGET, raised_by
from tizmor.core.folds.steps import forget_effect, let_go, move
from tizmor.core.plan import Question
from tizmor.core.state import QuestionState, State, StepState
from tizmor.core.transitions import TERMINAL, StepStatus

S = StepStatus


def question_asked(state: State, event: ev.QuestionAsked, at_ms: int) -> None:
    about = event.about
    step = None if event.step is None else state.steps[event.step]
    if step is not None:
        # Journals from before `about`: the engine asked only what became of a call.
        about = about or ("outcome" if step.status is S.UNSETTLED else "")
        step.question = event.id
        step.error = event.error or step.error
        if step.status not in TERMINAL:
            move(state, step, event, at_ms)
            step.held_at_ms = at_ms
        else:
            let_go(step)
    state.questions[event.id] = QuestionState(event.question, event.step, at_ms, about)


def question_answered(state: State, event: ev.QuestionAnswered, at_ms: int) -> None:
    asked = state.questions[event.id]
    asked.state = "answered"
    asked.answered_at_ms = at_ms
    if asked.step is None:
        state.plan_answers[asked.question.id] = event.value
        return
    step = state.steps[asked.step]
    if not asked.about:
        step.answers = {**(step.answers or {}), asked.question.id: event.value}
    if asked.about == "failure":
        _begin_anew(step, event.arguments)
    elif asked.about == BUDGET:
        _raise_budget(state, asked.question, event.value)
    elif asked.about == "outcome":
        _settle(state, step, event)
    elif asked.about == "compensation" and event.arguments is not None:
        state.outputs[asked.step] = event.arguments
    if step.status not in TERMINAL:
        move(state, step, event, at_ms)


def _raise_budget(state: State, question: Question, value: str) -> None:
    if (more := raised_by(question, value)) is not None:
        name, amount = more
        raised = state.raised or {}
        state.raised = {**raised, name: raised.get(name, 0) + amount}


def _settle(state: State, step: StepState, event: ev.QuestionAnswered) -> None:
    """A human has said what became of a call; one that did nothing needs no taking back."""
    step.told = event.value
    step.lost = step.lost and event.value == STOP
    if step.status is S.FAILED and event.value == AGAIN:
        forget_effect(state, step.step.id)
    if event.arguments is not None:
        state.outputs[step.step.id] = event.arguments


def _begin_anew(step: StepState, edited: dict[str, Any] | None) -> None:
    """A human has the step go on after its failure: with all its attempts, as it is or changed."""
    step.failures = step.reprepares = 0
    step.arguments = step.approved_key = step.gate = None
    if edited is not None:
        step.edited = {**(step.edited or {}), **edited}


def approval_delegated(state: State, event: ev.ApprovalDelegated, at_ms: int) -> None:
    state.approve_all = True
