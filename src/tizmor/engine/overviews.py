"""What stands open or works over all executions, as users see it: one line of an inbox, an agent
with what its calls took, what agents call outside."""

from __future__ import annotations

from typing import Any

import msgspec

from tizmor.core.agents import Parameter
from tizmor.engine.views import Waiting


class _View(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    pass


class Pending(_View, frozen=True):
    """An open approval or question of one of all executions: whose request it belongs to, and since
    when it waits."""

    execution_id: str
    query: str
    user: str
    asked_at: str
    waiting: Waiting


class PendingPage(_View, frozen=True):
    """What is open over all executions, the oldest execution first. `next_cursor` gives the page
    after this one; null on the last."""

    items: tuple[Pending, ...]
    next_cursor: str | None = None


class Latency(_View, frozen=True):
    """How long calls took that succeeded lately, in milliseconds: half of the `calls` looked at
    took at most `median`, 95 of 100 at most `p95`."""

    calls: int
    median: int
    p95: int


class AgentView(_View, frozen=True):
    """An agent: what it declares, and how its calls went.

    `health` is `ok`, `failing` (half of its steps or more have failed), `held back` (its circuit
    breaker, or that of what it calls, lets no call pass just now, or one that tries) or `unused`.
    `calls` are attempts; `success_rate` is that of the steps which succeeded or failed, null while
    none has. `api` is what it calls outside, the name of a tool; empty for none."""

    name: str
    description: str
    effect: str
    critical: bool
    version: str
    health: str
    breaker: str
    """`closed`, `open` or `half-open`."""
    capability: str = ""
    api: str = ""
    rate_limit: str = ""
    cache_for_s: float | None = None
    timeout_s: float | None = None
    parameters: tuple[Parameter, ...] = ()
    output: dict[str, Any] = {}
    """JSON Schema of what it gives; named types are in `defs`."""
    defs: dict[str, Any] = {}
    steps: int = 0
    succeeded: int = 0
    failed: int = 0
    calls: int = 0
    cached: int = 0
    success_rate: float | None = None
    latency_ms: Latency | None = None
    """Null while no call has succeeded lately."""
    tokens: int = 0
    cost_usd: float = 0.0


class ToolView(_View, frozen=True):
    """What `agents` call outside. `health` as of an agent; `failures` in a row so far, and `until`
    when no call passes, where it is held back."""

    name: str
    agents: tuple[str, ...]
    health: str
    breaker: str
    failures: int = 0
    until: str | None = None
    calls: int = 0
    success_rate: float | None = None
