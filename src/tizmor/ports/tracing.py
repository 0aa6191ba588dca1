"""What an agent tells of its own work: see `AgentContext.span`."""

from __future__ import annotations

import enum
from contextlib import AbstractContextManager
from typing import Protocol


class SpanKind(enum.StrEnum):
    """What a span of an agent's is about: its own work, or what it asks of a model or a
    database."""

    WORK = "agent"
    MODEL = "model"
    DATABASE = "database"


class RunningSpan(Protocol):
    """A span that goes on."""

    @property
    def traceparent(self) -> str:
        """The value of the header `traceparent` for what is asked of others within it."""
        ...

    def set(self, name: str, value: str | int | float | bool) -> None:
        """Say something more of it. Secrets that the call was given are struck out; the first 32
        attributes are kept, and the first 500 characters of each."""
        ...


OwnSpans = AbstractContextManager[RunningSpan]
