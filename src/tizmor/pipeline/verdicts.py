"""What became of a call. A middleware returns one and never sleeps, loops or blocks on a human:
the decider answers a verdict with a timer, a gate, a question or another attempt."""

from __future__ import annotations

from typing import Any

import msgspec

from tizmor.core.plan import Exhausted, Question
from tizmor.core.terms import PLAIN, Terms


class _Verdict(msgspec.Struct, frozen=True, gc=False):
    pass


class Completed(_Verdict, frozen=True):
    """The output, as JSON; `from_cache` when it was given to an earlier call, and none was made."""

    output: dict[str, Any]
    from_cache: bool = False


class NeedsApproval(_Verdict, frozen=True):
    """Humans must agree to exactly these arguments, under these `terms`; `shown` is what they
    see."""

    shown: dict[str, Any]
    terms: Terms = PLAIN


class NeedsInput(_Verdict, frozen=True):
    """A human must answer a question."""

    question: Question


class Failed(_Verdict, frozen=True):
    """The call is known not to have happened."""

    error: str
    retryable: bool
    retry_after_s: float | None = None


class Unknown(_Verdict, frozen=True):
    """The call may or may not have happened; `may_still_run` when it may yet be about to."""

    error: str
    may_still_run: bool = False
    retry_after_s: float | None = None


class Stale(_Verdict, frozen=True):
    """What was prepared no longer holds; nothing happened."""

    error: str
    retry_after_s: float | None = None


class Wait(_Verdict, frozen=True):
    """The call needs what others use just now, and did not begin: see `ev.StepHeld`. `elsewhere`:
    another agent needn't wait for that."""

    on: str
    until_ms: int | None = None
    elsewhere: bool = False


class OverBudget(_Verdict, frozen=True):
    """The call did not begin: a budget doesn't suffice. See `facts.BudgetExhausted`."""

    budget: str
    error: str
    lacking: int
    limit: int
    policy: tuple[Exhausted, ...] = ()


class Withdrawn(_Verdict, frozen=True):
    """The call was not to begin (paused, cancelled); nothing happened."""


Verdict = (
    Completed
    | NeedsApproval
    | NeedsInput
    | Failed
    | Unknown
    | Stale
    | Wait
    | OverBudget
    | Withdrawn
)
