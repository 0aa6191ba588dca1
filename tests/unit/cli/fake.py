"""A library that plays scripted executions, so that the command line is tried without an engine."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tizmor.cli.main import main
from tizmor.core.agents import AgentSpec
from tizmor.core.errors import AmbiguousChoice, PlanRefused, StorageFailed, UnknownExecution
from tizmor.core.forecast import Forecast, Measured, forecast
from tizmor.core.plan import Budget, Choice, Effect, Plan, Step, Strategy
from tizmor.engine.auditing import Decided
from tizmor.engine.views import (
    Execution,
    ExecutionSummary,
    LogLineView,
    MessageView,
    Replay,
    SharedVersion,
    Status,
    StreamEvent,
    Waiting,
)
from tizmor.observability.spans import Span
from tizmor.ports.audit import Audited, Entry, appended, decode, encode, verified
from tizmor.ports.breakers import Standing
from tizmor.ports.vocabulary import Check
from tizmor.ports.workspace import Workspace
from tizmor.settings import Settings

AT = "2026-11-21T10:00:00.000+02:00"
ID = "06b1x3k8q9r2t"

ANCHOR = Plan(
    goal="set a meeting with Yoav about December at Tevuot",
    steps=(
        Step(id="search", agent="DriveSearch", title="Find documents"),
        Step(id="contact", agent="ContactSearch", arguments={"names": ["Yoav"]}),
        Step(
            id="analysis",
            agent="WeeklyStatus",
            arguments={"documents": {"$ref": "/search/documents"}},
        ),
        Step(
            id="calendar",
            agent="Calendar",
            arguments={"attendees": {"$ref": "/contact/contacts"}},
            effect=Effect.COMPENSATABLE,
            critical=True,
        ),
        Step(
            id="agenda",
            agent="Editor",
            arguments={"analysis": {"$ref": "/analysis/analysis"}},
            effect=Effect.IDEMPOTENT,
        ),
    ),
    assumptions=("December is December 2025",),
)
GATE = Waiting(
    id="calendar.1",
    kind="approval",
    step="calendar",
    text="Create a meeting",
    arguments={"minutes": 30, "attendees": [{"name": "Yoav Cohen", "email": "yoav@example.org"}]},
    action="Create a meeting",
    time="Tue 24.11.2026 15:00-15:30",
    participants=("Yoav Cohen <yoav@example.org>",),
    warnings=("outside working hours",),
    command=f"tizmor approve {ID} calendar.1 --workspace work",
)
SHARED = [
    SharedVersion(
        key="page", version=1, value={"text": "eve"}, step="search", at=AT, untrusted=True
    ),
    SharedVersion(key="topic", version=1, value="two", step="search", at=AT),
    SharedVersion(
        key="topic", version=2, value=3, step="analysis", at="2026-11-21T10:00:01.000+02:00"
    ),
]
MESSAGES = [
    MessageView(
        id="m1", kind="REQUEST", sender="search", to="Editor", payload={"n": 1}, state="answered",
        sent_at=AT,
    ),
    MessageView(
        id="m1.answer", kind="RESPONSE", sender="agenda", to="search", payload=2, state="delivered",
        sent_at=AT, correlation="m1", untrusted=True,
    ),
    MessageView(
        id="m2", kind="EVENT", sender="search", to="prices", payload=None, state="dead", sent_at=AT,
        reason="nobody took it",
    ),
]  # fmt: skip
QUESTION = Waiting(
    id="who",
    kind="question",
    step="contact",
    text="Which Yoav?",
    choices=(Choice(value="a", label="Yoav Cohen"), Choice(value="b", label="Yoav Levi")),
    command=f"tizmor answer {ID} who CHOICE --workspace work",
)
MEETING = {
    "title": "Strategy",
    "start": "2026-11-24T15:00:00+02:00",
    "end": "2026-11-24T15:30:00+02:00",
    "attendees": ["yoav@example.org"],
    "link": None,
    "file": "calendar/m.ics",
}


@dataclass
class Scripted:
    """One execution: what has happened, what is still to come, and how it ends."""

    query: str = "meet Yoav"
    language: str = "en"
    past: list[StreamEvent] = field(default_factory=list)
    coming: list[StreamEvent] = field(default_factory=list)
    open: dict[str, Waiting] = field(default_factory=dict)
    status: Status = Status.RUNNING
    ends: Status = Status.COMPLETED
    result: dict[str, Any] = field(default_factory=dict)
    runs_elsewhere: bool = False
    differences: tuple[str, ...] = ()
    spans: list[Span] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def happen(self, event: StreamEvent) -> StreamEvent:
        journaled = msgspec.structs.replace(event, id=len(self.past) + 1)
        self.past.append(journaled)
        if event.waiting is not None and event.state == "open":
            self.open[event.waiting.id] = event.waiting
            self.status = Status.WAITING
        self.news.set()
        return journaled

    def close(self, waiting: str, state: str) -> None:
        asked = self.open.pop(waiting)
        self.status = Status.WAITING if self.open else Status.RUNNING
        self.happen(said(asked.kind, state=state, step=asked.step, waiting=asked))


def said(kind: str, **fields: Any) -> StreamEvent:
    return StreamEvent(type=kind, execution_id=ID, at=AT, **fields)


def events_of(plan: Plan, *, gate: Waiting | None = None) -> list[StreamEvent]:
    """Every step of a plan done in order, with a finding each; the gate before its step."""
    events = [said("progress", plan=plan, status="RUNNING")]
    for step in plan.steps:
        named = {"step": step.id, "agent": step.agent, "title": step.title}
        if gate is not None and gate.step == step.id:
            events.append(said(gate.kind, state="open", step=step.id, waiting=gate))
        events += [
            said("step", state="running", **named),
            said("log", step=step.id, message=f"found by {step.agent}"),
            said("step", state="succeeded", **named),
        ]
    return events


AUDIT = appended(
    None,
    [
        encode(Entry(at_ms=0, execution=name, what="approved", by=by, about="a1"))
        for name, by in (("e1", "dana"), ("e2", "yoav"))
    ],
)


class FakeTizmor:
    """The library's face over scripted executions, which outlive it as a database would."""

    def __init__(self, store: dict[str, Scripted], root: Path, settings: Settings) -> None:
        self.store = store
        self.settings = settings
        self.workspace = Workspace(root=root)
        self.taken: set[str] = set()
        self.given: list[tuple[Any, ...]] = []
        self.callers: list[str | None] = []

    async def plan(self, request: str, *, conflicts: Strategy | None = None) -> Plan:
        if request == "impossible":
            raise PlanRefused(["step a: no such agent", "step b: a cycle"])
        return ANCHOR

    async def forecast(self, plan: Plan) -> Forecast:
        return forecast(plan, {"Calendar": [Measured(400, 0, 0)] * 20})

    async def start(
        self,
        request: str,
        *,
        approve_all: bool = False,
        plan: Plan | None = None,
        priority: int = 0,
        deadline: dt.timedelta | None = None,
        conflicts: Strategy | None = None,
        budget: Budget | None = None,
        traceparent: str | None = None,
    ) -> Execution:
        self.given.append(("start", request, approve_all, plan))
        self.callers.append(traceparent)
        self.taken.add(ID)
        return await self.get(ID)

    async def get(self, execution_id: str) -> Execution:
        scripted = self._scripted(execution_id)
        return Execution(
            execution_id=execution_id,
            status=scripted.status,
            query=scripted.query,
            created_at=AT,
            updated_at=AT,
            language=scripted.language,
            waiting_for=tuple(scripted.open.values()),
            result=scripted.result,
            duration_ms=1500,
            tokens=12,
            cost_usd=0.25,
        )

    async def list(self, *, limit: int = 50) -> list[ExecutionSummary]:
        return [
            ExecutionSummary(execution_id=i, status=s.status, query=s.query, created_at=AT)
            for i, s in self.store.items()
        ][:limit]

    async def interrupted(self) -> list[ExecutionSummary]:
        return [s for s in await self.list() if s.status is Status.INTERRUPTED]

    async def replay(self, execution_id: str) -> Replay:
        """The journal doesn't know whether a process lives."""
        scripted = self._scripted(execution_id)
        interrupted = scripted.status is Status.INTERRUPTED
        return Replay(
            execution_id=execution_id,
            events=len(scripted.past),
            status=Status.RUNNING if interrupted else scripted.status,
            steps_done=0,
            steps=len(ANCHOR.steps),
            differences=scripted.differences,
        )

    async def trace(self, execution_id: str) -> list[Span]:
        return self._scripted(execution_id).spans

    async def context(self, execution_id: str, key: str | None = None) -> list[SharedVersion]:
        self._scripted(execution_id)
        return [made for made in SHARED if key in (None, made.key)]

    async def messages(self, execution_id: str) -> list[MessageView]:
        self._scripted(execution_id)
        return MESSAGES

    async def logs(self, execution_id: str) -> list[StreamEvent]:
        return list(self._scripted(execution_id).past)

    async def log_lines(
        self, execution_id: str | None = None, **query: Any
    ) -> Sequence[LogLineView]:
        return []

    async def stream(
        self, execution_id: str, *, after: int = 0, keep_waiting: bool = False
    ) -> AsyncIterator[StreamEvent]:
        scripted = self._scripted(execution_id)
        while True:
            while after < len(scripted.past):
                after += 1
                yield scripted.past[after - 1]
            if scripted.status in (Status.COMPLETED, Status.REJECTED, Status.CANCELLED):
                return
            scripted.news.clear()
            if scripted.open and not keep_waiting:
                yield said("waiting", status="WAITING")
                return
            if scripted.open:
                await scripted.news.wait()
            elif scripted.coming:
                scripted.happen(scripted.coming.pop(0))
            else:
                scripted.status = scripted.ends
                end = {"COMPLETED": "complete"}.get(scripted.ends, scripted.ends.lower())
                scripted.happen(said(end, status=scripted.ends.value))

    async def result(self, execution_id: str) -> Execution:
        return await self.get(execution_id)

    async def resume(self, execution_id: str, *, approve_all: bool = False) -> Execution:
        self.given.append(("resume", approve_all))
        scripted = self._scripted(execution_id)
        if scripted.status is Status.INTERRUPTED:
            scripted.status = Status.RUNNING
        return await self.get(execution_id)

    async def pause(self, execution_id: str) -> str:
        self._scripted(execution_id).status = Status.PAUSED
        return "paused"

    async def cancel(self, execution_id: str, *, roll_back: bool = False) -> str:
        self._scripted(execution_id).status = Status.CANCELLED
        return "cancelled"

    async def approve(
        self,
        execution_id: str,
        approval: str | None = None,
        *,
        arguments: Mapping[str, Any] | None = None,
        comment: str | None = None,
        by: str | None = None,
        seen: str | None = None,
    ) -> str:
        meant = self._meant(execution_id, approval)
        self.given.append(("approve", meant, arguments, comment, *([by] if by else [])))
        return self._decide(execution_id, meant, "approved")

    async def preview(
        self, execution_id: str, approval: str | None, arguments: Mapping[str, Any]
    ) -> Waiting:
        waiting = self._scripted(execution_id).open[self._meant(execution_id, approval)]
        minutes = f"{arguments.get('minutes')} minutes"
        return msgspec.structs.replace(waiting, arguments=dict(arguments), time=minutes)

    async def reject(
        self,
        execution_id: str,
        approval: str | None = None,
        *,
        reason: str | None = None,
        by: str | None = None,
    ) -> str:
        meant = self._meant(execution_id, approval)
        self.given.append(("reject", meant, reason, *([by] if by else [])))
        self._scripted(execution_id).ends = Status.REJECTED
        return self._decide(execution_id, meant, "rejected")

    async def delegate(
        self, execution_id: str, approval: str | None = None, *, to: str, by: str | None = None
    ) -> str:
        meant = self._meant(execution_id, approval)
        self.given.append(("delegate", meant, to, by))
        return f"{meant} is for {to} to decide"

    async def decisions(
        self, *, after: int = 0, limit: int = 100, execution: str | None = None
    ) -> tuple[Sequence[Decided], int | None]:
        rows = [Decided(row.number, row.hash, decode(row)) for row in AUDIT]
        return [row for row in rows if execution in (None, row.entry.execution)], None

    async def verify_audit(self, head: str | None = None) -> Audited:
        return verified(AUDIT)

    def time(self, at_ms: int) -> str:
        return dt.datetime.fromtimestamp(at_ms / 1000, dt.UTC).isoformat()

    async def answer(
        self,
        execution_id: str,
        choice: str,
        *,
        question: str | None = None,
        arguments: Mapping[str, Any] | None = None,
    ) -> str:
        meant = self._meant(execution_id, question)
        self.given.append(("answer", meant, choice, *([dict(arguments)] if arguments else [])))
        return self._decide(execution_id, meant, "answered")

    def owns(self, execution_id: str) -> bool:
        return execution_id in self.taken

    async def breakers(self) -> list[Standing]:
        return []

    async def agents(self) -> list[AgentSpec]:
        return [
            AgentSpec(name="Calendar", description="Creates a meeting.", critical=True),
            AgentSpec(name="DriveSearch", description="Finds documents."),
        ]

    async def doctor(self, *, deep: bool = False) -> list[Check]:
        state = "failed" if deep else "ok"
        return [Check(name="database", state=state, detail="journal")]

    async def migrate(self) -> str:
        return "the database is of this version"

    def command(self, verb: str, execution_id: str) -> str:
        return f"tizmor {verb} {execution_id} --workspace {self.workspace.root}"

    def _scripted(self, execution_id: str) -> Scripted:
        if execution_id not in self.store:
            raise UnknownExecution(f"there is no execution {execution_id!r}")
        return self.store[execution_id]

    def _meant(self, execution_id: str, named: str | None) -> str:
        open_ids = list(self._scripted(execution_id).open)
        if named is None and len(open_ids) != 1:
            raise AmbiguousChoice(f"name one: {', '.join(open_ids)}", options=open_ids)
        return named or open_ids[0]

    def _decide(self, execution_id: str, meant: str, state: str) -> str:
        scripted = self._scripted(execution_id)
        scripted.close(meant, state)
        if not scripted.runs_elsewhere:
            self.taken.add(execution_id)
        return f"{meant} {state}"


@dataclass
class Shell:
    """The command line in this process. `opened` are the libraries that it opened."""

    workspace: Path
    store: dict[str, Scripted]
    opened: list[tuple[FakeTizmor, bool]]
    capture: pytest.CaptureFixture[str]
    tell: Callable[[StorageFailed | None], None] | None = None
    """What the library that was opened last tells of its storage."""
    patience_s: float = 0.0
    """How long that one waits for storage that fails."""

    def __call__(self, *words: str) -> Ran:
        code = main([*words, "--workspace", str(self.workspace)])
        shown = self.capture.readouterr()
        return Ran(code, shown.out, shown.err)

    @property
    def given(self) -> list[tuple[Any, ...]]:
        """All that the libraries were told."""
        return [order for library, _ in self.opened for order in library.given]


@dataclass
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> list[dict[str, Any]]:
        return [msgspec.json.decode(line) for line in self.out.splitlines()]


def opener(shell: Shell) -> Any:
    class Opener:
        @staticmethod
        @asynccontextmanager
        async def open(
            workspace: Path,
            *,
            settings: Settings,
            write: bool,
            patience_s: float,
            trouble: Callable[[StorageFailed | None], None],
            program: str,
            interface: str,
            serves: bool = False,
        ) -> AsyncIterator[FakeTizmor]:
            library = FakeTizmor(shell.store, Path(workspace), settings)
            shell.opened.append((library, write))
            shell.tell, shell.patience_s = trouble, patience_s
            yield library

    return Opener
