"""What humans are asked beside approvals, and what follows from what they say."""

from __future__ import annotations

from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.approval import (
    AGAIN,
    EDIT,
    HAPPENED,
    ROLL_BACK,
    SKIP,
    STOP,
    chosen,
)
from tizmor.core.budgets import BUDGET
from tizmor.core.decisions.budgets import go_on_as_told
from tizmor.core.decisions.decision import (
    Decision,
    answered_by,
    ask,
    close,
    fail,
    give_back,
    is_left_out,
)
from tizmor.core.decisions.ladder import FAILURE
from tizmor.core.decisions.planning import plan_answered
from tizmor.core.decisions.rollback import COMPENSATION, leave, roll_back, undo_as_told
from tizmor.core.decisions.settling import OUTCOME
from tizmor.core.decisions.steps import dispatch
from tizmor.core.decisions.stopping import fail_late
from tizmor.core.state import StepState
from tizmor.core.transitions import TERMINAL

WRITTEN = frozenset({(FAILURE, EDIT), (OUTCOME, HAPPENED), (COMPENSATION, AGAIN)})
"""The choices that a human may write something beside, by what is asked about: other arguments, or
what the call gave."""


def answer_needed(d: Decision, fact: fx.AnswerNeeded) -> None:
    step = answered_by(d, fact.step)
    if step is None:
        return
    give_back(d, step)
    if d.state.ending:
        close(d, step, ev.StepCancelled(step=fact.step))
    elif step.late:
        fail_late(d, step)
    elif is_left_out(d, step):
        fail(d, step, f"it can't go on without an answer: {fact.question.text}")
    else:
        ask(d, fact.question, step)


def answered(d: Decision, fact: fx.Answered) -> None:
    asked = d.state.questions.get(fact.question)
    if asked is None or asked.state != "open":
        return
    value = chosen(asked.question, fact.value)
    if value is None:
        return
    written = fact.arguments if (asked.about, value) in WRITTEN else None
    d.emit(
        ev.QuestionAnswered(
            id=fact.question, value=value, by=fact.by, arguments=written, seat=fact.seat
        )
    )
    if asked.step is None:
        if not any(q.step is None for _, q in d.state.open_questions()):
            plan_answered(d)
        return
    step = d.state.steps[asked.step]
    match asked.about:
        case about if about == OUTCOME:
            _settle_as_told(d, step, value)
        case about if about == FAILURE:
            _recover_as_told(d, step, value, fact.by)
        case about if about == BUDGET:
            go_on_as_told(d, step, asked.question, value)
        case about if about == COMPENSATION:
            undo_as_told(d, step, value)
        case _:
            dispatch(d, step)


def _settle_as_told(d: Decision, step: StepState, value: str) -> None:
    name = step.step.id
    if step.status in TERMINAL:
        if value == STOP:  # else it goes on by itself: taken back, or passed over
            leave(d, step)
    elif value == AGAIN and d.state.ending:
        close(d, step, ev.StepCancelled(step=name))
    elif value == AGAIN:
        dispatch(d, step)
    elif value == HAPPENED:
        output = d.state.outputs.get(name, {})
        close(d, step, ev.StepSucceeded(step=name, output=output, probed=True))
    else:
        d.impossible.append((step, f"it was left as it is: {step.error}"))


def _recover_as_told(d: Decision, step: StepState, value: str, by: str) -> None:
    if value == SKIP:
        close(d, step, ev.StepBypassed(step=step.step.id))
    elif value in (AGAIN, EDIT):
        dispatch(d, step)
    else:
        error = step.error or "a human stopped it"
        fail(d, step, error)
        if value == ROLL_BACK:
            roll_back(d, by=by, reason=error)
