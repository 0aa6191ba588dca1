"""Which decisions stand in the audit log: what people say, and what policies and time do instead.

An entry is made with the event that it tells of, and both are written in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tizmor.core import events as ev
from tizmor.core.ids import public_id
from tizmor.core.state import GateState, State
from tizmor.ports.audit import Entry, encode

_LIMIT = 500
"""Characters of what somebody wrote."""


def entry_of(state: State, at_ms: int, event: ev.Event) -> bytes:
    """The entry on an event of a type in `AUDITED`, which is among those that led to the state."""
    return encode(
        Entry(
            at_ms=at_ms, execution=public_id(state.execution), **AUDITED[type(event)](state, event)
        )
    )


def _of_gate(what: str, gate: GateState, event: Any, **more: Any) -> dict[str, Any]:
    return {
        "what": what,
        "about": gate.id,
        "step": gate.step,
        "action": gate.shown["action"][:_LIMIT],
        "key": getattr(event, "key", gate.key),
        "by": getattr(event, "by", ""),
        "seat": getattr(event, "seat", None),
        **more,
    }


def _gate(what: str) -> Callable[[State, Any], dict[str, Any]]:
    def told(state: State, event: Any) -> dict[str, Any]:
        why = getattr(event, "comment", None) or getattr(event, "reason", None) or ""
        return _of_gate(what, state.gates[event.id], event, why=why[:_LIMIT])

    return told


def _in_time(what: str) -> Callable[[State, Any], dict[str, Any]]:
    """Nobody said anything, and the policies say what follows."""

    def told(state: State, event: Any) -> dict[str, Any]:
        gate = state.gates[event.id]
        policies = ", ".join(need.policy for need in gate.needs if need.policy)
        return _of_gate(what, gate, event, by=policies)

    return told


def _delegated(state: State, event: ev.GateDelegated) -> dict[str, Any]:
    return _of_gate("delegated", state.gates[event.id], event, to=(event.to,))


def _escalated(state: State, event: ev.GateEscalated) -> dict[str, Any]:
    return _of_gate("escalated", state.gates[event.id], event, by=event.policy, to=event.to)


def _answered(state: State, event: ev.QuestionAnswered) -> dict[str, Any]:
    asked = state.questions[event.id]
    return {
        "what": "answered",
        "about": event.id,
        "step": asked.step or "",
        "action": asked.question.text[:_LIMIT],
        "by": event.by,
        "why": event.value[:_LIMIT],
        "seat": event.seat,
    }


def _plainly(what: str) -> Callable[[State, Any], dict[str, Any]]:
    return lambda state, event: {"what": what, "by": event.by, "seat": event.seat}


def _begun(state: State, event: ev.Created) -> dict[str, Any]:
    return {"what": "approves all", "by": event.user, "seat": event.seat}


def _shown_before(state: State, event: ev.CallsApproved) -> dict[str, Any]:
    told = f"{len(event.calls)} calls of the dry run {event.dry_run}"
    return {"what": "approves all", "by": event.by, "action": told, "seat": event.seat}


def _waived(state: State, event: ev.StepStarted) -> dict[str, Any]:
    step = state.steps[event.step].step
    return {
        "what": "waived",
        "step": event.step,
        "action": (step.title or step.agent)[:_LIMIT],
        "key": event.key,
        "by": event.waived_by,
    }


AUDITED: dict[type[ev.Event], Callable[[State, Any], dict[str, Any]]] = {
    ev.GateSigned: _gate("signed"),
    ev.GateApproved: _gate("approved"),
    ev.GateRejected: _gate("rejected"),
    ev.GateDelegated: _delegated,
    ev.GateEscalated: _escalated,
    ev.GateExpired: _in_time("expired"),
    ev.GateLapsed: _in_time("lapsed"),
    ev.QuestionAnswered: _answered,
    ev.ApprovalDelegated: _plainly("approves all"),
    ev.Paused: _plainly("paused"),
    ev.Resumed: _plainly("resumed"),
    ev.CancelRequested: _plainly("cancelled"),
    ev.Created: _begun,
    ev.CallsApproved: _shown_before,
    ev.StepStarted: _waived,
}


def is_audited(event: ev.Event) -> bool:
    """Whether an event of a type in `AUDITED` is a decision: a beginning is one when all is
    approved beforehand, a call's when a policy has let it go unasked."""
    if isinstance(event, ev.StepStarted):
        return bool(event.waived_by)
    return event.approve_all if isinstance(event, ev.Created) else True
