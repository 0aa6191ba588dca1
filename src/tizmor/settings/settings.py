"""What a workspace's owner, its variables and its call say, in one frozen object."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from tizmor.core.plan import Strategy
from tizmor.ports.breakers import STANDARD, Breaking
from tizmor.ports.budgets import NO_BUDGETS, Budgeting
from tizmor.ports.quotas import Quota
from tizmor.ports.workspace import Day, Workspace
from tizmor.settings.database_url import SERVERS

_DEFAULT = Workspace(root=Path())


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What a workspace's owner, its variables and its call say. See `load`."""

    me: str = ""
    """`name <address>`; empty when nobody said who they are."""
    timezone: str = _DEFAULT.timezone
    """IANA name."""
    working_days: tuple[Day, ...] = _DEFAULT.working_days
    working_hours: tuple[dt.time, dt.time] = (_DEFAULT.working_start, _DEFAULT.working_end)
    meeting_minutes: int = _DEFAULT.meeting_minutes
    language: str = _DEFAULT.language
    """`he`, `en`, or empty: the request's own."""
    bidi: str = "auto"
    """Whether Hebrew is put into visual order for the terminal: `on`, `off`, or `auto`."""
    database_url: str = ""
    """Empty: the workspace's own database under `.tizmor/`. It may hold a password."""
    lease_s: float = 10.0
    """On PostgreSQL: for how long a process that isn't heard of keeps what it owns. Seconds."""
    retention_days: int | None = None
    """How long `gc` keeps executions after their end; None: for ever."""
    running_steps: int = 256
    """How many calls of agents run at a time in one process."""
    live_executions: int = 1000
    """How many executions a process keeps in memory; those that wait rest on disk."""
    cache_mb: int = 64
    """How much may be kept of agents' answers, in 10**6 bytes; with 0 none is."""
    cache_verify: float = 0.02
    """The part of answers served because they mean the same for which the call is made all the
    same, and compared."""
    conflicts: Strategy = Strategy.ORDER
    """How steps of a plan that are at odds are settled, where `run` doesn't say."""
    breaker: Breaking = STANDARD
    """When what fails outside is left alone for a while."""
    budgets: Budgeting = NO_BUDGETS
    """How much may be used, by the budget's name: `day.usd`, `execution.calls`."""
    trust_names: bool = False
    """Whether who decides at the command line may say who they are (`--as NAME`); else they are the
    operating system's account."""
    log_level: str = "info"
    """From which level on lines are kept in the log: `debug`, `info`, `warning` or `error`."""
    log_days: int = 7
    """How long they are kept."""
    log_personal: bool = False
    """Whether e-mail addresses and phone numbers may stand in it."""
    require_token: bool = False
    """Whether `serve` wants a token on this machine, too; elsewhere it always does."""
    origins: tuple[str, ...] = ()
    """What the server is known as elsewhere: `https://tizmor.example.org`."""
    keep_traces: bool = True
    """Whether `tizmor serve` keeps what took how long in each execution."""
    otlp_endpoint: str = ""
    """The URL of an OpenTelemetry collector that traces are sent to; empty: they are not."""
    otlp_headers: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Header fields of what is sent there, each a secret by its name."""
    limits: Mapping[str, Quota] = msgspec.field(default_factory=dict)
    """How often may be called what is outside, by name: see `tizmor.pipeline.rules`."""

    @property
    def server_url(self) -> str:
        """The database's URL when it is on a PostgreSQL server; else empty."""
        scheme, colon, rest = self.database_url.partition(":")
        return f"postgresql:{rest}" if colon and scheme.partition("+")[0] in SERVERS else ""

    def database(self, root: Path) -> Path:
        """The database's file: the one that is named, relative to the workspace, or its own."""
        if not self.database_url:
            return root / ".tizmor" / "tizmor.db"
        return root / urlsplit(self.database_url).path.removeprefix("/")

    def workspace(self, root: Path) -> Workspace:
        """The folder as agents and planners see it."""
        name, address = parseaddr(self.me)
        return Workspace(
            root=root,
            me_name=name,
            me_email=address,
            timezone=self.timezone,
            working_days=self.working_days,
            working_start=self.working_hours[0],
            working_end=self.working_hours[1],
            meeting_minutes=self.meeting_minutes,
            language=self.language,
        )
