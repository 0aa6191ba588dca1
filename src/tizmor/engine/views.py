"""An execution as users see it: what `get`, `list`, the stream and the last line of `run` give."""

from __future__ import annotations

import enum
from typing import Any

import msgspec

from tizmor.core.origins import Origin
from tizmor.core.plan import Choice, Plan, Resource


class Status(enum.StrEnum):
    """Where an execution stands. INTERRUPTED: its process is gone; `resume` goes on with it."""

    PLANNING = "PLANNING"
    RUNNING = "RUNNING"
    WAITING = "WAITING"
    PAUSED = "PAUSED"
    INTERRUPTED = "INTERRUPTED"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"


ENDED = frozenset({Status.COMPLETED, Status.FAILED, Status.REJECTED, Status.CANCELLED})
"""After these, an execution doesn't change any more."""


class _View(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    pass


class SignatureView(_View, frozen=True):
    """Who has agreed, and when."""

    by: str
    at: str


class Waiting(_View, frozen=True):
    """What a human must decide or say. `command` is the line that does it, ready to paste.

    Of an approval, `missing` people have yet to agree beside those of `signatures`; `approvers` are
    the people who may, anybody where none are named; `policies` those that have it asked about.
    Nobody decides it after `expires_at`."""

    id: str
    kind: str
    step: str | None
    text: str
    choices: tuple[Choice, ...] = ()
    arguments: dict[str, Any] | None = None
    action: str | None = None
    time: str | None = None
    participants: tuple[str, ...] = ()
    details: dict[str, str] = {}
    warnings: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    """What the plan took for granted where the request left it open."""
    untrusted: tuple[str, ...] = ()
    """Control arguments that come from what a document or a stranger said."""
    origins: dict[str, Origin] = {}
    """Where each argument comes from."""
    policies: tuple[str, ...] = ()
    approvers: tuple[str, ...] = ()
    signatures: tuple[SignatureView, ...] = ()
    missing: int = 0
    key: str = ""
    """Names exactly what is agreed to: another who must agree may come to change it."""
    expires_at: str | None = None
    command: str = ""


class PlannedCall(_View, frozen=True):
    """A call that a dry run has foreseen. `arguments` are exact but for the places in `unknown`,
    where `{"$later": PLACE}` stands for what only a call before it gives. `origins` says for each
    argument where it comes from, `resources` what it uses and how, `asks` whether a human is asked
    before it, by which `policies`, who of the `approvers` (of all, where none are named) and how
    many must agree (`quorum`), in the order of the policies; without a policy because it is
    `critical` or can't be taken back; `key` is what carrying the dry run out approves, empty where
    the call isn't exact. `maybe`: whether, or how often, it is made depends on what isn't known
    yet."""

    step: str
    agent: str
    title: str
    effect: str
    asks: bool
    arguments: dict[str, Any]
    critical: bool = False
    policies: tuple[str, ...] = ()
    approvers: tuple[str, ...] = ()
    quorum: int = 1
    key: str = ""
    action: str = ""
    time: str | None = None
    participants: tuple[str, ...] = ()
    details: dict[str, str] = {}
    warnings: tuple[str, ...] = ()
    origins: dict[str, Origin] = {}
    untrusted: tuple[str, ...] = ()
    resources: tuple[Resource, ...] = ()
    can_be_taken_back: bool = False
    unknown: tuple[str, ...] = ()
    maybe: bool = False


class StepView(_View, frozen=True):
    """One step. `state`: pending, held, running, waiting, retrying, succeeded, failed, skipped,
    rejected, cancelled, unknown, compensating, compensated; in a dry run also foreseen. `held_on`
    is what a held one waits for: `limit:NAME`, `lock:NAME`, `computation:AGENT`, `budget:NAME` or
    `breaker:NAME`, which others use just now, `held_until` until when at least, where that is
    known; so of an unknown one that can't be asked after yet, and of a compensating one.
    `cached`: its output was given to an earlier call."""

    id: str
    agent: str
    title: str
    state: str
    attempt: int = 0
    messages: tuple[str, ...] = ()
    held_on: str = ""
    held_until: str | None = None
    cached: bool = False
    error: str | None = None
    depends_on: tuple[str, ...] = ()
    started_at: str | None = None
    ended_at: str | None = None
    queue_ms: int = 0
    """From when it was ready to when its first call began, without what it waited for."""
    wait_ms: int = 0
    """Held for what others used."""
    asked_ms: int = 0
    """Until a human had answered."""
    run_ms: int = 0
    """All its calls together."""
    tokens: int = 0
    cost_usd: float = 0.0
    output: dict[str, Any] | None = None


class Execution(_View, frozen=True):
    """One execution as it stands. Times are ISO 8601 with the workspace's offset."""

    execution_id: str
    status: Status
    query: str
    created_at: str
    updated_at: str
    language: str = "en"
    plan: Plan | None = None
    steps: tuple[StepView, ...] = ()
    waiting_for: tuple[Waiting, ...] = ()
    result: dict[str, Any] = {}
    """What was delivered: the fields that have a value."""
    error: str | None = None
    duration_ms: int = 0
    tokens: int = 0
    cost_usd: float = 0.0
    dry_run: bool = False
    """Whether it changes nothing, and only says what would be done."""
    would_do: tuple[PlannedCall, ...] = ()
    """What a dry run has foreseen so far, in the plan's order."""
    recording: str | None = None
    """The execution that a dry run took what was read from."""
    command: str = ""
    """The line that carries a dry run out that has ended, ready to paste."""
    carries_out: str | None = None
    """The dry run that this one carries out."""

    @property
    def id(self) -> str:
        return self.execution_id


class ExecutionSummary(_View, frozen=True):
    """One line of `list`."""

    execution_id: str
    status: Status
    query: str
    created_at: str
    dry_run: bool = False


class ExecutionNews(_View, frozen=True):
    """An execution that is new, or stands otherwise than before: what a list of them shows. `open`
    are the approvals and questions that wait for somebody; `id` is the position in the journal."""

    execution_id: str
    id: int
    at: str
    status: Status
    query: str
    user: str
    created_at: str
    done: int
    total: int
    open: int
    dry_run: bool = False
    tokens: int = 0
    cost_usd: float = 0.0
    type: str = "execution"


class FiguresView(_View, frozen=True):
    """How much is under way in the workspace: executions that have not ended, by their status, and
    the steps that those have."""

    at: str
    active: int
    by_status: dict[str, int]
    steps_done: int
    steps_total: int
    type: str = "figures"


class BudgetView(_View, frozen=True):
    """How one budget stands: tokens, USD, seconds or calls. `scope`: `workspace`, `day`,
    `execution`, or `step` and its id. Without a limit, what was counted all the same."""

    scope: str
    measure: str
    account: str
    limit: float | None = None
    spent: float = 0.0
    reserved: float = 0.0


class LockView(_View, frozen=True):
    """Who has a resource (`state` is `held`) or waits for it (`waiting`), and since when. `access`
    is `exclusive` for who changes it, `shared` for who reads it."""

    resource: str
    access: str
    state: str
    execution_id: str
    step: str
    since: str


class LimitView(_View, frozen=True):
    """How a quota stands: `taken` of `amount` within `window_s` seconds, and how many calls wait
    for a place in it, the first of them `since`. Without an `amount` nobody has limited it. `left`
    is how many more the API itself has said that it takes, `until` then."""

    name: str
    amount: int | None
    window_s: float | None
    taken: int
    waiting: int
    since: str | None
    left: int | None
    until: str | None


class Replay(_View, frozen=True):
    """What folding an execution's journal anew led to. `differences` from what stands beside the
    journal; none when all is as it should be."""

    execution_id: str
    events: int
    status: Status
    steps_done: int
    steps: int
    differences: tuple[str, ...] = ()


class SharedVersion(_View, frozen=True):
    """One version of a value that a step has shared with the others of its execution. `untrusted`:
    it carries what a document or a stranger said."""

    key: str
    version: int
    value: Any
    step: str
    at: str
    untrusted: bool = False


class MessageView(_View, frozen=True):
    """One message between steps. `kind`: REQUEST, RESPONSE, EVENT, BROADCAST; `to` a step, an agent
    or a topic; `correlation` the request that a response answers; `state`: open, answered,
    delivered, dead, and then `reason` why; `taken_by` the steps that have it, `work` the step that
    a request was made into."""

    id: str
    kind: str
    sender: str
    to: str
    payload: Any
    state: str
    sent_at: str
    correlation: str | None = None
    reason: str | None = None
    taken_by: tuple[str, ...] = ()
    work: str | None = None
    untrusted: bool = False
    due_at: str | None = None
    ended_at: str | None = None


class StreamEvent(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One line of the stream; `id` is the position in the journal, None for what isn't journaled.

    type `progress` with `status`, `done`, `total`, once also `plan`; `step` with `step`, `agent`,
    `title`, `state`, `message` (what a held one waits for) and `until` (when at least), `error`,
    `cached` (true: its output was given to an earlier call);
    `log` with `step` and `message` (a finding); `approval`
    and `question` with `step`, `state` (`open`, `approved`, `rejected`, `expired`, `answered`,
    `withdrawn`; of one that stays open `signed`, `delegated`, `reminded`, `escalated`) and
    `waiting`; at the end `complete`, `failed`, `cancelled`, `rejected`, and, when this process
    stops following, `waiting` or `paused`. `partial` comes before the `step` that has just given
    a part of the result, with `step` and `result`; it has no id of its own.
    """

    type: str
    execution_id: str
    id: int | None = None
    at: str = ""
    status: str | None = None
    done: int | None = None
    total: int | None = None
    plan: Plan | None = None
    step: str | None = None
    agent: str | None = None
    title: str | None = None
    state: str | None = None
    message: str | None = None
    until: str | None = None
    cached: bool | None = None
    error: str | None = None
    waiting: Waiting | None = None
    result: dict[str, Any] | None = None


class LogLineView(_View, frozen=True, omit_defaults=True):
    """One line of the log. `execution_id`, `step` and `attempt` say whose it is, where it is
    anybody's; `trace_id` and `span_id` are those of the call in its trace. `line_id` orders the
    lines of a workspace."""

    line_id: int
    at: str
    level: str
    logger: str
    message: str
    fields: dict[str, Any] = {}
    execution_id: str | None = None
    step: str | None = None
    attempt: int | None = None
    trace_id: str | None = None
    span_id: str | None = None
