"""What the outside tells the core: the only way in.

A fact carries all that its decision needs, time and randomness included: the core has neither a
clock nor dice. `at_ms` is wall time in milliseconds since the epoch.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tizmor.core.commands import Timer
from tizmor.core.events import CallsApproved
from tizmor.core.plan import Budget, Exhausted, Plan, Question, Step, Strategy
from tizmor.core.talk import Kind, Told
from tizmor.core.terms import PLAIN, Seat, Terms


class Fact(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Base of all facts."""

    at_ms: int = 0


class Requested(Fact, frozen=True):
    query: str
    user: str = "me"
    approve_all: bool = False
    plan: Plan | None = None
    """A plan given by the user, already checked; None to have one made."""
    forked_from: str | None = None
    kept: dict[str, dict[str, Any]] = msgspec.field(default_factory=dict)
    """Outputs of steps that are not run again, by step id."""
    told: Told | None = None
    """What the steps that are not run again have shared, and which of them are tainted."""
    dry_run: bool = False
    recording: str | None = None
    """In a dry run: the public id of the execution that `kept` is from."""
    given_before: CallsApproved | None = None
    """What was approved when a dry run showed it."""
    priority: int = 0
    deadline_s: float | None = None
    budget: Budget | None = None
    conflicts: Strategy | None = None
    seat: Seat | None = None
    traceparent: str | None = None
    origin_traceparent: str | None = None
    """The spans that asked for it, and for the execution that it goes on from: see
    `events.Created`."""


class PlanMade(Fact, frozen=True):
    """A checked plan."""

    plan: Plan


class PlanMakingFailed(Fact, frozen=True):
    error: str


class PlanningWithdrawn(Fact, frozen=True):
    """The planner was not asked, or was told to stop: paused, ended or out of time meanwhile.
    `step` is the one for whose sake another way was looked for."""

    step: str = ""


class ReplanMade(Fact, frozen=True):
    """A checked plan for going on after a step's failure."""

    step: str
    plan: Plan


class ReplanImpossible(Fact, frozen=True):
    step: str
    error: str


class OwnerChanged(Fact, frozen=True):
    """This process has just adopted the execution; nothing of it runs in any process that lives.

    `may_still_run`: the former owner wasn't seen dead, so a call of its may be on its way."""

    epoch: int
    may_still_run: bool = False


class Woken(Fact, frozen=True):
    """This process owns the execution and had let go of its state; nothing of it runs."""


class CallOver(Fact, frozen=True, kw_only=True):
    """Base of what is told of a call that was made: what it has cost, by what its agent said."""

    tokens: int = 0
    cost_usd: float = 0.0


class CallForeseen(CallOver, frozen=True):
    """In a dry run: what a call would be, see `events.StepForeseen`. `asks`: humans would be asked
    first, under these `terms`."""

    step: str
    arguments: dict[str, Any]
    output: dict[str, Any]
    shown: dict[str, Any]
    asks: bool = False
    terms: Terms = PLAIN


class CallStarting(Fact, frozen=True):
    """The pipeline has let the call through; may it begin? `waived_by` names the policy by which
    nobody need be asked, though by default somebody is."""

    step: str
    key: str
    waived_by: str = ""


class CallWithdrawn(CallOver, frozen=True):
    """The call did not begin, and nobody is to blame: paused or cancelled meanwhile."""

    step: str


class Reported(Fact, frozen=True):
    step: str
    message: str


class ValueShared(Fact, frozen=True):
    """A call of the step, its attempt number `attempt`, shares a value, by its put number `put` to
    that key, from 0. With an `expected_version`, only when that is the newest one; 0 for a key that
    isn't there yet."""

    step: str
    attempt: int
    key: str
    value: Any
    put: int
    expected_version: int | None = None


class MessageSending(Fact, frozen=True):
    """A call of the step sends its message number `number`, from 0, at the latest to be answered
    at `due_ms`."""

    step: str
    attempt: int
    number: int
    kind: Kind
    to: str
    payload: Any
    due_ms: int | None = None


class WorkGiven(Fact, frozen=True):
    """A call of the step hands work over, as its message number `number`; `work` is checked, and
    gets its id."""

    step: str
    attempt: int
    number: int
    work: Step


class MessageTaking(Fact, frozen=True):
    """A call of the step takes a message; or can't read it, for a `problem`."""

    step: str
    attempt: int
    id: str
    problem: str = ""


class MessageAnswering(Fact, frozen=True):
    step: str
    attempt: int
    id: str
    payload: Any


class UntrustedRead(Fact, frozen=True):
    """A call or a preparation of the step is given what a stranger said: see `ev.Tainted`."""

    step: str
    source: str


class CallPrepared(CallOver, frozen=True):
    step: str
    arguments: dict[str, Any]


class CallCompleted(CallOver, frozen=True):
    """`begun_at_ms`: the call, a read, began then, and nothing was said of it (see `may_begin`);
    `cached`: none was made, and the output is an earlier one's."""

    step: str
    output: dict[str, Any]
    begun_at_ms: int | None = None
    cached: bool = False


class GateNeeded(Fact, frozen=True):
    """By the policy, humans must agree to exactly this, under its `terms`."""

    step: str
    key: str
    arguments: dict[str, Any]
    shown: dict[str, Any]
    terms: Terms = PLAIN


class AnswerNeeded(CallOver, frozen=True):
    step: str
    question: Question


class CallFailed(CallOver, frozen=True):
    """The call is known not to have happened. `dice` is uniform in [0, 1), for the jitter."""

    step: str
    error: str
    retryable: bool
    retry_after_s: float | None = None
    dice: float = 0.0


class CallMustWait(Fact, frozen=True):
    """The call did not begin: something that it needs is in use, see `ev.StepHeld`. `elsewhere`:
    another agent needn't wait for that."""

    step: str
    on: str
    until_ms: int | None = None
    elsewhere: bool = False


class WaitOver(Fact, frozen=True):
    """What a step was held for is there, or may be."""

    step: str


class BudgetExhausted(Fact, frozen=True):
    """The call did not begin: the budget of this name doesn't suffice. It would have to be
    `lacking` more than the `limit`; `policy` says what follows, STOP behind all."""

    step: str
    budget: str
    error: str
    lacking: int
    limit: int
    policy: tuple[Exhausted, ...] = ()


class CallUnknown(CallOver, frozen=True):
    """`may_still_run`: the call was let go of, and may go on in a thread or at its server."""

    step: str
    error: str
    may_still_run: bool = False
    retry_after_s: float | None = None
    dice: float = 0.0


class PreconditionBroken(CallOver, frozen=True):
    step: str
    error: str


class ProbeMustWait(Fact, frozen=True):
    """The probe did not begin: it has to wait for a place within a quota, see `ev.ProbeHeld`."""

    step: str
    on: str
    until_ms: int | None = None


class Probed(CallOver, frozen=True):
    """What a probe found: `output` when it happened; `told` is False when it can't tell."""

    step: str
    output: dict[str, Any] | None = None
    told: bool = True
    error: str = ""
    dice: float = 0.0


class Compensated(CallOver, frozen=True):
    step: str


class CompensationFailed(CallOver, frozen=True):
    """`retryable` when trying again may help; a compensation that is done twice does no harm."""

    step: str
    error: str
    retryable: bool
    retry_after_s: float | None = None
    dice: float = 0.0


class CompensationMustWait(Fact, frozen=True):
    """The compensation did not begin: something that it needs is in use, see
    `ev.CompensationHeld`."""

    step: str
    on: str
    until_ms: int | None = None


class CompensationStarting(Fact, frozen=True):
    """May the compensation begin?"""

    step: str


class TimerFired(Fact, frozen=True):
    """`step` is empty for the execution's own deadline."""

    step: str
    timer: Timer = Timer.RETRY


class Approved(Fact, frozen=True):
    """`arguments` are the edited ones, already checked against the agent, and `shown` what the
    human saw of them; None as at the gate."""

    approval: str
    arguments: dict[str, Any] | None = None
    shown: dict[str, Any] | None = None
    by: str = ""
    comment: str | None = None
    seat: Seat | None = None


class Rejected(Fact, frozen=True):
    approval: str
    by: str = ""
    reason: str | None = None
    seat: Seat | None = None


class Delegated(Fact, frozen=True):
    """One who may decide an approval hands that on to `to`."""

    approval: str
    by: str
    to: str
    seat: Seat | None = None


class Answered(Fact, frozen=True):
    """`arguments` come with the choice to go on with other arguments, or are what a call gave of
    which a human says that it happened; already checked."""

    question: str
    value: str
    by: str = ""
    arguments: dict[str, Any] | None = None
    seat: Seat | None = None


class ApprovalGivenToAll(Fact, frozen=True):
    by: str = ""
    seat: Seat | None = None


class PauseAsked(Fact, frozen=True):
    by: str = ""
    seat: Seat | None = None


class ResumeAsked(Fact, frozen=True):
    by: str = ""
    seat: Seat | None = None


class CancelAsked(Fact, frozen=True):
    """`roll_back`: what has succeeded is taken back."""

    by: str = ""
    roll_back: bool = False
    seat: Seat | None = None
