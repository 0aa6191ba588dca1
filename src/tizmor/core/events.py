"""What happened, in the past tense: the only thing that is ever written down.

State is folded from these and from nothing else. The union is closed: a reader that meets an
unknown type refuses it by name. Fields may be added with a default; none is ever renamed. A field
that a reader doesn't know it passes over, so what must not be missed is an event of its own.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec

from tizmor.core.errors import JournalDamaged
from tizmor.core.plan import Budget, Plan, Question, Step, Strategy
from tizmor.core.remembered import remembered
from tizmor.core.talk import Kind
from tizmor.core.terms import Seat, Terms


class Event(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="type",
    tag=True,
    gc=False,
):
    """Base of all events."""


class Created(Event, frozen=True):
    """`forked_from` is the public id of the execution that this one goes on from; `deadline_ms` the
    wall time by which it must have ended. Of two executions that could go on, the one with the
    higher priority does first. `conflicts` is how steps that are at odds are settled, None as the
    workspace says."""

    query: str
    user: str = "me"
    approve_all: bool = False
    forked_from: str | None = None
    priority: int = 0
    deadline_ms: int | None = None
    budget: Budget | None = None
    conflicts: Strategy | None = None
    seat: Seat | None = None


class DryRunBegun(Event, frozen=True):
    """Nothing is done: calls that change something are foreseen instead of made. What was read is
    taken from the execution `recording`, where there is one and it has it."""

    recording: str | None = None


class CallsApproved(Event, frozen=True):
    """What a dry run showed is carried out: `calls` are the keys of the calls that a human approved
    there (`canonical.planned_key`), each as often as it stands here, and `answers` what they
    answered to its steps, by step and question."""

    dry_run: str
    calls: tuple[str, ...]
    answers: dict[str, dict[str, str]] = {}
    by: str = ""
    seat: Seat | None = None


class Planned(Event, frozen=True):
    plan: Plan


class PlanningFailed(Event, frozen=True):
    error: str


class ReplanStarted(Event, frozen=True):
    """The step failed for good; the planner is asked for another way from here."""

    step: str
    error: str


class Replanned(Event, frozen=True):
    """A new plan takes the place of what has not begun. Steps that both plans have go on as they
    are; the step that failed, and those that the new plan leaves out, are replaced."""

    step: str
    plan: Plan


class ReplanFailed(Event, frozen=True):
    """There is no other way; the step's failure goes to the next rung of the ladder."""

    step: str
    error: str


class Adopted(Event, frozen=True):
    """A process took the execution on after its former owner had gone. Approval that was given to
    all gates ends with that owner."""

    epoch: int


class QuestionAsked(Event, frozen=True):
    """`step` is None for a question of the planner's. `about` tells the engine's own questions from
    those of agents: what became of a call, what to do about a failure or about a compensation that
    failed. `error` is what the step failed with, where this is asked about."""

    id: str
    question: Question
    step: str | None = None
    about: str = ""
    error: str = ""


class QuestionAnswered(Event, frozen=True):
    """`arguments` are what a human wrote beside their choice: the arguments to go on with, or what
    a call gave of which they say that it happened."""

    id: str
    value: str
    by: str = ""
    arguments: dict[str, Any] | None = None
    seat: Seat | None = None


class Prepared(Event, frozen=True):
    step: str
    arguments: dict[str, Any]


class GateOpened(Event, frozen=True):
    """`key` binds the gate to exactly these arguments; `shown` is what the human sees; `terms` say
    whose agreement counts, None for anybody's."""

    id: str
    step: str
    key: str
    arguments: dict[str, Any]
    shown: dict[str, Any]
    untrusted: tuple[str, ...] = ()
    terms: Terms | None = None


class GateSigned(Event, frozen=True):
    """One of several who must agree has done so, to `key`; `arguments` and `shown` come with it
    where they changed something, and the others have then to agree to that."""

    id: str
    key: str
    by: str
    arguments: dict[str, Any] | None = None
    shown: dict[str, Any] | None = None
    comment: str | None = None
    seat: Seat | None = None


class GateDelegated(Event, frozen=True):
    """One who may decide a gate has handed that on to `to`."""

    id: str
    by: str
    to: str
    seat: Seat | None = None


class GateReminded(Event, frozen=True):
    """Those who are asked were reminded: nobody has decided the gate for a while."""

    id: str


class GateEscalated(Event, frozen=True):
    """Nobody has decided the gate for as long as `policy` says; `to` are asked as well."""

    id: str
    policy: str
    to: tuple[str, ...]


class GateExpired(Event, frozen=True):
    """Nobody has decided the gate in time: its step is rejected."""

    id: str


class GateLapsed(Event, frozen=True):
    """Nobody has decided the gate in time: its step is prepared, and asked about, anew."""

    id: str


class GateApproved(Event, frozen=True):
    """`arguments`, `key` and `shown` are the edited ones where the human changed something;
    `shown` is None when the gate's own still holds. `planned` is the key of the approval that was
    given before by a dry run (`CallsApproved`), and is used up by this."""

    id: str
    key: str
    arguments: dict[str, Any]
    by: str = ""
    comment: str | None = None
    shown: dict[str, Any] | None = None
    planned: str = ""
    seat: Seat | None = None


class GateRejected(Event, frozen=True):
    id: str
    by: str = ""
    reason: str | None = None
    seat: Seat | None = None


class ApprovalDelegated(Event, frozen=True):
    """From here on gates are approved without asking, as `--yes` says."""

    by: str = ""
    seat: Seat | None = None


class StepStarted(Event, frozen=True):
    """The call begins; for a call with an effect this is its intent, durable before the call.

    `approval` is the gate that is consumed by it; `waived_by` names the policy that let a call go
    unasked which is asked about by default.
    """

    step: str
    attempt: int
    key: str = ""
    approval: str | None = None
    waived_by: str = ""


class Expanded(Event, frozen=True):
    """The step's list is there; it runs once for each of its `count` items, as steps `STEP.0`,
    `STEP.1`, …"""

    step: str
    count: int


class Gathered(Event, frozen=True):
    """All calls of a `for_each` have ended, and at least one of them well: its output is theirs."""

    step: str


class StepBypassed(Event, frozen=True):
    """The step isn't run: its condition doesn't hold, a human chose to leave it out, or (`because`)
    it reads what such a step would have given."""

    step: str
    because: str | None = None


class AgentReplaced(Event, frozen=True):
    """The agent failed for good, having done nothing; the step's alternative number `alternative`
    (from 0) takes over."""

    step: str
    alternative: int
    error: str


class Found(Event, frozen=True):
    """A finding that the agent reported."""

    step: str
    message: str


class Shared(Event, frozen=True):
    """A step shared a value under a key, for all steps of its execution: see
    `tizmor.core.talk.SharedValue`."""

    step: str
    key: str
    version: int
    value: Any
    put: int = 0
    untrusted: bool = False


class MessageSent(Event, frozen=True):
    """A step sent a message: see `tizmor.core.talk.Message`. Without an answer by `due_ms` a
    request is dead."""

    id: str
    kind: Kind
    step: str
    number: int
    to: str
    payload: Any
    due_ms: int | None = None
    untrusted: bool = False


class WorkHandedOver(Event, frozen=True):
    """A step's request is a step of its own, `work`, whose output is the answer."""

    id: str
    step: str
    number: int
    work: Step
    untrusted: bool = False


class MessageTaken(Event, frozen=True):
    id: str
    step: str


class MessageAnswered(Event, frozen=True):
    """`payload` is None where the answer is what the step, which was handed over, has given."""

    id: str
    step: str
    payload: Any = None
    untrusted: bool = False


class MessageExpired(Event, frozen=True):
    """A dead letter: nobody answers it any more, or nobody could read it."""

    id: str
    reason: str


class Tainted(Event, frozen=True):
    """The step has read what a document or a stranger said, at `source`: `context:KEY` or
    `message:ID`. What it gives, shares and sends carries that from now on."""

    step: str
    source: str


class StepSucceeded(Event, frozen=True):
    """`attempt` and `started_at_ms` stand here where no `StepStarted` went before: a read that was
    over before its beginning was worth a word. `cached`: no call was made, or it failed; this is
    what an earlier one gave."""

    step: str
    output: dict[str, Any]
    attempt: int = 0
    started_at_ms: int | None = None
    probed: bool = False
    cached: bool = False
    tokens: int = 0
    cost_usd: float = 0.0


class CallCharged(Event, frozen=True):
    """What a call has cost that didn't end its step well: it failed, asked, or was cut off."""

    step: str
    tokens: int = 0
    cost_usd: float = 0.0


class StepKept(Event, frozen=True):
    """The step succeeded in the execution that this one was forked from; it isn't run again."""

    step: str
    output: dict[str, Any]


class StepForeseen(Event, frozen=True):
    """In a dry run: the call is not made. `arguments` are what it would be made with, as far as
    they are known (`unknown` are the places that are not), `output` what it would give, with gaps
    (`tizmor.core.foresight`), `shown` what a human would see of it and `asks` whether they would be
    asked, `key` by what they may approve it now; empty when that can't be. `maybe`: whether, or how
    often, it is made isn't known yet."""

    step: str
    arguments: dict[str, Any]
    output: dict[str, Any]
    shown: dict[str, Any]
    key: str = ""
    asks: bool = False
    unknown: tuple[str, ...] = ()
    untrusted: tuple[str, ...] = ()
    maybe: bool = False


class AttemptFailed(Event, frozen=True):
    """The call is known not to have happened; it is tried again at `retry_at_ms`."""

    step: str
    error: str
    retry_at_ms: int


class StepHeld(Event, frozen=True):
    """The call has to wait for something that others use, `on`: a place within a quota
    (`limit:NAME`), a resource (`lock:NAME`), what another step is just working out
    (`computation:AGENT`), a budget that others may leave enough of (`budget:NAME`), or what fails
    again and again outside (`breaker:NAME`). It is looked at again when that is there, at the
    latest at `until_ms`."""

    step: str
    on: str
    until_ms: int | None = None


class OutcomeLost(Event, frozen=True):
    """The call may or may not have happened; `may_still_run`: or may be about to."""

    step: str
    error: str
    may_still_run: bool = False


class OutcomeFound(Event, frozen=True):
    """What became of a call that may have happened, where this doesn't end its step: it didn't
    happen (None), or it gave this, of a step that has ended and is to be taken back."""

    step: str
    output: dict[str, Any] | None = None


class PreconditionLost(Event, frozen=True):
    """What was prepared no longer holds: it is prepared, and asked for, anew."""

    step: str
    error: str


class StepFailed(Event, frozen=True):
    step: str
    error: str


class StepSkipped(Event, frozen=True):
    """`because` is the step whose end without a result made this one impossible."""

    step: str
    because: str


class StepCancelled(Event, frozen=True):
    step: str


class DeadlinePassed(Event, frozen=True):
    """The time of a step, or with None of the execution, is over: what runs is told to stop and
    what it did is found out, nothing else begins."""

    step: str | None = None


class RollbackStarted(Event, frozen=True):
    """What has succeeded is taken back, the last one first, once nothing runs any more."""

    by: str = ""
    reason: str | None = None


class CompensationStarted(Event, frozen=True):
    """The intent of a compensation, durable before it is called."""

    step: str
    attempt: int


class Compensated(Event, frozen=True):
    step: str


class CompensationFailed(Event, frozen=True):
    """With `retry_at_ms` it is tried again then; without, a human is asked."""

    step: str
    error: str
    retry_at_ms: int | None = None


class CompensationLeft(Event, frozen=True):
    """What the step did stays: it can't be taken back, or a human chose to leave it."""

    step: str
    error: str


class Paused(Event, frozen=True):
    by: str = ""
    seat: Seat | None = None


class Resumed(Event, frozen=True):
    by: str = ""
    seat: Seat | None = None


class CancelRequested(Event, frozen=True):
    by: str = ""
    seat: Seat | None = None


class Ended(Event, frozen=True):
    """`status` is COMPLETED, FAILED, REJECTED or CANCELLED."""

    status: str


AnyEvent = (
    Created
    | DryRunBegun
    | CallsApproved
    | Planned
    | PlanningFailed
    | ReplanStarted
    | Replanned
    | ReplanFailed
    | Adopted
    | QuestionAsked
    | QuestionAnswered
    | Prepared
    | GateOpened
    | GateSigned
    | GateDelegated
    | GateReminded
    | GateEscalated
    | GateExpired
    | GateLapsed
    | GateApproved
    | GateRejected
    | ApprovalDelegated
    | StepStarted
    | Expanded
    | Gathered
    | StepBypassed
    | AgentReplaced
    | Found
    | Shared
    | MessageSent
    | WorkHandedOver
    | MessageTaken
    | MessageAnswered
    | MessageExpired
    | Tainted
    | StepSucceeded
    | CallCharged
    | StepKept
    | StepForeseen
    | AttemptFailed
    | StepHeld
    | OutcomeLost
    | OutcomeFound
    | PreconditionLost
    | StepFailed
    | StepSkipped
    | StepCancelled
    | DeadlinePassed
    | RollbackStarted
    | CompensationStarted
    | Compensated
    | CompensationFailed
    | CompensationLeft
    | Paused
    | Resumed
    | CancelRequested
    | Ended
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
