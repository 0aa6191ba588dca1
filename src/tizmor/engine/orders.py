"""What a human orders, from any process: approve, reject, delegate, answer, pause, resume, cancel.

An order is checked twice, by whoever sends it (so that a mistake is told at once) and by the
owner, for whom the state may have moved on. Its outcome is one sentence, `done: …` or `refused: …`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from tizmor.core import facts as fx
from tizmor.core.approval import chosen
from tizmor.core.canonical import canonical, idempotency_key
from tizmor.core.commands import Timer
from tizmor.core.decisions.gates import delegation_problem, has_expired, is_heard
from tizmor.core.decisions.ladder import FAILURE
from tizmor.core.decisions.rollback import COMPENSATION
from tizmor.core.errors import AmbiguousChoice, InvalidEdit, UnknownExecution, UserError
from tizmor.core.events import as_stored
from tizmor.core.state import GateState, State
from tizmor.core.terms import Seat
from tizmor.engine.request import checked_user
from tizmor.ports.agent import Agent
from tizmor.ports.journal import InboxKind


class Caller(NamedTuple):
    """In whose name this process gives orders, and where it is. Unless `names_others`, that is the
    only name: where it is the operating system's word, nobody else's may be put in its place."""

    name: str = "me"
    seat: Seat | None = None
    names_others: bool = True

    def named(self, by: str | None) -> str:
        """Who gives an order that is given in the name of `by`. Raises `UserError`."""
        if by is None or by == self.name:
            return self.name
        if not self.names_others:
            raise UserError(
                f"who decides here is who the system knows you as, {self.name}; where several"
                " people share an account, trust_names = true in tizmor.toml lets them say their"
                " names"
            )
        return checked_user(by)


NOBODY = Caller()
"""Who embeds this says who decides."""


class Order(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The payload of an inbox row. `target` is an approval's or a question's id, `to` whom it is
    handed on to, `seen` the key that is agreed to, `seat` where it was given."""

    target: str = ""
    arguments: dict[str, Any] | None = None
    shown: dict[str, Any] | None = None
    choice: str = ""
    comment: str | None = None
    by: str = ""
    to: str = ""
    seen: str = ""
    approve_all: bool = False
    roll_back: bool = False
    seat: Seat | None = None


CHANGED = "{gate} was changed by another who must agree to it: look at it again"
_DECIDED = {InboxKind.APPROVE: "approved", InboxKind.REJECT: "rejected"}

encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(Order).decode


def check_text(order: Order) -> None:
    """Raises `UserError` when an order holds what can't be written down."""
    try:
        encode(order)
    except ValueError as error:
        raise UserError(f"what was given is not text: {error}") from error


def approval_of(state: State, approval: str | None) -> GateState:
    """The gate that is meant: the named one, or the only one that is open.

    Raises `UnknownExecution` for an id that was never asked for, `AmbiguousChoice` when several
    are open and none was named, `UserError` when it is decided or nothing is open.
    """
    wanted = _one_of("approval", approval, list(state.gates), [g.id for g in state.open_gates()])
    return state.gates[wanted]


def question_of(state: State, question: str | None) -> str:
    """The id of the question that is meant; raises as `approval_of` does."""
    open_ids = [i for i, _ in state.open_questions()]
    return _one_of("question", question, list(state.questions), open_ids)


def asked_about_failure(state: State, step: str) -> str | None:
    """The question what to do about a step's failure: the open one, else the last that there was;
    None where it was never asked."""
    asked = [
        (question.state == "open", place, name)
        for place, (name, question) in enumerate(state.questions.items())
        if question.step == step and question.about in (FAILURE, COMPENSATION)
    ]
    return max(asked)[2] if asked else None


def _one_of(kind: str, named: str | None, known: Sequence[str], open_ids: Sequence[str]) -> str:
    if named is not None:
        if named not in known:
            options = ", ".join(open_ids) or "none"
            raise UnknownExecution(f"there is no {kind} {named!r} (open: {options})")
        return named
    if not open_ids:
        raise UserError(f"no {kind} is open")
    if len(open_ids) > 1:
        raise AmbiguousChoice(
            f"several {kind}s are open, name one: {', '.join(open_ids)}", options=open_ids
        )
    return open_ids[0]


def edited(
    before: Mapping[str, Any], changes: Mapping[str, Any], agent: Agent, zone: dt.tzinfo
) -> dict[str, Any]:
    """Arguments with the human's changes. Raises `InvalidEdit` when they don't fit.

    A time may be written as people do, `2026-11-24T15:00`, and is then meant in `zone`.
    """
    written = {
        name: _moment(value, zone) if name in agent.moments else value
        for name, value in changes.items()
    }
    try:
        arguments: dict[str, Any] = as_stored({**before, **written})
        canonical(arguments)
        agent.convert(arguments)
    except (ValueError, TypeError) as error:
        raise InvalidEdit(str(error)) from error
    return arguments


def _moment(value: Any, zone: dt.tzinfo) -> Any:
    """A written time as RFC 3339 with its offset; what is no time stays as it is, to be refused."""
    try:
        moment = dt.datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return value
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).isoformat()


def check_answer(state: State, question: str, choice: str) -> None:
    """Raises `UserError`, with what can be said, when the choice is no answer to the question."""
    asked = state.questions[question].question
    if chosen(asked, choice) is None:
        options = "; ".join(f"{i}) {c.label}" for i, c in enumerate(asked.choices, 1))
        raise UserError(f"{choice!r} is no answer to {asked.text!r}; choose one of: {options}")


def fact_of(state: State, kind: InboxKind, order: Order, at_ms: int) -> tuple[fx.Fact | None, str]:
    """The fact that an order is, and its outcome; no fact when it is refused or already so."""
    if state.ended:
        return None, _after_its_end(state, kind, order)
    match kind:
        case InboxKind.APPROVE if order.approve_all:
            given = fx.ApprovalGivenToAll(at_ms=at_ms, by=order.by, seat=order.seat)
            return given, "done: approves all"
        case InboxKind.APPROVE | InboxKind.REJECT:
            return _decision(state, kind, order, at_ms)
        case InboxKind.DELEGATE:
            return _delegation(state, order, at_ms)
        case InboxKind.ANSWER:
            return _answer(state, order, at_ms)
        case InboxKind.PAUSE if state.ending and not state.rolling_back:
            return None, "refused: the execution is being stopped"
        case InboxKind.PAUSE:
            return fx.PauseAsked(at_ms=at_ms, by=order.by, seat=order.seat), "done: paused"
        case InboxKind.RESUME:
            return fx.ResumeAsked(at_ms=at_ms, by=order.by, seat=order.seat), "done: resumed"
        case InboxKind.CANCEL:
            return _cancel(state, order, at_ms)


def _after_its_end(state: State, kind: InboxKind, order: Order) -> str:
    """Who says again what was carried out has made no mistake."""
    gate = state.gates.get(order.target)
    if kind is InboxKind.CANCEL and _is_cancelled(state, order):
        return "done: it was cancelled already"
    if gate is not None and _is_decided_so(gate, kind, order):
        return f"done: {order.target} was {gate.state} already"
    return f"refused: the execution has ended ({state.status})"


def _is_cancelled(state: State, order: Order) -> bool:
    """Whether it has ended as a cancel would have it end."""
    return state.status == "CANCELLED" and (state.rolling_back or not order.roll_back)


def _cancel(state: State, order: Order, at_ms: int) -> tuple[fx.Fact | None, str]:
    if order.roll_back and state.rolling_back:
        return None, "done: it is being rolled back already"
    if state.ending == "CANCELLED" and not order.roll_back:
        return None, "done: it is being cancelled already"
    if state.ending and not order.roll_back:
        return None, f"refused: it is being stopped already ({state.error or state.ending})"
    fact = fx.CancelAsked(at_ms=at_ms, by=order.by, roll_back=order.roll_back, seat=order.seat)
    return fact, "done: cancelled, what was done is taken back" if order.roll_back else (
        "done: cancelled"
    )


def _decision(
    state: State, kind: InboxKind, order: Order, at_ms: int
) -> tuple[fx.Fact | None, str]:
    gate = state.gates.get(order.target)
    if gate is None:
        return None, f"refused: there is no approval {order.target!r}"
    wanted = _DECIDED[kind]
    if _is_decided_so(gate, kind, order):
        return None, f"done: {order.target} was {wanted} already"
    if (refused := _not_to_decide(gate, order, at_ms)) is not None:
        return refused
    if kind is InboxKind.REJECT:
        rejection = fx.Rejected(
            at_ms=at_ms, approval=gate.id, by=order.by, reason=order.comment, seat=order.seat
        )
        return rejection, f"done: {order.target} {wanted}"
    fact = fx.Approved(
        at_ms=at_ms,
        approval=order.target,
        arguments=order.arguments,
        shown=order.shown,
        by=order.by,
        comment=order.comment,
        seat=order.seat,
    )
    return _agreement(state, gate, order, fact)


def _not_to_decide(gate: GateState, order: Order, at_ms: int) -> tuple[fx.Fact | None, str] | None:
    """Why a gate isn't, or isn't any more, for somebody to decide; None when it is."""
    if gate.state != "open":
        return None, f"refused: {gate.id} is {gate.state} already"
    if has_expired(gate, at_ms):
        over = fx.TimerFired(at_ms=at_ms, step=gate.step, timer=Timer.EXPIRE)
        return over, f"refused: the time to decide {gate.id} is over"
    if not is_heard(gate, order.by):
        names = ", ".join(dict.fromkeys(name for n in gate.needs for name in n.approvers))
        return None, f"refused: {gate.id} is not for {order.by} to decide, but for {names}"
    return None


def _agreement(
    state: State, gate: GateState, order: Order, fact: fx.Approved
) -> tuple[fx.Fact | None, str]:
    """An approval, which may be one of several that it takes: one of the others may just have
    changed what it is about."""
    if order.seen and order.seen != gate.key:
        return None, f"refused: {CHANGED.format(gate=gate.id)}"
    arguments = gate.arguments if order.arguments is None else order.arguments
    signers = gate.signers(idempotency_key(state.execution, gate.step, arguments))
    if order.by in signers:
        return None, f"done: {order.by} has agreed to {gate.id} already"
    missing = max(need.missing((*signers, order.by)) for need in gate.needs)
    if missing:
        return fact, f"done: {gate.id} signed by {order.by}; {missing} more must agree"
    return fact, f"done: {gate.id} approved"


def _delegation(state: State, order: Order, at_ms: int) -> tuple[fx.Fact | None, str]:
    gate = state.gates.get(order.target)
    if gate is None:
        return None, f"refused: there is no approval {order.target!r}"
    if (refused := _not_to_decide(gate, order, at_ms)) is not None:
        return refused
    if (problem := delegation_problem(gate, order.by, order.to)) is not None:
        return None, f"refused: {gate.id} can't be handed on to {order.to}: {problem}"
    fact = fx.Delegated(at_ms=at_ms, approval=gate.id, by=order.by, to=order.to, seat=order.seat)
    return fact, f"done: {gate.id} is for {order.to} to decide instead of {order.by}"


def _is_decided_so(gate: GateState, kind: InboxKind, order: Order) -> bool:
    """Whether this very decision was made before."""
    return gate.state == _DECIDED.get(kind) and order.arguments in (None, gate.arguments)


def _answer(state: State, order: Order, at_ms: int) -> tuple[fx.Fact | None, str]:
    asked = state.questions.get(order.target)
    if asked is None:
        return None, f"refused: there is no question {order.target!r}"
    if asked.state != "open":
        return None, f"refused: {order.target} is {asked.state} already"
    if chosen(asked.question, order.choice) is None:
        return None, f"refused: {order.choice!r} is no answer to {order.target}"
    fact = fx.Answered(
        at_ms=at_ms,
        question=order.target,
        value=order.choice,
        by=order.by,
        arguments=order.arguments,
        seat=order.seat,
    )
    return fact, f"done: {order.target} answered"
