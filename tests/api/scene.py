"""A workspace with agents whose work the test decides on, and a real server on a real port."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import msgspec

from tizmor import AgentContext, Effect, NeedsAnswer, Permanent, agent
from tizmor.api import server
from tizmor.api.guard import ANYWHERE_HERE, Site
from tizmor.assembly import Tizmor
from tizmor.core.plan import OnFailure, Plan, Resource, Step
from tizmor.ports.agent import Agent
from tizmor.ports.planner import PlanRequest
from tizmor.ports.vocabulary import Value
from tizmor.settings import load

FINDINGS = 20


class Told(Value, frozen=True):
    text: str = ""
    summary: str = ""


def step(name: str, agent_name: str, **more: Any) -> Step:
    arguments = {"text": more.pop("text", name)}
    return Step(id=name, agent=agent_name, arguments=arguments, **more)


ASKS: dict[str, Any] = {"effect": Effect.IRREVERSIBLE, "critical": True}
SEND = step("send", "Send", **ASKS)
PLANS = {
    "note": [step("note", "Note")],
    "send": [step("note", "Note"), SEND],
    "mail": [step("mail", "Send", text="yoav@example.org", **ASKS)],
    "ask": [step("ask", "Ask")],
    "hold": [step("hold", "Hold")],
    "log": [step("log", "Log")],
    "tell": [step("tell", "Tell")],
    "flood": [step("flood", "Flood")],
    "write": [step("write", "Write")],
    "fail": [step("note", "Note"), step("fail", "Fail", on_failure=OnFailure.ASK)],
    "talk": [step("talk", "Talk"), step("note", "Note")],
    "large": [step("large", "Large")],
    "undo": [
        step("book", "Book", effect=Effect.COMPENSATABLE),
        step("fail", "Fail", after=("book",), on_failure=OnFailure.ASK),
    ],
    "lock": [step("lock", "Lock", resources=(Resource(name="door"),))],
    "keep": [step("keep", "Keep")],
}


class Scripted:
    """Plans what the first word of a request says."""

    async def plan(self, request: PlanRequest) -> Plan:
        word = request.text.split()[0]
        return Plan(goal=request.text, steps=tuple(PLANS[word]))


class Scene:
    """What the agents have done; `go` lets the one that holds go on."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.booked: list[str] = []
        self.is_well = False
        self.go = asyncio.Event()

    def agents(self) -> list[Agent]:
        @agent(name="Note")
        async def note(text: str, *, ctx: AgentContext) -> Told:
            """Take a note."""
            return Told(text=text, summary=f"noted {text}")

        @agent(name="Send", effect=Effect.IRREVERSIBLE, critical=True)
        async def send(text: str, *, ctx: AgentContext) -> Told:
            """Send a text."""
            self.sent.append(text)
            return Told(text=text)

        @agent(name="Ask")
        async def ask(text: str, *, ctx: AgentContext) -> Told:
            """Ask which it is."""
            if "which" not in ctx.answers:
                raise NeedsAnswer(
                    "Which?",
                    question_id="which",
                    choices=[("red", "Red"), ("blue", "Blue")],
                    free_text=False,
                )
            return Told(text=ctx.answers["which"])

        @agent(name="Hold")
        async def hold(text: str, *, ctx: AgentContext) -> Told:
            """Wait until it may go on."""
            ctx.progress("holds")
            await self.go.wait()
            return Told(text=text)

        @agent(name="Tell")
        async def tell(text: str, *, ctx: AgentContext) -> Told:
            """Tell what was found, one after the other, and hold in the middle."""
            for number in range(FINDINGS):
                if number == FINDINGS // 2:
                    await self.go.wait()
                ctx.progress(f"finding {number}")
            return Told(text=text)

        @agent(name="Flood")
        async def flood(text: str, *, ctx: AgentContext) -> Told:
            """Tell a megabyte, two thousand characters at a time."""
            for number in range(500):
                ctx.progress(f"{number} {'x' * 1990}")
                if number % 20 == 0:
                    await asyncio.sleep(0)
            return Told(text=text)

        @agent(name="Write")
        async def write(text: str, *, ctx: AgentContext) -> Told:
            """Say what is being written, word by word, once somebody may listen."""
            await self.go.wait()
            for word in ("one", " two", " three"):
                ctx.partial(word)
                await asyncio.sleep(0)
            return Told(text=text)

        @agent(name="Fail", api="weather", rate_limit="60/minute")
        async def fail(text: str, *, ctx: AgentContext) -> Told:
            """Fail, but with the text "well"."""
            if text != "well" and not self.is_well:
                raise Permanent("the weather is out")
            return Told(text=text)

        @agent(name="Talk")
        async def talk(text: str, *, ctx: AgentContext) -> Told:
            """Share and tell."""
            for number in range(3):
                await ctx.share("topic", {"number": number})
            await ctx.share("count", 3)
            for number in range(3):
                await ctx.messages.broadcast({"number": number})
            return Told(text=text)

        @agent(name="Large")
        async def large(text: str, *, ctx: AgentContext) -> Told:
            """Give a large value."""
            return Told(text=text * 20_000)

        @agent(name="Book", effect=Effect.COMPENSATABLE)
        async def book(text: str, *, ctx: AgentContext) -> Told:
            """Book what can be taken back."""
            self.booked.append(text)
            return Told(text=text)

        @book.compensate
        async def unbook(result: Told, *, ctx: AgentContext) -> None:
            self.booked.remove(result.text)

        @agent(name="Lock", resources=[Resource(name="door")])
        async def lock(text: str, *, ctx: AgentContext) -> Told:
            """Have the door until it may go on."""
            ctx.progress("has the door")
            await self.go.wait()
            return Told(text=text)

        @agent(name="Keep", cache_for=dt.timedelta(hours=1))
        async def keep(text: str, *, ctx: AgentContext) -> Told:
            """Give what is kept."""
            return Told(text=text)

        @agent(name="Log")
        async def log(text: str, *, ctx: AgentContext) -> Told:
            """Write lines of the log."""
            ctx.log.info("told", by="one of the scene")
            ctx.log.info("more", by="one of the scene")
            ctx.log.warning("warned", by="one of the scene")
            return Told(text=text)

        return [
            *(note, send, ask, hold, tell, flood, write, fail, talk, large, book, lock, keep, log)
        ]


class Api:
    """A served workspace, and a client of it."""

    def __init__(
        self, client: httpx2.AsyncClient, tizmor: Tizmor, scene: Scene, running: server.Server
    ) -> None:
        self.client = client
        self.tizmor = tizmor
        self.scene = scene
        self.running = running

    async def start(self, query: str) -> str:
        """Start an execution; its id."""
        response = await self.post("/api/orchestrate", {"query": query, "userId": "dana"})
        assert response.status_code == 201, response.text
        return str(response.json()["executionId"])

    async def started(self, query: str) -> str:
        """The same, at rest: ended, or waiting for a human."""
        execution = await self.start(query)
        await self.tizmor.result(execution)
        return execution

    async def get(self, path: str, **more: Any) -> httpx2.Response:
        return await self.client.get(path, **more)

    async def post(self, path: str, body: Any = None, **more: Any) -> httpx2.Response:
        if body is not None:
            more["json"] = body
        return await self.client.post(path, **more)

    @contextlib.asynccontextmanager
    async def stream(
        self, execution: str, last: str | None = None
    ) -> AsyncIterator[AsyncIterator[httpx2.ServerSentEvent]]:
        """The events of an execution as its stream says them."""
        async with self.told(f"/api/orchestrate/stream/{execution}", last) as events:
            yield events

    @contextlib.asynccontextmanager
    async def told(
        self, path: str, last: str | None = None
    ) -> AsyncIterator[AsyncIterator[httpx2.ServerSentEvent]]:
        """The events that a path streams."""
        headers = {} if last is None else {"Last-Event-ID": last}
        async with self.client.sse(path, headers=headers) as source:
            yield (event async for event in source if event.data)

    async def events(self, execution: str, last: str | None = None) -> list[httpx2.ServerSentEvent]:
        """All of them, to the end."""
        async with self.stream(execution, last) as events:
            return [event async for event in events]


@contextlib.asynccontextmanager
async def served(
    folder: Path,
    *,
    heartbeat_s: float = 15.0,
    stalled_s: float = 30.0,
    port: int = 0,
    wants_token: bool = False,
    site: Site = ANYWHERE_HERE,
    database_url: str = "",
) -> AsyncIterator[Api]:
    """The API of a workspace, served until the end; on a database of its own if none is named."""
    scene = Scene()
    settings = load(folder)
    if database_url:
        settings = msgspec.structs.replace(settings, database_url=database_url)
    async with Tizmor.open(
        folder, settings=settings, agents=scene.agents(), planner=Scripted(), interface="http"
    ) as tizmor:
        await tizmor.resume_all()
        with server.listen("127.0.0.1", port) as sock:
            running = server.Server(
                tizmor,
                heartbeat_s=heartbeat_s,
                stalled_s=stalled_s,
                site=site,
                wants_token=wants_token,
            )
            serving = asyncio.create_task(running.run(sock))
            url = server.url_of(sock)
            async with httpx2.AsyncClient(base_url=url, timeout=30, trust_env=False) as client:
                try:
                    yield Api(client, tizmor, scene, running)
                finally:
                    scene.go.set()
                    if not serving.done():
                        running.end()
                    await serving
