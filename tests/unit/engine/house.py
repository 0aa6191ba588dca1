"""The engine put together as `assembly` does it, over a journal of one's choice.

A `House` stands for a workspace, each `Process` opened on it for one process.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from secrets import randbits
from zoneinfo import ZoneInfo

import msgspec

from tizmor.caching.keys import Meaning, partition
from tizmor.caching.meaning import meaning
from tizmor.core.errors import StorageFailed
from tizmor.core.ids import parse_id
from tizmor.core.plan import Effect, Plan, RetryPolicy, Step
from tizmor.drivers.embedded.clock import SystemClock
from tizmor.engine.limits import LIMITS, Limits
from tizmor.engine.orchestrator import Orchestrator
from tizmor.engine.orders import NOBODY, Caller
from tizmor.engine.perform import Performer
from tizmor.engine.present import Presenter
from tizmor.engine.pump import GRACE_S, Pump
from tizmor.engine.views import StreamEvent
from tizmor.observability.recording import Recorder
from tizmor.pipeline.approve import Approve
from tizmor.pipeline.cache import Cache
from tizmor.pipeline.classify import Classify
from tizmor.pipeline.compose import compose
from tizmor.pipeline.invoke import invoke
from tizmor.pipeline.rules import QuotaRules
from tizmor.pipeline.standard import turns
from tizmor.pipeline.trace import Trace
from tizmor.ports.agent import Agent, AgentContext, Gate, agent
from tizmor.ports.clock import Clock
from tizmor.ports.journal import Journal
from tizmor.ports.planner import PlanRequest
from tizmor.ports.policy import BY_DEFAULT, Policy
from tizmor.ports.secrets import NO_SECRETS, Secrets
from tizmor.ports.workspace import Workspace
from tizmor.storage.memory import MemoryDatabase
from tizmor.storage.sqlite import open_sqlite

QUICK = RetryPolicy(attempts=3, first_delay_s=0.001)


class Out(msgspec.Struct):
    value: str = ""
    summary: str | None = None


class Agents:
    """Agents that note what they do. `hold` stops `Slow` until it is set; `changed` is what `Read`
    finds instead of its text."""

    def __init__(self) -> None:
        self.did: list[str] = []
        self.keys: list[str] = []
        self.hold = asyncio.Event()
        self.fail: list[Exception] = []
        self.changed = ""

    def all(self) -> list[Agent]:
        return [self.read(), self.slow("Slow"), self.slow("SlowWrite"), self.meet()]

    def read(self) -> Agent:
        @agent(name="Read", retry=QUICK)
        async def read(text: str = "", *, ctx: AgentContext) -> Out:
            """Read something."""
            if self.fail:
                raise self.fail.pop(0)
            ctx.progress(f"read {text}")
            self.did.append(f"read {text}")
            return Out(value=self.changed or text or "v", summary=f"read {text}")

        return read

    def slow(self, name: str) -> Agent:
        effect = Effect.READ if name == "Slow" else Effect.COMPENSATABLE

        @agent(name=name, effect=effect)
        async def slow(*, ctx: AgentContext) -> Out:
            """Take a while."""
            ctx.progress("on it")
            await self.hold.wait()
            self.did.append(name)
            return Out(value=name)

        return slow

    def meet(self) -> Agent:
        @agent(name="Meet", effect=Effect.COMPENSATABLE, critical=True, control=("title",))
        async def meet(title: str, at: int | None = None, *, ctx: AgentContext) -> Out:
            """Meet."""
            self.did.append(f"meet {title} at {at}")
            self.keys.append(ctx.key)
            return Out(value=title)

        @meet.prepare
        async def prepare(title: str, at: int | None = None, *, ctx: AgentContext) -> object:
            return {"at": at or 10}

        @meet.gate
        def gate(title: str, at: int | None = None, *, ctx: AgentContext) -> Gate:
            return Gate(action=f"Meet: {title}", time=f"{at}:00", participants=("Dana", "Yoav"))

        return meet


class OnePlan:
    """A planner that has one plan, or does what it is told instead."""

    def __init__(self, plan: Plan | Callable[[PlanRequest], Plan]) -> None:
        self.plan_for = plan

    async def plan(self, request: PlanRequest) -> Plan:
        return self.plan_for if isinstance(self.plan_for, Plan) else self.plan_for(request)


class Process(Orchestrator):
    """One process's engine; its parts are open to the tests."""

    pump: Pump
    journal: Journal


class House:
    """A workspace whose journal is in memory, or on SQLite in `folder`."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self.memory = MemoryDatabase()
        self.agents = Agents()
        self.planner = OnePlan(Plan(goal="g", steps=(Step(id="a", agent="Read"),)))
        self.troubles: list[StorageFailed | None] = []
        self.random_bits: Callable[[int], int] = randbits
        self.clock: Clock = SystemClock()
        self.verify = 0.0
        self.meaning: Meaning = meaning

    def open_journal(self) -> Journal:
        if self.folder is None:
            return self.memory.open()
        return open_sqlite(self.folder / ".tizmor", create=True, clock=self.clock)

    @asynccontextmanager
    async def process(
        self,
        *,
        journal: Journal | None = None,
        agents: Sequence[Agent] | None = None,
        interactive: bool = True,
        patience_s: float = 5.0,
        limits: Limits = LIMITS,
        grace_s: float = GRACE_S,
        secrets: Secrets = NO_SECRETS,
        policy: Policy = BY_DEFAULT,
        caller: Caller = NOBODY,
    ) -> AsyncIterator[Process]:
        journal = journal or self.open_journal()
        workspace = Workspace(root=self.folder or Path("/w"), timezone="Asia/Jerusalem")
        known = {a.spec.name: a for a in (self.agents.all() if agents is None else agents)}
        clock = self.clock
        cache = Cache(
            journal.sharing.cache,
            known.values(),
            within=partition(workspace),
            meaning=self.meaning,
            verify=self.verify,
            dice=lambda: 0.5,
        )
        recorder = Recorder(journal.sharing.traces, to_be_sent=False)
        performer = Performer(
            recorder=recorder,
            agents=known,
            planner=self.planner,
            pipeline=compose([Trace(), cache, Approve(), Classify()], invoke),
            turns=turns(journal.sharing, QuotaRules(known.values(), {})),
            workspace=workspace,
            clock=clock,
            dice=lambda: 0.0,
            secrets=secrets,
            policy=policy,
        )
        pump = Pump(
            journal=journal,
            performer=performer,
            clock=clock,
            patience_s=patience_s,
            interactive=interactive,
            trouble=self.troubles.append,
            limits=limits,
            grace_s=grace_s,
        )
        process = Process(
            journal=journal,
            pump=pump,
            performer=performer,
            agents=known,
            presenter=Presenter(zone=ZoneInfo("Asia/Jerusalem"), folder=workspace.root),
            clock=clock,
            random_bits=self.random_bits,
            caller=caller,
        )
        process.pump, process.journal = pump, journal
        inbox = asyncio.create_task(process.obey())
        try:
            async with asyncio.timeout(20):
                yield process
        finally:
            inbox.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await inbox
            if await pump.close():
                await recorder.close()
                await journal.close()


def plan(*steps: Step, **more: object) -> Plan:
    return Plan(goal="g", steps=steps, **more)  # type: ignore[arg-type]


def read(name: str, *uses: str, text: str = "x") -> Step:
    given: object = {"$ref": f"/{uses[0]}/value"} if uses else text
    return Step(id=name, agent="Read", arguments={"text": given}, after=uses[1:])


def meet(name: str, title: object = "talk", **more: object) -> Step:
    return Step(id=name, agent="Meet", arguments={"title": title}, **more)  # type: ignore[arg-type]


async def until(
    process: Process,
    execution_id: str,
    wanted: Callable[[StreamEvent], bool],
    *,
    after: int = 0,
) -> StreamEvent:
    """The first event of the live stream that is wanted."""
    events = process.stream(execution_id, keep_waiting=True, after=after)
    async with contextlib.aclosing(events):  # type: ignore[type-var]
        async for event in events:
            if wanted(event):
                return event
    raise AssertionError("the stream ended without it")


async def let_go(process: Process, execution_id: str) -> None:
    """Wait until the process runs the execution no more."""
    while live := process.pump.get(parse_id(execution_id) or 0):
        await live.changed.wait()


def gate_opened(event: StreamEvent) -> bool:
    return event.type == "approval" and event.state == "open"


def finding(event: StreamEvent) -> bool:
    return event.type == "log"
