"""Tizmor: an autonomous AI orchestration engine.

A workspace is opened, requests are started in it, and their results awaited:

    async with Tizmor.open("workspace/") as tizmor:
        execution = await tizmor.start("Read what we did in December and meet Yoav")
        result = await tizmor.result(execution.id)
"""

from __future__ import annotations

from typing import Any

from tizmor.core.errors import (
    AgentError,
    Conflict,
    NeedsAnswer,
    OutcomeUnknown,
    Permanent,
    PlanRefused,
    PreconditionFailed,
    TalkError,
    TizmorError,
    Transient,
    Undelivered,
    UserError,
)
from tizmor.ports.agent import AgentContext, Effect, Gate, agent

__version__ = "0.1.0"

__all__ = [
    "AgentContext",
    "AgentError",
    "Conflict",
    "Effect",
    "Gate",
    "NeedsAnswer",
    "OutcomeUnknown",
    "Permanent",
    "PlanRefused",
    "PreconditionFailed",
    "TalkError",
    "Tizmor",
    "TizmorError",
    "Transient",
    "Undelivered",
    "UserError",
    "agent",
]


def __getattr__(name: str) -> Any:
    # The engine brings the database and every agent along; who only declares an agent, or asks
    # the command line for help, doesn't pay for them (PEP 562).
    if name == "Tizmor":
        from tizmor.assembly import Tizmor

        return Tizmor
    raise AttributeError(name)
