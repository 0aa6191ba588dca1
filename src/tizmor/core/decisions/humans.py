"""What humans are asked, and what they decide.

An approval is bound to a key, that is, to exact arguments; an edit makes another key."""

from __future__ import annotations

from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.approval import AGAIN, HAPPENED, chosen, untrusted_controls
from tizmor.core.canonical import idempotency_key
from tizmor.core.decisions.decision import Decision, next_question
from tizmor.core.decisions.outcomes import succeed
from tizmor.core.decisions.planning import make_plan
from tizmor.core.decisions.steps import answered_by, dispatch, fail, skip_dependents
from tizmor.core.state import StepState


def gate_needed(d: Decision, fact: fx.GateNeeded) -> None:
    step = answered_by(d, fact.step)
    if step is None or d.state.plan is None:
        return
    untrusted = untrusted_controls(d.state.plan, step.step)
    gate = f"a{len(d.state.gates) + 1}"
    d.emit(
        ev.GateOpened(
            id=gate,
            step=fact.step,
            key=fact.key,
            arguments=fact.arguments,
            shown=fact.shown,
            untrusted=untrusted,
        )
    )
    if d.state.approve_all:
        _approve_unasked(d, gate)


def _approve_unasked(d: Decision, gate: str) -> None:
    opened = d.state.gates[gate].opened
    if not opened.untrusted:
        _approve(
            d, ev.GateApproved(id=gate, key=opened.key, arguments=opened.arguments, by="--yes")
        )


def _approve(d: Decision, approval: ev.GateApproved) -> None:
    d.emit(approval)
    dispatch(d, d.state.steps[d.state.gates[approval.id].opened.step])


def approved(d: Decision, fact: fx.Approved) -> None:
    gate = d.state.gates.get(fact.approval)
    if gate is None or gate.state != "open":
        return
    arguments = gate.opened.arguments if fact.arguments is None else fact.arguments
    key = idempotency_key(d.state.execution, gate.opened.step, arguments)
    _approve(
        d,
        ev.GateApproved(
            id=fact.approval,
            key=key,
            arguments=arguments,
            shown=fact.shown,
            by=fact.by,
            comment=fact.comment,
        ),
    )


def rejected(d: Decision, fact: fx.Rejected) -> None:
    gate = d.state.gates.get(fact.approval)
    if gate is None or gate.state != "open":
        return
    d.emit(ev.GateRejected(id=fact.approval, by=fact.by, reason=fact.reason))
    skip_dependents(d, d.state.steps[gate.opened.step])


def approval_given_to_all(d: Decision, fact: fx.ApprovalGivenToAll) -> None:
    if not d.state.approve_all:
        d.emit(ev.ApprovalDelegated(by=fact.by))
    for gate in d.state.open_gates():
        _approve_unasked(d, gate.opened.id)


def answer_needed(d: Decision, fact: fx.AnswerNeeded) -> None:
    if not answered_by(d, fact.step):
        return
    if d.state.cancelling:
        d.emit(ev.StepCancelled(step=fact.step))
    else:
        d.emit(ev.QuestionAsked(id=next_question(d.state), question=fact.question, step=fact.step))


def answered(d: Decision, fact: fx.Answered) -> None:
    asked = d.state.questions.get(fact.question)
    if asked is None or asked.state != "open":
        return
    value = chosen(asked.question, fact.value)
    if value is None:
        return
    if asked.step is None:
        d.emit(ev.QuestionAnswered(id=fact.question, value=value, by=fact.by))
        if not any(q.step is None for _, q in d.state.open_questions()):
            make_plan(d)
        return
    step = d.state.steps[asked.step]
    d.emit(ev.QuestionAnswered(id=fact.question, value=value, by=fact.by))
    if asked.about_outcome:
        _settle_as_told(d, step, value)
    else:
        dispatch(d, step)


def _settle_as_told(d: Decision, step: StepState, value: str) -> None:
    if value == AGAIN and d.state.cancelling:
        d.emit(ev.StepCancelled(step=step.step.id))
    elif value == AGAIN:
        dispatch(d, step)
    elif value == HAPPENED:
        succeed(d, step, ev.StepSucceeded(step=step.step.id, output={}, probed=True))
    else:
        fail(d, step, f"it was left as it is: {step.error}")
