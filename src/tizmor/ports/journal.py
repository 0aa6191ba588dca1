"""What the engine needs of storage: an append-only journal, read models, ownership, an inbox.

One commit makes everything of many executions durable at once, or nothing of it. Executions are
integers here (see `tizmor.core.ids`), events are opaque bytes.
"""

from __future__ import annotations

import enum
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple, Protocol

import msgspec

from tizmor.ports.audit import AuditRow
from tizmor.ports.metrics import Tally, Unfinished
from tizmor.ports.search import Sought
from tizmor.ports.sharing import Sharing


class NewExecution(msgspec.Struct, frozen=True, kw_only=True):
    """The first row of an execution: what never changes about it."""

    query: str
    user: str
    created_at_ms: int
    priority: int = 0
    dry_run: bool = False


class ExecutionRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The read model of one execution as of a commit. `due_ms` is the wall time of its next timer
    when it rests, of its deadline when it runs; None when it has none."""

    status: str
    steps_total: int = 0
    steps_done: int = 0
    updated_at_ms: int = 0
    ended: bool = False
    due_ms: int | None = None


class StepRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The read model of one step as of a commit, with what it took: how long it was ready before
    its call began, how long it was held, how long its calls took together, and what they cost in
    tokens and millionths of a USD."""

    step: str
    agent: str
    status: str
    attempt: int = 0
    started_at_ms: int | None = None
    ended_at_ms: int | None = None
    queue_ms: int = 0
    wait_ms: int = 0
    run_ms: int = 0
    tokens: int = 0
    microusd: int = 0
    cached: int = 0
    """1 where its output had been given to an earlier call."""


class Measurement(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the call of one step took."""

    agent: str
    run_ms: int
    tokens: int
    microusd: int


class WaitingRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An approval or a question, as `kind` says; `state` is `open` or how it ended."""

    id: str
    kind: str
    step: str | None
    state: str
    payload: bytes
    """JSON of what the human sees."""
    asked_at_ms: int
    decided_at_ms: int | None = None


class OpenMatter(NamedTuple):
    """Where an open approval or question stands among those of all executions: in this order."""

    execution: int
    asked_at_ms: int
    id: str


class SharedRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One version of a value that a step has shared."""

    key: str
    version: int
    step: str
    payload: bytes
    """`{"value": …}` as JSON; stored as events are, large values apart."""
    untrusted: bool
    at_ms: int


class MessageRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The read model of one message between steps as of a commit.

    `kind` is REQUEST, RESPONSE, EVENT or BROADCAST, `recipient` a step, an agent or a topic,
    `correlation` the request that a response answers, `state` open, answered, delivered or dead,
    and then `reason` why.
    """

    id: str
    kind: str
    sender: str
    recipient: str
    correlation: str | None
    payload: bytes
    """`{"payload": …}` as JSON; stored as events are, large values apart."""
    untrusted: bool
    state: str
    reason: str | None
    sent_at_ms: int
    due_ms: int | None = None
    ended_at_ms: int | None = None


class Append(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """All that one execution has to say in one commit.

    `events` are (time in ms, payload) with consecutive sequence numbers from `first_seq` (1 is the
    first of all). `create` comes with the first append of an execution; the appender becomes its
    owner with epoch 1. `settles` are inbox rows whose effect is in these events, with the outcome
    that is told to whoever sent them. `audit` are entries of the audit log on decisions among the
    events (`tizmor.ports.audit`). `release` gives the ownership up in the same commit.
    `fences` are fencing tokens (`tizmor.ports.locks`) of leases that the appender must still have.
    """

    execution: int
    epoch: int
    first_seq: int
    events: Sequence[tuple[int, bytes]]
    row: ExecutionRow | None = None
    steps: Sequence[StepRow] = ()
    waiting: Sequence[WaitingRow] = ()
    shared: Sequence[SharedRow] = ()
    messages: Sequence[MessageRow] = ()
    create: NewExecution | None = None
    settles: Sequence[tuple[int, str]] = ()
    audit: Sequence[bytes] = ()
    checkpoint: bytes | None = None
    release: bool = False
    fences: Sequence[int] = ()


class Committed(msgspec.Struct, frozen=True, kw_only=True):
    """Parallel to the appends of a commit: the journal position of each one's first event (its
    others follow without a gap; 0 when it has no events), or None where the ownership was lost and
    nothing was kept."""

    first_positions: Sequence[int | None]


class Record(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One journaled event. `position` orders all executions of the database."""

    position: int
    execution: int
    seq: int
    at_ms: int
    payload: bytes


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """The state of one execution as folded from its events up to `seq`, that one included."""

    seq: int
    payload: bytes


class Freed(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What retention removed, or would remove. `bytes` is what the rows and blobs took up; on
    SQLite the file shrinks by it only when no other process has it open (`compacted`)."""

    executions: int = 0
    events: int = 0
    spans: int = 0
    blobs: int = 0
    bytes: int = 0
    log_lines: int = 0
    compacted: bool = False


class AgentFigures(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the steps of one agent took and cost together, of all executions that are there; a step
    that was never begun isn't counted."""

    agent: str
    steps: int
    succeeded: int
    failed: int
    attempts: int
    queue_ms: int
    wait_ms: int
    run_ms: int
    tokens: int
    microusd: int
    cached: int


class StoredExecution(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `executions`. `owner` is None when nobody owns it.

    `may_still_run` is told by `adopt` alone: a call of the former owner may still be on its way,
    as nobody saw that owner dead (its lease ran out), or it is this process itself, which may have
    known more when it took the execution first.
    """

    execution: int
    query: str
    user: str
    created_at_ms: int
    row: ExecutionRow
    owner: str | None = None
    epoch: int = 0
    priority: int = 0
    dry_run: bool = False
    may_still_run: bool = False


class InboxKind(enum.StrEnum):
    APPROVE = "approve"
    REJECT = "reject"
    DELEGATE = "delegate"
    ANSWER = "answer"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"


class InboxRow(msgspec.Struct, frozen=True, kw_only=True):
    """A command to an execution from anywhere. `outcome` is None until its owner settled it."""

    id: int
    execution: int
    kind: InboxKind
    payload: bytes
    outcome: str | None = None


class Journal(Protocol):
    """Durable storage of one database.

    What the caller owes: one `commit` at a time; after a commit whose outcome is unknown (it
    raised `StorageFailed`) the same appends again, unchanged, before anything else.
    """

    owner: str
    """This process's name as an owner, unique among all processes that ever were."""

    @property
    def sharing(self) -> Sharing:
        """What processes on this database share beside the journal."""
        ...

    async def commit(self, appends: Sequence[Append]) -> Committed:
        """Make all appends durable in one transaction.

        An append that is already there, event for event, is answered as if it was just written
        (a commit whose outcome was unknown is retried so). One whose epoch isn't the stored one is
        left out and answered with None; it doesn't spoil the others. So is one that names a lease
        which this process has no more: it was given to others while this process was taken for
        dead, and what was decided under it is void. The execution is then nobody's. Raises
        `StorageFailed` when nothing was written or that isn't known, `JournalDamaged` when a stored
        row is wrong.
        """
        ...

    async def read(self, execution: int, *, after_seq: int = 0) -> list[Record]:
        """The execution's events in order, checksums verified. Raises `JournalDamaged`."""
        ...

    async def read_all(self, executions: Sequence[int]) -> dict[int, list[Record]]:
        """The events of many executions by one look, each as `read` gives them: for going on with
        thousands after a crash."""
        ...

    async def checkpoint(self, execution: int) -> Checkpoint | None:
        """The newest checkpoint, its checksum verified. Raises `JournalDamaged`."""
        ...

    async def audit(self, *, after: int = 0, limit: int = 1000) -> list[AuditRow]:
        """At most `limit` rows of the audit log behind a number, in order, as they are stored."""
        ...

    async def get(self, execution: int) -> StoredExecution | None: ...

    async def recent(
        self, *, limit: int = 50, before: int | None = None, ended: bool | None = None
    ) -> list[StoredExecution]:
        """Executions, newest first; `before` is the cursor: only those older than it."""
        ...

    async def search(
        self, sought: Sought, *, limit: int
    ) -> tuple[list[StoredExecution], int | None]:
        """Those that are sought, newest first, at most `limit`, and the number that the next page
        is `before`, None when there is none. A page looks at `MOST_LOOKED_AT` executions, so that
        it may hold fewer, or nothing, though others come behind it."""
        ...

    async def measured(self, agents: Sequence[str], *, among: int) -> list[Measurement]:
        """What the calls of these agents took that succeeded and were made, newest first, at most
        1,000 of each: of the newest executions that have `among` steps together."""
        ...

    async def unfinished(self) -> list[StoredExecution]:
        """All that have not ended, whoever owns them, oldest first. Quick whatever the history."""
        ...

    async def open_matters(
        self, kind: str, *, limit: int, after: OpenMatter | None = None
    ) -> list[OpenMatter]:
        """The open approvals, or questions, as `kind` says, of all executions that have not ended:
        at most `limit` behind one, those of the oldest execution first."""
        ...

    async def blobs_of(self, execution: int) -> list[tuple[bytes, int]]:
        """The large values that are stored apart for an execution: their SHA-256 and their length
        in bytes, by the former."""
        ...

    async def blob_of(self, execution: int, digest: bytes) -> bytes | None:
        """One of them as it was written; None where the execution has none of that hash. Raises
        `JournalDamaged` for one that isn't what was written."""
        ...

    async def figures(self) -> list[AgentFigures]:
        """What steps took and cost, by agent."""
        ...

    async def tally(self, after: int) -> Tally:
        """What the executions took that ended behind a position, as far as it is looked at once: it
        goes on behind the tally's `until`, whether or not anything was counted."""
        ...

    async def in_progress(self) -> Unfinished:
        """How many executions have not ended, and of how much humans are asked in them."""
        ...

    async def read_feed(self, after_position: int, limit: int) -> list[Record]:
        """At most `limit` events of all executions in the order of their positions, checksums
        verified. Raises `JournalDamaged`."""
        ...

    async def last_position(self) -> int:
        """The position of the newest event; 0 when there is none."""
        ...

    async def adopt(self, execution: int) -> StoredExecution | None:
        """Become the owner, with the next epoch, if no living process is. The row as it now
        stands, `owner` being this process; None when a living owner has it or it doesn't exist.
        Adopting what one owns already answers the row as it is."""
        ...

    async def adopt_all(self, executions: Sequence[int]) -> list[StoredExecution]:
        """Adopt many in one transaction: those that now are this process's, in the given order."""
        ...

    async def let_go(self, execution: int) -> None:
        """Give up the ownership of an execution that this process can't read, so that another may
        go on with it. What isn't this process's stays as it is."""
        ...

    async def is_owner_alive(self, owner: str) -> bool: ...

    async def send(self, execution: int, kind: InboxKind, payload: bytes) -> int:
        """Write an inbox row durably and wake the execution's owner. The row's id."""
        ...

    async def outcome(self, inbox_id: int) -> str | None:
        """What the owner said to an inbox row; None while it hasn't taken it."""
        ...

    async def pending(self) -> list[InboxRow]:
        """Unsettled inbox rows of the executions that this process owns, oldest first."""
        ...

    def wakes(self) -> AsyncIterator[None]:
        """Yields when another process may have written something for this one, at the latest
        every 250 ms when nothing can wake it sooner."""
        ...

    def growth(self) -> AsyncIterator[None]:
        """Yields when any process may have added events, at the latest every 250 ms. While it is
        waited on, the processes that write to this database call this one after each commit;
        nobody does otherwise."""
        ...

    async def gc(self, *, ended_before_ms: int, dry_run: bool = False) -> Freed:
        """Remove the executions that ended before a wall time, with all that belongs to them, and
        the blobs that nobody refers to any more; with `dry_run` only say what that would be. What
        goes on or waits is never touched."""
        ...

    def check(self, *, deep: bool) -> list[tuple[str, str, str]]:
        """Findings about the stored data: name, `ok`, `warning` or `failed`, detail. `deep` reads
        and verifies every row. Blocks; may be called from any thread."""
        ...

    async def close(self) -> None:
        """Give up all ownership and end. Nothing is lost by not calling it."""
        ...
