"""What the engine needs of a planner: a request in, a plan out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Protocol

import msgspec

from tizmor.core.plan import Plan
from tizmor.ports.workspace import Workspace


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Why another plan is asked for: these agents can't be used any more."""

    agents: tuple[str, ...]
    plan: Plan
    """The plan that failed."""
    done: frozenset[str] = frozenset()
    """Its steps that have succeeded."""


class PlanRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request in plain words, and all that its meaning may depend on."""

    text: str
    now: dt.datetime
    """Aware, in the workspace's zone."""
    workspace: Workspace
    answers: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Answers to the questions of an earlier plan of the same request, by question id."""
    failure: Failure | None = None
    """Set when an earlier plan failed in the middle: the new one reaches the same goal without the
    failed agents. A step that is to be the old one (what it gave is used, and it isn't run again)
    has the old id, agent and arguments; the step that failed isn't in it, and no other has its id.
    """


class Planner(Protocol):
    """Turns a request into a plan.

    The plan may hold questions instead of (or beside) steps; it then runs only when they are
    answered, and the planner is asked again with the answers. The same request, answers and time
    give the same plan. What comes out is checked by the engine before it runs.
    """

    async def plan(self, request: PlanRequest) -> Plan: ...
