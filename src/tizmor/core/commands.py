"""What the core wants done, in the imperative. Performing one leads to facts, never to state."""

from __future__ import annotations

from typing import Any

import msgspec

from tizmor.core.plan import Step


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all commands."""


class MakePlan(Command, frozen=True):
    query: str
    answers: dict[str, str]


class PrepareCall(Command, frozen=True):
    step: Step
    arguments: dict[str, Any]
    attempt: int
    answers: dict[str, str]


class RunCall(Command, frozen=True):
    """Run the step's pipeline. `approved_key` is the key that a human has approved, if any."""

    step: Step
    arguments: dict[str, Any]
    attempt: int
    answers: dict[str, str]
    approved_key: str | None = None


class ProbeCall(Command, frozen=True):
    step: Step
    arguments: dict[str, Any]
    attempt: int
    key: str


class SetTimer(Command, frozen=True):
    step: str
    due_ms: int


class StopCall(Command, frozen=True):
    step: str


class Finish(Command, frozen=True):
    """The execution has ended; let go of it."""
