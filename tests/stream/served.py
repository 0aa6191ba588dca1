"""The server that is measured: `python -m tests.stream.served WORKSPACE PORT`. It is as `tizmor
serve` is, with agents that do as they are told."""

from __future__ import annotations

import asyncio
import sys

from tizmor import AgentContext, Effect, agent
from tizmor.api import server
from tizmor.assembly import Tizmor
from tizmor.core.plan import Plan, Step
from tizmor.drivers.embedded.process import allow_files, run
from tizmor.ports.agent import Agent
from tizmor.ports.planner import PlanRequest
from tizmor.ports.vocabulary import Value


class Told(Value, frozen=True):
    text: str = ""


class Worded:
    """Plans what the first word of a request says; the rest is for the agent."""

    async def plan(self, request: PlanRequest) -> Plan:
        word, _, rest = request.text.partition(" ")
        names = {
            "work": ("Note", "Note", "Note"),
            "send": ("Note", "Send"),
            "tick": ("Tick",),
            "write": ("Write",),
            "hold": ("Hold",),
        }[word]
        steps: list[Step] = []
        for number, name in enumerate(names):
            steps.append(
                Step(
                    id=f"s{number}",
                    agent=name,
                    title=name,
                    arguments={"text": rest},
                    effect=Effect.IRREVERSIBLE if name == "Send" else Effect.READ,
                    critical=name == "Send",
                    after=tuple(step.id for step in steps[-1:]),
                )
            )
        return Plan(goal=request.text, steps=tuple(steps))


def agents() -> list[Agent]:
    @agent(name="Note")
    async def note(text: str, *, ctx: AgentContext) -> Told:
        """Take a note."""
        ctx.progress("noted")
        await asyncio.sleep(0.05)
        return Told(text=text)

    @agent(name="Send", effect=Effect.IRREVERSIBLE, critical=True)
    async def send(text: str, *, ctx: AgentContext) -> Told:
        """Send a text."""
        return Told(text=text)

    @agent(name="Tick")
    async def tick(text: str, *, ctx: AgentContext) -> Told:
        """Report so many findings a second, so many times."""
        rate, count = map(int, text.split())
        loop = asyncio.get_running_loop()
        began = loop.time()
        for number in range(count):
            ctx.progress(f"finding {number} of {count}: {'x' * 40}")
            await asyncio.sleep(max(0.0, began + (number + 1) / rate - loop.time()))
        return Told(text=text)

    @agent(name="Write")
    async def write(text: str, *, ctx: AgentContext) -> Told:
        """Say a hundred words, one after the other."""
        for number in range(100):
            ctx.partial(f"word {number} ")
            await asyncio.sleep(0.01)
        return Told(text=text)

    @agent(name="Hold")
    async def hold(text: str, *, ctx: AgentContext) -> Told:
        """Take as long as one may."""
        await asyncio.sleep(3600)
        return Told(text=text)

    return [note, send, tick, write, hold]


async def main(workspace: str, port: int) -> None:
    with server.listen("127.0.0.1", port) as sock:
        async with Tizmor.open(
            workspace, agents=agents(), planner=Worded(), interface="http"
        ) as tizmor:
            await tizmor.resume_all()
            sys.stdout.write(server.url_of(sock) + "\n")
            sys.stdout.flush()
            await server.serve(tizmor, sock)


if __name__ == "__main__":
    allow_files()
    run(main(sys.argv[1], int(sys.argv[2])))
