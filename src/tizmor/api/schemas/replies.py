"""What goes out, where no view of the engine says it already."""

from __future__ import annotations

import msgspec

from tizmor.engine.views import ExecutionSummary, LogLineView, Status, StreamEvent, Waiting


class Reply(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a route gives."""


class Started(Reply, frozen=True):
    """The execution that was begun; it is on disk."""

    execution_id: str


class Ordered(Reply, frozen=True):
    """What became of an order, as a sentence, and how the execution stands now."""

    execution_id: str
    outcome: str
    status: Status


class System(Reply, frozen=True):
    """What runs here. `activeExecutions` have not ended, waiting ones included; of the `agents`
    that can be asked for, `tools` call something outside the workspace."""

    initialized: bool
    active_executions: int
    tools: int
    agents: int


class SystemStatus(Reply, frozen=True):
    """Whether the server works."""

    status: str
    system: System


class Health(Reply, frozen=True):
    """`ok`; what is wrong is said by a problem instead."""

    status: str


class Bearer(Reply, frozen=True):
    """In whose name is asked; null where nobody has to say who they are. `scopes` are what their
    token allows."""

    name: str | None
    scopes: tuple[str, ...]
    expires_at: str | None


class ExecutionPage(Reply, frozen=True):
    """Executions, newest first. `next_cursor` gives the page after this one; null on the last."""

    items: tuple[ExecutionSummary, ...]
    next_cursor: str | None = None


class LogPage(Reply, frozen=True):
    """Events of one execution, oldest first. `next_cursor` gives the page after this one; null
    where nothing has happened since."""

    items: tuple[StreamEvent, ...]
    next_cursor: str | None = None


class LinePage(Reply, frozen=True):
    """Lines of the log, newest first; behind a line, oldest first. `next_cursor` gives the page of
    older ones; null on the last, and behind a line."""

    items: tuple[LogLineView, ...]
    next_cursor: str | None = None


class TraceLink(Reply, frozen=True):
    """Another trace's span that came before, and how."""

    trace_id: str
    span_id: str
    relation: str


class TraceSpan(Reply, frozen=True):
    """Something that took time: `start_ms` after the trace's start, for `duration_ms`; null for
    what goes on. It lies `depth` deep in what it is a part of. `error` is its kind, `message` what
    was said of it."""

    span_id: str
    parent_span_id: str | None
    depth: int
    part: str
    name: str
    start_ms: int
    duration_ms: int | None
    attributes: dict[str, str | int | float | bool]
    error: str | None = None
    message: str = ""
    links: tuple[TraceLink, ...] = ()


class TraceGap(Reply, frozen=True):
    """A time in which nothing was done, and which parts waited meanwhile."""

    start_ms: int
    duration_ms: int
    waits: tuple[str, ...]


class Trace(Reply, frozen=True):
    """What took how long in an execution so far: each span behind what it is a part of, and when
    nothing was done. `start` is in milliseconds since the epoch."""

    execution_id: str
    trace_id: str
    start: int
    duration_ms: int
    spans: tuple[TraceSpan, ...]
    gaps: tuple[TraceGap, ...]


class WaitingPage(Reply, frozen=True):
    """All that is open, in the order in which it was asked."""

    items: tuple[Waiting, ...]
    next_cursor: str | None = None


class StepMetrics(Reply, frozen=True):
    """What one step took: ready before its first call, held for what others used, asked about,
    running, all in milliseconds."""

    id: str
    agent: str
    state: str
    attempts: int
    cached: bool
    queue_ms: int
    wait_ms: int
    asked_ms: int
    run_ms: int
    tokens: int
    cost_usd: float


class ExecutionMetrics(Reply, frozen=True):
    """What an execution took and cost so far. `steps_by_state` counts its steps; `success_rate` is
    that of the steps which succeeded or failed, null while none has."""

    execution_id: str
    status: Status
    duration_ms: int
    tokens: int
    cost_usd: float
    steps_by_state: dict[str, int]
    success_rate: float | None
    steps: tuple[StepMetrics, ...]


class FieldProblem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is wrong with one part of a request: of its body, by a JSON Pointer in a URI fragment
    (RFC 6901, section 6), else by the parameter's name."""

    detail: str
    pointer: str | None = None
    parameter: str | None = None


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What went wrong (RFC 9457). `type` is stable; a GET of it tells what it means. `errors` says
    what is wrong where, `options` what could have been named, `problems` what a plan has."""

    type: str
    title: str
    status: int
    detail: str | None = None
    errors: tuple[FieldProblem, ...] = ()
    options: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
