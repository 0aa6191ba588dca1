"""The life of one step, up to its end: `tizmor.core.transitions` draws it."""

from __future__ import annotations

from typing import Any

from tizmor.core.events.event import Event
from tizmor.core.terms import Terms


class Prepared(Event, frozen=True):
    step: str
    arguments: dict[str, Any]


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


class StepHeld(Event, frozen=True):
    """The call has to wait for something that others use, `on`: a place within a quota
    (`limit:NAME`), a resource (`lock:NAME`), what another step is just working out
    (`computation:AGENT`), a budget that others may leave enough of (`budget:NAME`), or what fails
    again and again outside (`breaker:NAME`). It is looked at again when that is there, at the
    latest at `until_ms`."""

    step: str
    on: str
    until_ms: int | None = None


class Found(Event, frozen=True):
    """A finding that the agent reported."""

    step: str
    message: str


class AttemptFailed(Event, frozen=True):
    """The call is known not to have happened; it is tried again at `retry_at_ms`."""

    step: str
    error: str
    retry_at_ms: int


class AgentReplaced(Event, frozen=True):
    """The agent failed for good, having done nothing; the step's alternative number `alternative`
    (from 0) takes over."""

    step: str
    alternative: int
    error: str


class PreconditionLost(Event, frozen=True):
    """What was prepared no longer holds: it is prepared, and asked for, anew."""

    step: str
    error: str


class OutcomeLost(Event, frozen=True):
    """The call may or may not have happened; `may_still_run`: or may be about to."""

    step: str
    error: str
    may_still_run: bool = False


class ProbeHeld(Event, frozen=True):
    """Whether the call happened can't be asked just now: that counts as calls do, and has to wait
    for a place within a quota, `on`; see `StepHeld`. The step stays as it is, in doubt, or, when it
    has ended and is to be taken back, at its end."""

    step: str
    on: str
    until_ms: int | None = None


class OutcomeFound(Event, frozen=True):
    """What became of a call that may have happened, where this doesn't end its step: it didn't
    happen (None), or it gave this, of a step that has ended and is to be taken back."""

    step: str
    output: dict[str, Any] | None = None


class CallCharged(Event, frozen=True):
    """What a call has cost that didn't end its step well: it failed, asked, or was cut off."""

    step: str
    tokens: int = 0
    cost_usd: float = 0.0


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


class StepKept(Event, frozen=True):
    """The step succeeded in the execution that this one was forked from; it isn't run again."""

    step: str
    output: dict[str, Any]


class StepForeseen(Event, frozen=True):
    """In a dry run: the call is not made. `arguments` are what it would be made with, as far as
    they are known (`unknown` are the places that are not), `output` what it would give, with gaps
    (`tizmor.core.foresight`), `shown` what a human would see of it and `asks` whether they would be
    asked, under which `terms` where these aren't plain, `key` by what they may approve it now;
    empty when that can't be. `maybe`: whether, or how often, it is made isn't known yet."""

    step: str
    arguments: dict[str, Any]
    output: dict[str, Any]
    shown: dict[str, Any]
    key: str = ""
    asks: bool = False
    terms: Terms | None = None
    unknown: tuple[str, ...] = ()
    untrusted: tuple[str, ...] = ()
    maybe: bool = False


class StepFailed(Event, frozen=True):
    step: str
    error: str


class StepSkipped(Event, frozen=True):
    """`because` is the step whose end without a result made this one impossible."""

    step: str
    because: str


class StepCancelled(Event, frozen=True):
    step: str
