"""What humans are asked in words, and what they said once for all."""

from __future__ import annotations

from typing import Any

from tizmor.core.events.event import Event
from tizmor.core.plan import Question
from tizmor.core.terms import Seat


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


class ApprovalDelegated(Event, frozen=True):
    """From here on gates are approved without asking, as `--yes` says."""

    by: str = ""
    seat: Seat | None = None
