"""One agent for each effect class, with and without a probe; all they do is call the recorder."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
from tests.crash import wire

from tizmor.core.errors import OutcomeUnknown, Permanent, PreconditionFailed, Transient
from tizmor.core.plan import Effect, RetryPolicy
from tizmor.ports.agent import Agent, AgentContext, agent

_RETRY = RetryPolicy(attempts=6, first_delay_s=0.02, max_delay_s=0.3)
_TIMEOUT = dt.timedelta(seconds=1.2)


class Receipt(msgspec.Struct):
    """What a call gives back: the key by which the recorder knows it."""

    key: str


def all_agents(recorder: wire.Address) -> list[Agent]:
    """The agents, calling the recorder at this address."""
    return [
        _caller("Glance", recorder, Effect.READ),
        _caller("Put", recorder, Effect.IDEMPOTENT),
        _compensatable(_caller("Book", recorder, Effect.COMPENSATABLE), recorder),
        _meet(recorder),
        _caller("Send", recorder, Effect.IRREVERSIBLE),
        _probed(_caller("Pay", recorder, Effect.IRREVERSIBLE), recorder),
    ]


def _caller(name: str, recorder: wire.Address, effect: Effect, *, critical: bool = False) -> Agent:
    @agent(name=name, effect=effect, critical=critical, retry=_RETRY, timeout=_TIMEOUT)
    async def call(item: str, after: str = "", slot: int = 0, *, ctx: AgentContext) -> Receipt:
        """Call the recorder once."""
        request = wire.Call(
            execution=ctx.execution_id,
            step=ctx.step_id,
            agent=name,
            effect=effect.value,
            key=ctx.key,
        )
        return _received(await wire.ask(recorder, request))

    return call


def _received(answer: dict[str, Any]) -> Receipt:
    if "refused" in answer:
        raise Transient("the server is busy")
    if "refused_for_good" in answer:
        raise Permanent("the server will not do it")
    if "stale" in answer:
        raise PreconditionFailed("the slot is taken")
    return Receipt(key=answer["key"])


def _probed(called: Agent, recorder: wire.Address) -> Agent:
    @called.probe
    async def probe(key: str, *, ctx: AgentContext) -> Receipt | None:
        asked = wire.Probe(execution=ctx.execution_id, step=ctx.step_id, key=key)
        outcome = (await wire.ask(recorder, asked))["outcome"]
        if outcome == "silent":
            raise OutcomeUnknown("the server can't tell")
        return Receipt(key=key) if outcome == "happened" else None

    return called


def _compensatable(called: Agent, recorder: wire.Address) -> Agent:
    @called.compensate
    async def compensate(result: Receipt, *, ctx: AgentContext) -> None:
        undo = wire.Undo(execution=ctx.execution_id, step=ctx.step_id, key=result.key)
        _received(await wire.ask(recorder, undo))

    return called


def _meet(recorder: wire.Address) -> Agent:
    """As a calendar is: probed, prepared before the gate, and stale when the slot has gone."""
    meet = _caller("Meet", recorder, Effect.COMPENSATABLE, critical=True)

    @meet.prepare
    async def prepare(
        item: str, after: str = "", slot: int = 0, *, ctx: AgentContext
    ) -> dict[str, Any]:
        return {"slot": slot + ctx.attempt + 1}

    return _compensatable(_probed(meet, recorder), recorder)
