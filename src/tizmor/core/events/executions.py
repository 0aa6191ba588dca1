"""An execution as a whole: how it begins, who has it, how it is steered, how it ends."""

from __future__ import annotations

import msgspec

from tizmor.core.events.event import Event
from tizmor.core.plan import Budget, Strategy
from tizmor.core.terms import Seat


class Created(Event, frozen=True):
    """`forked_from` is the public id of the execution that this one goes on from; `deadline_ms` the
    wall time by which it must have ended. Of two executions that could go on, the one with the
    higher priority does first. `conflicts` is how steps that are at odds are settled, None as the
    workspace says. `traceparent` (W3C Trace Context) is the span that asked for it,
    `origin_traceparent` the one that had asked for the execution that this one goes on from."""

    query: str
    user: str = "me"
    approve_all: bool = False
    forked_from: str | None = None
    priority: int = 0
    deadline_ms: int | None = None
    budget: Budget | None = None
    conflicts: Strategy | None = None
    seat: Seat | None = None
    traceparent: str | None = None
    origin_traceparent: str | None = None


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
    answers: dict[str, dict[str, str]] = msgspec.field(default_factory=dict)
    by: str = ""
    seat: Seat | None = None


class Adopted(Event, frozen=True):
    """A process took the execution on after its former owner had gone. Approval that was given to
    all gates ends with that owner."""

    epoch: int


class Paused(Event, frozen=True):
    by: str = ""
    seat: Seat | None = None


class Resumed(Event, frozen=True):
    by: str = ""
    seat: Seat | None = None


class CancelRequested(Event, frozen=True):
    by: str = ""
    seat: Seat | None = None


class DeadlinePassed(Event, frozen=True):
    """The time of a step, or with None of the execution, is over: what runs is told to stop and
    what it did is found out, nothing else begins."""

    step: str | None = None


class Ended(Event, frozen=True):
    """`status` is COMPLETED, FAILED, REJECTED or CANCELLED."""

    status: str
