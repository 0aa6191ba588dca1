"""What the engine needs of a planner: a request in, a plan out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Protocol

import msgspec

from tizmor.core.plan import Plan
from tizmor.ports.workspace import Workspace


class PlanRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request in plain words, and all that its meaning may depend on."""

    text: str
    now: dt.datetime
    """Aware, in the workspace's zone."""
    workspace: Workspace
    answers: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Answers to the questions of an earlier plan of the same request, by question id."""


class Planner(Protocol):
    """Turns a request into a plan.

    The plan may hold questions instead of (or beside) steps; it then runs only when they are
    answered, and the planner is asked again with the answers. The same request, answers and time
    give the same plan. What comes out is checked by the engine before it runs.
    """

    async def plan(self, request: PlanRequest) -> Plan: ...
