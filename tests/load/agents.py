"""The agents of a load: all they do is call the recorder. And the plan that each execution runs."""

from __future__ import annotations

import msgspec
from tests.load import wire

from tizmor.core.plan import REF, Access, Effect, Plan, Resource, Step
from tizmor.pipeline.trace import current_call
from tizmor.ports.agent import Agent, AgentContext, agent
from tizmor.ports.quotas import Quota

QUOTAS = {"api:web": Quota(40, 1_000), "api:mail": Quota(15, 1_000)}
LIMITS = '[limits]\n"api:web" = "40 per second"\n"api:mail" = "15 per second"\n'
"""The same, as a workspace's settings say it."""
_FILES, _ROOMS = 25, 10


class Receipt(msgspec.Struct):
    """What a call gives back: the key by which the recorder knows it."""

    key: str


def all_agents(recorder: wire.Address) -> list[Agent]:
    """The agents, calling the recorder at this address."""
    return [
        _caller("Fetch", recorder, Effect.READ, api="web"),
        _caller("Note", recorder, Effect.IDEMPOTENT, api="files"),
        _caller("Send", recorder, Effect.IRREVERSIBLE, api="mail"),
        _caller("Book", recorder, Effect.COMPENSATABLE, api="rooms"),
    ]


def plan(number: int) -> Plan:
    """The plan of one execution. Who wants two rooms names them in either order."""
    mine = Resource(name=f"file:{number % _FILES}")
    theirs = Resource(name=f"file:{(number * 7 + 1) % _FILES}", access=Access.SHARED)
    rooms = [Resource(name=f"room:{(number * 3 + i * 5) % _ROOMS}") for i in range(2)]
    if number % 2:
        rooms.reverse()
    steps = (
        Step(id="fetch", agent="Fetch", arguments={"item": f"page {number}"}),
        Step(
            id="note",
            agent="Note",
            arguments={"item": {REF: "/fetch/key"}},
            resources=(mine,),
        ),
        Step(
            id="look",
            agent="Fetch",
            arguments={"item": {REF: "/note/key"}},
            resources=(theirs,) if theirs.name != mine.name else (),
            after=("note",),
        ),
        Step(id="send", agent="Send", arguments={"item": {REF: "/note/key"}}),
        Step(
            id="book",
            agent="Book",
            arguments={"item": {REF: "/note/key"}},
            resources=tuple(rooms),
            after=("send",),
        ),
    )
    return Plan(goal=f"load {number}", steps=steps)


def _caller(name: str, recorder: wire.Address, effect: Effect, *, api: str) -> Agent:
    @agent(name=name, effect=effect, api=api)
    async def call(item: str, *, ctx: AgentContext) -> Receipt:
        """Call the recorder once."""
        running = current_call.get()
        made = wire.Made(
            execution=ctx.execution_id,
            step=ctx.step_id,
            key=ctx.key,
            effect=effect.value,
            api=api,
            uses={r.name: r.access for r in running.step.resources} if running else {},
        )
        return Receipt(key=(await wire.ask(recorder, made))["key"])

    return call
