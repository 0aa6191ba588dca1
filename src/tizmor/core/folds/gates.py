"""Approvals: what is asked, who agrees, and what becomes of a gate that nobody decides."""

from __future__ import annotations

from typing import Any

import msgspec

from tizmor.core import events as ev
from tizmor.core.folds.steps import move
from tizmor.core.state import GateState, State, StepState
from tizmor.core.terms import PLAIN, Need, Signature


def gate_opened(state: State, event: ev.GateOpened, at_ms: int) -> None:
    terms = event.terms or PLAIN
    state.gates[event.id] = GateState(
        id=event.id,
        step=event.step,
        key=event.key,
        arguments=event.arguments,
        shown=event.shown,
        untrusted=event.untrusted,
        opened_at_ms=at_ms,
        terms=terms,
        needs=terms.needs,
    )
    step = state.steps[event.step]
    step.gate = event.id
    step.approved_key = None
    step.arguments = event.arguments
    move(state, step, event, at_ms)
    step.held_at_ms = at_ms


def gate_signed(state: State, event: ev.GateSigned, at_ms: int) -> None:
    gate = state.gates[event.id]
    if event.arguments is not None:
        _change(state.steps[gate.step], gate, event.arguments)
        gate.shown = event.shown or gate.shown
    gate.key = event.key
    gate.signatures = (*gate.signatures, Signature(by=event.by, key=event.key, at_ms=at_ms))


def gate_approved(state: State, event: ev.GateApproved, at_ms: int) -> None:
    gate = state.gates[event.id]
    step = state.steps[gate.step]
    _change(step, gate, event.arguments)
    step.approved_key = event.key
    if event.planned and state.given_before is not None:
        state.given_before.left[event.planned] -= 1
    gate.state = "approved"
    gate.decided_at_ms = at_ms
    gate.shown = event.shown or gate.shown
    gate.signatures = (*gate.signatures, Signature(by=event.by, key=event.key, at_ms=at_ms))
    move(state, step, event, at_ms)


def _change(step: StepState, gate: GateState, arguments: dict[str, Any]) -> None:
    """Take over what a human wrote; it stays when the rest is prepared anew."""
    changed = {
        name: value
        for name, value in arguments.items()
        if name not in gate.arguments or gate.arguments[name] != value
    }
    if changed:
        step.edited = {**(step.edited or {}), **changed}
    step.arguments = gate.arguments = arguments


def gate_rejected(state: State, event: ev.GateRejected, at_ms: int) -> None:
    gate = state.gates[event.id]
    gate.state = "rejected"
    gate.decided_at_ms = at_ms
    step = state.steps[gate.step]
    step.error = event.reason
    move(state, step, event, at_ms)


def gate_delegated(state: State, event: ev.GateDelegated, at_ms: int) -> None:
    gate = state.gates[event.id]
    gate.needs = tuple(
        msgspec.structs.replace(
            need, approvers=tuple(event.to if a == event.by else a for a in need.approvers)
        )
        for need in gate.needs
    )


def gate_reminded(state: State, event: ev.GateReminded, at_ms: int) -> None:
    state.gates[event.id].reminded_at_ms = at_ms


def gate_escalated(state: State, event: ev.GateEscalated, at_ms: int) -> None:
    gate = state.gates[event.id]
    gate.needs = tuple(
        _widened(need, event.to) if need.policy == event.policy else need for need in gate.needs
    )


def _widened(need: Need, to: tuple[str, ...]) -> Need:
    more = tuple(name for name in to if name not in need.approvers)
    approvers = (*need.approvers, *more) if need.approvers else ()
    return msgspec.structs.replace(need, approvers=approvers, escalate_ms=None)


def gate_expired(state: State, event: ev.GateExpired, at_ms: int) -> None:
    gate = state.gates[event.id]
    _close(gate, at_ms)
    step = state.steps[gate.step]
    step.error = "nobody decided it in time"
    move(state, step, event, at_ms)


def gate_lapsed(state: State, event: ev.GateLapsed, at_ms: int) -> None:
    gate = state.gates[event.id]
    _close(gate, at_ms)
    step = state.steps[gate.step]
    step.arguments = step.approved_key = step.gate = None
    move(state, step, event, at_ms)


def _close(gate: GateState, at_ms: int) -> None:
    gate.state = "expired"
    gate.decided_at_ms = at_ms
