"""The closed union of all events, and how they are written into the journal and read from it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec

from tizmor.core.errors import JournalDamaged
from tizmor.core.events import executions, gates, humans, plans, rollback, steps, talking
from tizmor.core.events.event import Event
from tizmor.core.events.plans import Planned
from tizmor.core.plan import Plan
from tizmor.core.remembered import remembered

AnyEvent = (
    executions.Created
    | executions.DryRunBegun
    | executions.CallsApproved
    | executions.Adopted
    | executions.Paused
    | executions.Resumed
    | executions.CancelRequested
    | executions.DeadlinePassed
    | executions.Ended
    | plans.Planned
    | plans.PlanningFailed
    | plans.ReplanStarted
    | plans.Replanned
    | plans.ReplanFailed
    | humans.QuestionAsked
    | humans.QuestionAnswered
    | humans.ApprovalDelegated
    | gates.GateOpened
    | gates.GateSigned
    | gates.GateDelegated
    | gates.GateReminded
    | gates.GateEscalated
    | gates.GateExpired
    | gates.GateLapsed
    | gates.GateApproved
    | gates.GateRejected
    | steps.Prepared
    | steps.StepStarted
    | steps.Expanded
    | steps.Gathered
    | steps.StepBypassed
    | steps.StepHeld
    | steps.Found
    | steps.AttemptFailed
    | steps.AgentReplaced
    | steps.PreconditionLost
    | steps.OutcomeLost
    | steps.ProbeHeld
    | steps.OutcomeFound
    | steps.CallCharged
    | steps.StepSucceeded
    | steps.StepKept
    | steps.StepForeseen
    | steps.StepFailed
    | steps.StepSkipped
    | steps.StepCancelled
    | rollback.RollbackStarted
    | rollback.CompensationHeld
    | rollback.CompensationStarted
    | rollback.Compensated
    | rollback.CompensationFailed
    | rollback.CompensationLeft
    | talking.Shared
    | talking.MessageSent
    | talking.WorkHandedOver
    | talking.MessageTaken
    | talking.MessageAnswered
    | talking.MessageExpired
    | talking.Tainted
)

_encode = msgspec.json.Encoder().encode


def encode(event: Event) -> bytes:
    """The event as JSON. Raises `ValueError` or `TypeError` for what can't be written down."""
    return _planned(event.plan) if type(event) is Planned else _encode(event)


@remembered
def _planned(plan: Plan) -> bytes:
    return _encode(Planned(plan=plan))


def as_stored(value: Any) -> Any:
    """A value as the journal will give it back: JSON, whatever it was made of.

    Raises `ValueError` or `TypeError` for what can't be written down.
    """
    return msgspec.json.decode(msgspec.json.encode(value))


def storable(text: str) -> str:
    """The text with what UTF-8 can't hold escaped: lone surrogates, as in undecodable names."""
    return text.encode("utf-8", "backslashreplace").decode()


_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


_PLANNED = b'{"type":"Planned"'
_SHARED_BYTES = 16 * 1024


def decode(payload: bytes) -> AnyEvent:
    """The event that was written. Raises `JournalDamaged` for what is no known event."""
    if payload.startswith(_PLANNED) and len(payload) <= _SHARED_BYTES:
        return _decode_shared(payload)
    return _decode(payload)


@lru_cache(maxsize=256)
def _decode_shared(payload: bytes) -> AnyEvent:
    """Of many executions of one plan, the plan is read once, and is there once."""
    return _decode(payload)


def _decode(payload: bytes) -> AnyEvent:
    try:
        return _decoder.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        if (name := _type_of(payload)) is not None and name not in _KNOWN:
            unknown = f"an event of the unknown type {name[:100]!r}: a newer Tizmor wrote it"
            raise JournalDamaged(unknown) from error
        raise JournalDamaged(f"an event can't be read: {error}") from error


_KNOWN = frozenset(event.__name__ for event in AnyEvent.__args__)


class _Typed(msgspec.Struct):
    type: str


def _type_of(payload: bytes) -> str | None:
    try:
        return msgspec.json.decode(payload, type=_Typed).type
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
