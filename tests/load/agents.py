"""The agents of a load: all they do is call the recorder. And the plan that each execution runs."""

from __future__ import annotations

import math
from functools import partial

import msgspec
from tests.load import wire

from tizmor.core.plan import (
    REF,
    Access,
    Budget,
    Costs,
    Effect,
    Exhausted,
    Plan,
    Resource,
    Step,
)
from tizmor.pipeline.trace import current_call
from tizmor.ports.agent import Agent, AgentContext, agent
from tizmor.ports.quotas import Quota

_FEWEST_S, _LONGEST_S, _PER_S = 4, 40, 12
_FILES, _ROOMS = 25, 10
_MOST_TOKENS = 400
"""What one call of `Think` may take; it takes 250 in the mean."""
_TOKENS_OF_EACH = 500
"""So many are in the workspace's budget for each execution, of the 750 that its calls would take:
the last ones find nothing left."""
_TOKENS_PER_USD = 100_000
_BOUNDED = Budget(tokens=800)
_BOUNDED_BY_ASKING = Budget(tokens=800, exhausted=(Exhausted.ASK,))
"""Enough for two calls of `Think`, and for three that don't take much."""


class Receipt(msgspec.Struct):
    """What a call gives back: the key by which the recorder knows it."""

    key: str


def settings(executions: int) -> str:
    """The workspace's settings: the quotas, and what so many executions may cost together."""
    limits = [f'"{name}" = "{q.amount} per second"\n' for name, q in quotas(executions).items()]
    usd = allowed(executions) / _TOKENS_PER_USD
    return f'[limits]\n{"".join(limits)}[budgets]\n"workspace.usd" = {usd}\n'


def quotas(executions: int) -> dict[str, Quota]:
    """So narrow that the calls of so many executions take a while, and far more would be made if
    nothing held them back."""
    while_s = min(_LONGEST_S, _FEWEST_S + executions / _PER_S)
    calls = {"api:web": 2 * executions, "api:mail": executions}
    return {name: Quota(math.ceil(n / while_s), 1_000) for name, n in calls.items()}


def allowed(executions: int) -> int:
    """The tokens that so many executions may take together, by the price of which their money is
    the bound."""
    return _TOKENS_OF_EACH * executions


def microusd(tokens: int) -> int:
    """What tokens cost, in millionths of a USD."""
    return tokens * 1_000_000 // _TOKENS_PER_USD


def budget(number: int) -> Budget | None:
    """What an execution has to do with: every third is bounded, and asks for more in turn."""
    return (_BOUNDED_BY_ASKING, None, None, _BOUNDED, None, None)[number % 6]


def all_agents(recorder: wire.Address, by: str) -> list[Agent]:
    """The agents of the process of this name, calling the recorder at this address."""
    call = partial(_caller, recorder, by)
    return [
        call("Fetch", Effect.READ, api="web"),
        call("Note", Effect.IDEMPOTENT, api="files"),
        call("Send", Effect.IRREVERSIBLE, api="mail"),
        call("Book", Effect.COMPENSATABLE, api="rooms"),
        call("Think", Effect.READ, tokens=_MOST_TOKENS),
    ]


def plan(number: int) -> Plan:
    """The plan of one execution. Who wants two rooms names them in either order; it thinks all
    along, so that whenever a process is killed, some of its calls cost something."""
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
        *(
            Step(id=f"think_{i}", agent="Think", arguments={"item": {REF: f"/{of}/key"}})
            for i, of in enumerate(("fetch", "note", "look"))
        ),
    )
    return Plan(goal=f"load {number}", steps=steps, budget=budget(number))


def _caller(
    recorder: wire.Address, by: str, name: str, effect: Effect, *, api: str = "", tokens: int = 0
) -> Agent:
    costs = Costs(tokens=tokens, usd=tokens / _TOKENS_PER_USD) if tokens else None

    @agent(name=name, effect=effect, api=api, costs=costs)
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
            tokens=tokens,
            by=by,
        )
        answer = await wire.ask(recorder, made)
        if costs is not None:
            ctx.spend(tokens=answer["tokens"], usd=answer["tokens"] / _TOKENS_PER_USD)
        return Receipt(key=answer["key"])

    return call
