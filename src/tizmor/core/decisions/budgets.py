"""Calls for which a budget doesn't suffice, and what they have cost that were made."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.approval import AGAIN, SKIP
from tizmor.core.budgets import BUDGET, budget_question, cheaper_alternative, raised_by
from tizmor.core.decisions.decision import (
    Decision,
    answered_by,
    ask,
    charge,
    close,
    fail,
    give_back,
    is_left_out,
)
from tizmor.core.decisions.ladder import fail_for_good
from tizmor.core.decisions.settling import leave_unsettled
from tizmor.core.decisions.steps import dispatch
from tizmor.core.decisions.stopping import end_if_late
from tizmor.core.plan import Exhausted, Question
from tizmor.core.state import StepState

_CallOver = TypeVar("_CallOver", bound=fx.CallOver)


def charged(
    reaction: Callable[[Decision, _CallOver], None],
) -> Callable[[Decision, _CallOver], None]:
    """A reaction to a call's end before which is written down what the call has cost."""

    def react(d: Decision, fact: _CallOver) -> None:
        charge(d, fact)
        reaction(d, fact)

    return react


def budget_exhausted(d: Decision, fact: fx.BudgetExhausted) -> None:
    step = answered_by(d, fact.step)
    if step is None:
        return
    if step.lost:
        leave_unsettled(d, step)  # a call before this one may have happened
    elif d.state.ending:
        close(d, step, ev.StepCancelled(step=fact.step))
    elif is_left_out(d, step):
        fail(d, step, fact.error)
    elif not end_if_late(d, step):
        _follow_policy(d, step, fact)


def _follow_policy(d: Decision, step: StepState, fact: fx.BudgetExhausted) -> None:
    measure = fact.budget.partition(".")[2]
    for policy in fact.policy:
        if policy is Exhausted.CHEAPER:
            cheaper = cheaper_alternative(step.step, measure, step.alternative)
            if cheaper is not None:
                d.emit(ev.AgentReplaced(step=fact.step, alternative=cheaper, error=fact.error))
                dispatch(d, step)
                return
        elif policy is Exhausted.ASK:
            _ask(d, step, fact)
            return
        else:
            break
    fail_for_good(d, step, fact.error)


def _ask(d: Decision, step: StepState, fact: fx.BudgetExhausted) -> None:
    give_back(d, step)
    question = budget_question(
        step.step,
        fact.budget,
        fact.error,
        lacking=fact.lacking,
        limit=fact.limit,
        language=d.state.plan.language if d.state.plan else "en",
    )
    ask(d, question, step, about=BUDGET, error=fact.error)


def go_on_as_told(d: Decision, step: StepState, question: Question, value: str) -> None:
    """What a human has said about a budget. Who else asks for the same one tries again: there may
    be enough by now."""
    if value == SKIP:
        close(d, step, ev.StepBypassed(step=step.step.id))
    elif raised_by(question, value) is None:
        fail_for_good(d, step, step.error or "a human stopped it")
    else:
        dispatch(d, step)
        for name, asked in d.state.open_questions():
            if asked.about == BUDGET and asked.question.id == question.id and asked.step:
                d.emit(ev.QuestionAnswered(id=name, value=AGAIN, by="budget"))
                dispatch(d, d.state.steps[asked.step])
