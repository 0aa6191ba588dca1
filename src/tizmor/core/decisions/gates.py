"""Approvals: opening a gate, and what people and time do to it.

An approval is bound to a key, that is, to exact arguments; an edit makes another key, to which all
who must agree have to agree. What comes too late, or from somebody who isn't asked, decides
nothing.
"""

from __future__ import annotations

from tizmor.core import commands as cmd
from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.canonical import idempotency_key
from tizmor.core.decisions.decision import Decision, answered_by, close, give_back
from tizmor.core.decisions.rehearsing import approval_given_before
from tizmor.core.decisions.steps import dispatch, foresee
from tizmor.core.recovery import still_due_ms
from tizmor.core.state import GateState, StepState
from tizmor.core.taint import untrusted_arguments
from tizmor.core.terms import PLAIN, OnExpiry

T = cmd.Timer


def gate_needed(d: Decision, fact: fx.GateNeeded) -> None:
    step = answered_by(d, fact.step)
    if step is None or d.state.plan is None:
        return
    give_back(d, step)
    if d.state.dry_run:
        foresee(d, step, fact.arguments)
        return
    gate = f"a{len(d.state.gates) + 1}"
    d.emit(
        ev.GateOpened(
            id=gate,
            step=fact.step,
            key=fact.key,
            arguments=fact.arguments,
            shown=fact.shown,
            untrusted=untrusted_arguments(d.state, step, fact.arguments),
            terms=None if fact.terms == PLAIN else fact.terms,
        )
    )
    watch_gate(d, step)
    _approve_unasked(d, d.state.gates[gate])


def _approve_unasked(d: Decision, gate: GateState) -> None:
    """By a word that was given beforehand, to this very call in a dry run or to all: that is none
    of several, nor anybody's by name."""
    if not gate.terms.is_plain:
        return
    if (given := approval_given_before(d.state, gate)) is not None:
        _approve(d, gate, given)
    elif d.state.approve_all and not gate.untrusted:
        approval = ev.GateApproved(id=gate.id, key=gate.key, arguments=gate.arguments, by="--yes")
        _approve(d, gate, approval)


def approval_given_to_all(d: Decision, fact: fx.ApprovalGivenToAll) -> None:
    if not d.state.approve_all:
        d.emit(ev.ApprovalDelegated(by=fact.by, seat=fact.seat))
    for gate in d.state.open_gates():
        if has_expired(gate, d.at_ms):  # its timer may be late, after the clock was set
            _expire(d, gate)
        else:
            _approve_unasked(d, gate)


def approved(d: Decision, fact: fx.Approved) -> None:
    gate = _heard(d, fact.approval, fact.by)
    if gate is None:
        return
    arguments = gate.arguments if fact.arguments is None else fact.arguments
    key = idempotency_key(d.state.execution, gate.step, arguments)
    signers = gate.signers(key)
    if fact.by in signers:
        return
    if any(need.missing((*signers, fact.by)) for need in gate.needs):
        signed = ev.GateSigned(
            id=gate.id,
            key=key,
            by=fact.by,
            arguments=fact.arguments,
            shown=fact.shown,
            comment=fact.comment,
            seat=fact.seat,
        )
        d.emit(signed)
        return
    approval = ev.GateApproved(
        id=gate.id,
        key=key,
        arguments=arguments,
        shown=fact.shown,
        by=fact.by,
        comment=fact.comment,
        seat=fact.seat,
    )
    _approve(d, gate, approval)


def _approve(d: Decision, gate: GateState, approval: ev.GateApproved) -> None:
    d.emit(approval)
    dispatch(d, d.state.steps[gate.step])


def rejected(d: Decision, fact: fx.Rejected) -> None:
    if (gate := _heard(d, fact.approval, fact.by)) is not None:
        rejection = ev.GateRejected(id=gate.id, by=fact.by, reason=fact.reason, seat=fact.seat)
        close(d, d.state.steps[gate.step], rejection)


def delegated(d: Decision, fact: fx.Delegated) -> None:
    gate = _heard(d, fact.approval, fact.by)
    if gate is not None and delegation_problem(gate, fact.by, fact.to) is None:
        d.emit(ev.GateDelegated(id=gate.id, by=fact.by, to=fact.to, seat=fact.seat))


def delegation_problem(gate: GateState, by: str, to: str) -> str | None:
    """Why somebody can't hand on an approval to another; None when they can."""
    named = {name for need in gate.needs for name in need.approvers}
    if by not in named:
        return "anybody may decide it" if not named else f"it is not for {by} to decide"
    if to in named:
        return f"{to} is asked already"
    if by in gate.signers(gate.key):
        return f"{by} has agreed to it already"
    return None


def is_heard(gate: GateState, by: str) -> bool:
    """Whether a gate is for somebody to decide."""
    return any(need.heard_by(by) for need in gate.needs)


def has_expired(gate: GateState, at_ms: int) -> bool:
    return gate.expires_at_ms is not None and gate.expires_at_ms <= at_ms


def _heard(d: Decision, gate_id: str, by: str) -> GateState | None:
    """The gate, if it is open, in time, and for this person to decide."""
    gate = d.state.gates.get(gate_id)
    if gate is None or gate.state != "open":
        return None
    if has_expired(gate, d.at_ms):
        _expire(d, gate)
        return None
    return gate if is_heard(gate, by) else None


def watch_gate(d: Decision, step: StepState) -> None:
    """Have the times of a step's open gate watched."""
    gate = _open_gate(d, step)
    if gate is None:
        return
    for timer in (T.REMIND, T.ESCALATE, T.EXPIRE):
        if (due_ms := _due_ms(gate, timer)) is not None:
            due_ms = still_due_ms(due_ms, gate.opened_at_ms, d.at_ms)
            d.order(cmd.SetTimer(step=step.step.id, timer=timer, due_ms=due_ms))


def gate_due(d: Decision, step: StepState, timer: cmd.Timer) -> None:
    """A gate's timer has fired; it may have been an earlier gate's."""
    gate = _open_gate(d, step)
    due_ms = None if gate is None else _due_ms(gate, timer)
    if gate is None or due_ms is None:
        return
    if due_ms > d.at_ms:
        d.order(cmd.SetTimer(step=step.step.id, timer=timer, due_ms=due_ms))
    elif timer is T.EXPIRE:
        _expire(d, gate)
    elif timer is T.REMIND:
        d.emit(ev.GateReminded(id=gate.id))
        watch_gate(d, step)
    else:
        _escalate(d, gate)
        watch_gate(d, step)


def _open_gate(d: Decision, step: StepState) -> GateState | None:
    gate = None if step.gate is None else d.state.gates[step.gate]
    return gate if gate is not None and gate.state == "open" else None


def _due_ms(gate: GateState, timer: cmd.Timer) -> int | None:
    """When a gate's timer is due by the wall clock; None when it has no such."""
    if timer is T.EXPIRE:
        return gate.expires_at_ms
    if timer is T.REMIND:
        since_ms = gate.reminded_at_ms or gate.opened_at_ms
        return None if gate.terms.remind_ms is None else since_ms + gate.terms.remind_ms
    after = [need.escalate_ms for need in gate.needs if need.escalate_ms is not None]
    return gate.opened_at_ms + min(after) if after else None


def _escalate(d: Decision, gate: GateState) -> None:
    for need in gate.needs:
        if need.escalate_ms is not None and gate.opened_at_ms + need.escalate_ms <= d.at_ms:
            d.emit(ev.GateEscalated(id=gate.id, policy=need.policy, to=need.escalate_to))


def _expire(d: Decision, gate: GateState) -> None:
    step = d.state.steps[gate.step]
    if gate.terms.on_expiry is OnExpiry.ASK and not d.state.ending:
        d.emit(ev.GateLapsed(id=gate.id))
        dispatch(d, step)
    else:
        close(d, step, ev.GateExpired(id=gate.id))
