"""The agents that simulated plans are made of: one for every way of being an agent."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

from tests.simulation.extras import TOPIC
from tests.simulation.ways import COSTS, Out, Way
from tests.simulation.world import WORLD

from tizmor.core.plan import Effect, RetryPolicy
from tizmor.ports.agent import Agent, AgentContext, agent

RETRY = RetryPolicy(attempts=3, first_delay_s=0.2, max_delay_s=0.5)
TIMEOUT = dt.timedelta(seconds=0.5)
KEPT_FOR = dt.timedelta(seconds=2)
DEFAULTS: dict[str, Any] = {"x0": "", "x1": "", "note": "", "slot": None}
"""What each agent takes, and what is meant when it isn't given."""


def _declared(way: Way) -> dict[str, Any]:
    """What an agent says of itself."""
    return {
        "name": way.name,
        "effect": way.effect,
        "critical": way.critical,
        "control": ("x0",),
        "retry": RETRY,
        "timeout": TIMEOUT if way.hurries else None,
        "api": way.effect.value,
        "costs": COSTS if way.costs else None,
        "cache_for": KEPT_FOR if way.keeps else None,
        "receives": (TOPIC,) if way.talks else (),
        "hands_over": Effect.IRREVERSIBLE if way.talks else Effect.READ,
    }


def _talking(way: Way) -> Agent:
    @agent(**_declared(way))
    async def call(
        x0: str = "",
        x1: str = "",
        note: str = "",
        slot: int | None = None,
        script: tuple[str, ...] = (),
        *,
        ctx: AgentContext,
    ) -> Out:
        """Say what the script says, and do what the world lets it."""
        arguments = {"x0": x0, "x1": x1, "note": note, "slot": slot, "script": list(script)}
        return await WORLD.get().call(ctx, way, arguments, script)

    return call


def _silent(way: Way) -> Agent:
    @agent(**_declared(way))
    async def call(
        x0: str = "",
        x1: str = "",
        note: str = "",
        slot: int | None = None,
        *,
        ctx: AgentContext,
    ) -> Out:
        """Do what the world lets it."""
        arguments = {"x0": x0, "x1": x1, "note": note, "slot": slot}
        return await WORLD.get().call(ctx, way, arguments)

    return call


def _agent(way: Way) -> Agent:
    call = _talking(way) if way.talks else _silent(way)
    if way.prepares:

        @call.prepare
        async def prepare(ctx: AgentContext, **arguments: Any) -> dict[str, Any]:
            return await WORLD.get().prepare(ctx, way)

    if way.probes:

        @call.probe
        async def probe(key: str, *, ctx: AgentContext) -> Out | None:
            return await WORLD.get().probe(ctx, way)

    if way.compensates and way.critical:

        @call.compensate
        async def compensate_by_key(result: Out | None, *, ctx: AgentContext) -> None:
            await WORLD.get().compensate(ctx, way)

    elif way.compensates:

        @call.compensate
        async def compensate(result: Out, *, ctx: AgentContext) -> None:
            await WORLD.get().compensate(ctx, way)

    return call


def _plain_ways() -> list[Way]:
    names = ("critical", "prepares", "probes", "compensates", "hurries")
    flags = [dict(zip(names, on, strict=True)) for on in itertools.product((False, True), repeat=5)]
    ways = [Way(effect=effect, **on) for effect in Effect for on in flags]
    return [way for way in ways if _makes_sense(way)]


def _makes_sense(way: Way) -> bool:
    """A read leaves nothing to ask after; what can be taken back is compensatable."""
    if way.probes and way.effect is Effect.READ:
        return False
    return not way.compensates or way.effect is Effect.COMPENSATABLE


def _other_ways() -> list[Way]:
    """Those that talk, cost something, or whose answers are kept."""
    ways = [
        Way(effect=effect, critical=critical, talks=talks, costs=costs)
        for effect in Effect
        for critical in (False, True)
        for talks, costs in ((True, False), (False, True), (True, True))
    ]
    return [*ways, Way(effect=Effect.READ, keeps=True)]


MENU = {way.name: _agent(way) for way in _plain_ways()}
"""The plain ones."""
WHOLE_MENU = MENU | {way.name: _agent(way) for way in _other_ways()}
