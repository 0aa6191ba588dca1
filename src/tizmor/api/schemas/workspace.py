"""What goes out about the workspace: who decided what, agents and tools, what may be used and is
used, how it is set, what was cleared away."""

from __future__ import annotations

from tizmor.api.schemas.replies import Reply
from tizmor.core.terms import Seat
from tizmor.engine.overviews import AgentView, ToolView
from tizmor.engine.views import BudgetView, LimitView, LockView
from tizmor.ports.cache import CacheUse
from tizmor.ports.journal import Freed
from tizmor.ports.vocabulary import Check


class Decision(Reply, frozen=True):
    """A row of the audit log. `what` was decided of `about` (an approval or question), `key` the
    exact call that it is bound to, `action` what that was shown as, `by` whom, or by which policy,
    `to` whom it was handed on, `why` a comment, a reason or an answer, `seat` from where; `hash`
    is the SHA-256 that ties the row to all before it."""

    number: int
    at: str
    execution_id: str
    what: str
    by: str
    about: str
    step: str
    action: str
    key: str
    to: tuple[str, ...]
    why: str
    seat: Seat | None
    hash: str


class AuditPage(Reply, frozen=True):
    """Decisions, oldest first. Of one execution there may be less than were asked for, or none, on
    a page that isn't the last: `next_cursor` goes on."""

    items: tuple[Decision, ...]
    next_cursor: str | None = None


class AuditVerified(Reply, frozen=True):
    """Whether the audit log is what was written: `rows` of it are, the last of which is `head`, as
    ROW:HASH; `problem` is what is wrong behind them."""

    sound: bool
    rows: int
    head: str | None
    problem: str | None


class AgentPage(Reply, frozen=True):
    """Agents, by name."""

    items: tuple[AgentView, ...]
    next_cursor: str | None = None


class ToolPage(Reply, frozen=True):
    """What agents call outside the workspace, by name."""

    items: tuple[ToolView, ...]
    next_cursor: str | None = None


class BudgetPage(Reply, frozen=True):
    """How budgets stand, by scope and measure."""

    items: tuple[BudgetView, ...]
    next_cursor: str | None = None


class LimitPage(Reply, frozen=True):
    """How quotas stand that calls here have counted against, by name."""

    items: tuple[LimitView, ...]
    next_cursor: str | None = None


class LockPage(Reply, frozen=True):
    """Who has and who waits for which resource, in all processes, by resource."""

    items: tuple[LockView, ...]
    next_cursor: str | None = None


class CachePage(Reply, frozen=True):
    """What is kept of agents' answers, and how often it served, by agent."""

    items: tuple[CacheUse, ...]
    next_cursor: str | None = None


class Cleared(Reply, frozen=True):
    """How many kept answers were removed."""

    removed: int


class CheckPage(Reply, frozen=True):
    """Measured checks of the workspace; `state` is `ok`, `warning` or `failed`."""

    items: tuple[Check, ...]
    next_cursor: str | None = None


class Collected(Reply, frozen=True):
    """What was removed, or with `dryRun` would be."""

    dry_run: bool
    freed: Freed


class Quota(Reply, frozen=True):
    """At most `amount` calls within `windowS` seconds."""

    amount: int
    window_s: float


class BreakerRule(Reply, frozen=True):
    """When what fails outside is left alone: after so many `failures` in a row, or when of at least
    `calls` within a minute this part (`rate`) has failed; for `pauseS` seconds at first."""

    failures: int
    rate: float
    calls: int
    pause_s: float


class SettingsView(Reply, frozen=True):
    """How the workspace is set, without what is secret: of the database, only what kind it is."""

    me: str
    timezone: str
    working_days: tuple[str, ...]
    working_hours: tuple[str, str]
    meeting_minutes: int
    language: str
    bidi: str
    database: str
    lease_s: float
    retention_days: int | None
    running_steps: int
    live_executions: int
    cache_mb: int
    cache_verify: float
    conflicts: str
    breaker: BreakerRule
    budgets: dict[str, float]
    exhausted: tuple[str, ...]
    """What is tried, in this order, where a budget doesn't suffice; stop behind all."""
    trust_names: bool
    log_level: str
    log_days: int
    log_personal: bool
    keep_traces: bool
    otlp_endpoint: str
    require_token: bool
    origins: tuple[str, ...]
    limits: dict[str, Quota]
