"""How agents, and what they call outside, have done: declared, measured, and held back or not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from tizmor.core.agents import AgentSpec
from tizmor.engine.forecasting import NEWEST
from tizmor.engine.overviews import AgentView, Latency, ToolView
from tizmor.ports.breakers import CLOSED, Standing
from tizmor.ports.journal import AgentFigures, Journal

_FAILING = 0.5
_SLOW = 0.95


async def agent_views(journal: Journal, specs: Iterable[AgentSpec]) -> list[AgentView]:
    """Agents with what their calls took, in the given order. Latencies are those of the newest
    steps, so that looking costs the same whatever the history."""
    known = list(specs)
    figures = {each.agent: each for each in await journal.figures()}
    breakers = {each.name: each for each in await journal.sharing.breakers.standing()}
    taken: dict[str, list[int]] = {}
    for call in await journal.measured([spec.name for spec in known], among=NEWEST[0]):
        taken.setdefault(call.agent, []).append(call.run_ms)
    return [_agent(spec, figures, breakers, taken.get(spec.name, ())) for spec in known]


async def tool_views(
    journal: Journal, specs: Iterable[AgentSpec], time: Callable[[int], str]
) -> list[ToolView]:
    """What agents call outside, by name; `time` writes a time in ms."""
    callers: dict[str, list[str]] = {}
    for spec in specs:
        if spec.api:
            callers.setdefault(spec.api, []).append(spec.name)
    figures = {each.agent: each for each in await journal.figures()}
    breakers = {each.name: each for each in await journal.sharing.breakers.standing()}
    return [
        _tool(name, callers[name], figures, breakers.get(f"api:{name}"), time)
        for name in sorted(callers)
    ]


def _agent(
    spec: AgentSpec,
    figures: Mapping[str, AgentFigures],
    breakers: Mapping[str, Standing],
    taken: Sequence[int],
) -> AgentView:
    found = figures.get(spec.name)
    breaker = _breaker(spec, breakers)
    rate = _success_rate([found] if found else [])
    return AgentView(
        name=spec.name,
        description=spec.description,
        effect=spec.effect.value,
        critical=spec.critical,
        version=spec.version,
        capability=spec.capability,
        api=spec.api,
        rate_limit=spec.rate_limit,
        cache_for_s=spec.cache_for_s,
        timeout_s=spec.timeout_s,
        parameters=spec.parameters,
        output=spec.output,
        defs=spec.defs,
        health=_health(breaker, rate, used=found is not None),
        breaker=breaker,
        steps=found.steps if found else 0,
        succeeded=found.succeeded if found else 0,
        failed=found.failed if found else 0,
        calls=found.attempts if found else 0,
        cached=found.cached if found else 0,
        success_rate=rate,
        latency_ms=_latency(taken),
        tokens=found.tokens if found else 0,
        cost_usd=found.microusd / 1_000_000 if found else 0.0,
    )


def _tool(
    name: str,
    agents: Sequence[str],
    figures: Mapping[str, AgentFigures],
    breaker: Standing | None,
    time: Callable[[int], str],
) -> ToolView:
    found = [figures[agent] for agent in agents if agent in figures]
    state = CLOSED if breaker is None else breaker.state
    rate = _success_rate(found)
    return ToolView(
        name=name,
        agents=tuple(agents),
        health=_health(state, rate, used=bool(found)),
        breaker=state,
        failures=0 if breaker is None else breaker.failures,
        until=None if breaker is None or state == CLOSED else time(breaker.until_ms),
        calls=sum(each.attempts for each in found),
        success_rate=rate,
    )


def _breaker(spec: AgentSpec, breakers: Mapping[str, Standing]) -> str:
    """Its own breaker's state, or that of what it calls where that lets less pass."""
    for name in (f"agent:{spec.name}", f"api:{spec.api}"):
        if name in breakers and breakers[name].state != CLOSED:
            return breakers[name].state
    return CLOSED


def _health(breaker: str, rate: float | None, *, used: bool) -> str:
    if breaker != CLOSED:
        return "held back"
    if not used:
        return "unused"
    return "failing" if rate is not None and rate <= _FAILING else "ok"


def _success_rate(found: Sequence[AgentFigures]) -> float | None:
    succeeded = sum(each.succeeded for each in found)
    ended = succeeded + sum(each.failed for each in found)
    return succeeded / ended if ended else None


def _latency(taken: Sequence[int]) -> Latency | None:
    if not taken:
        return None
    ordered = sorted(taken)
    last = len(ordered) - 1
    return Latency(
        calls=len(ordered),
        median=ordered[round(last * 0.5)],
        p95=ordered[round(last * _SLOW)],
    )
