"""What the core wants done, in the imperative. Performing one leads to facts, never to state."""

from __future__ import annotations

import enum
from typing import Any

import msgspec

from tizmor.core.plan import Budget, Plan, Step, Strategy
from tizmor.core.terms import Terms


class Timer(enum.StrEnum):
    """What a timer is for; a step has at most one of each."""

    RETRY = "retry"
    DEADLINE = "deadline"
    REMIND = "remind"
    ESCALATE = "escalate"
    EXPIRE = "expire"
    """These three are a gate's."""
    MESSAGE = "message"
    """For what a step waits to hear from others."""
    WAKE = "wake"
    """Have a look: for an execution that rests, and is not read before."""


class Command(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Base of all commands."""


class MakePlan(Command, frozen=True):
    """`conflicts` is how steps that are at odds are settled; None as the workspace says."""

    query: str
    answers: dict[str, str]
    conflicts: Strategy | None = None


class Replan(Command, frozen=True):
    """Find another way to the request's goal, without the agents in `failed`; steps in `done` have
    succeeded and keep their ids."""

    step: str
    query: str
    answers: dict[str, str]
    failed: tuple[str, ...]
    plan: Plan
    done: frozenset[str]
    conflicts: Strategy | None = None


class PrepareCall(Command, frozen=True):
    step: Step
    arguments: dict[str, Any]
    attempt: int
    answers: dict[str, str]


class RunCall(Command, frozen=True):
    """Run the step's pipeline. `approved_key` is the key that humans have approved, if any, under
    which `terms`, and `signers` who they were. `untrusted` are its control arguments that come from
    what a document or a stranger said. `budget` bounds the whole execution, `raised` is what a
    human has added to a budget, by name."""

    step: Step
    arguments: dict[str, Any]
    attempt: int
    answers: dict[str, str]
    approved_key: str | None = None
    terms: Terms | None = None
    signers: tuple[str, ...] = ()
    untrusted: tuple[str, ...] = ()
    budget: Budget | None = None
    raised: dict[str, int] | None = None


class ForeseeCall(Command, frozen=True):
    """Say what a call would be, without making it. The arguments may have gaps; `untrusted` are the
    control arguments that come from what a stranger said."""

    step: Step
    arguments: dict[str, Any]
    attempt: int
    answers: dict[str, str]
    untrusted: tuple[str, ...] = ()


class ProbeCall(Command, frozen=True):
    step: Step
    arguments: dict[str, Any]
    attempt: int
    key: str


class CompensateCall(Command, frozen=True):
    """Undo what the step did; `output` is what it gave, None when nobody knows."""

    step: Step
    arguments: dict[str, Any]
    output: dict[str, Any] | None
    attempt: int
    key: str


class StandInLine(Command, frozen=True):
    """Tell when it is the turn of a step that is held (`facts.WaitOver`): not before `until_ms`."""

    step: str
    until_ms: int | None = None


class Release(Command, frozen=True):
    """Once all that was said is on disk, give back what the step has taken of what others use, and
    its places in line."""

    step: str


class SetTimer(Command, frozen=True):
    """`step` is empty for the execution's own deadline; `due_ms` is wall time. It takes the place
    of one that is set for the same."""

    step: str
    due_ms: int
    timer: Timer = Timer.RETRY


class StopCall(Command, frozen=True):
    """Tell what runs for a step to stop; a call that may have had an effect, and a probe, have a
    bounded time to do so. `step` is empty for the planner."""

    step: str


class Finish(Command, frozen=True):
    """The execution has ended; let go of it."""
