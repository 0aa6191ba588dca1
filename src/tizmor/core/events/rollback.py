"""Taking back what has succeeded."""

from __future__ import annotations

from tizmor.core.events.event import Event


class RollbackStarted(Event, frozen=True):
    """What has succeeded is taken back, the last one first, once nothing runs any more."""

    by: str = ""
    reason: str | None = None


class CompensationHeld(Event, frozen=True):
    """A compensation has to wait for something that others use, as a call does: see `StepHeld`."""

    step: str
    on: str
    until_ms: int | None = None


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
