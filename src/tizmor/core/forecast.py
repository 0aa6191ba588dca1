"""What a plan will take, forecast from what its agents' calls took before.

Time is the critical path: the plan is gone through many times, each call taking as long as one of
the calls that were measured (bootstrap: Efron, 1979). So the spread of a sum is narrower than its
parts', and that of the later of two is not in its middle. What isn't measured is unknown, and never
nothing: then there is only what the rest takes at least.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from tizmor.core.approval import needs_gate
from tizmor.core.graph import batches, dependencies, order
from tizmor.core.plan import Plan, Step

FEW = 10
"""Fewer measurements of an agent than this are told as few."""
_DRAWS = 20_000
_RUNS = (20, 500)
_ITEMS = 100
"""Of a longer list, so many are gone through, and stand for the others."""
_WORD = (1 << 64) - 1


class Measured(NamedTuple):
    """What one call took. A USD has a million millionths."""

    run_ms: int
    tokens: int
    microusd: int


class Spread(msgspec.Struct, frozen=True, rename="camel"):
    """Of ten runs, one takes less than `p10`, five less than `median`, nine less than `p90`."""

    p10: float
    median: float
    p90: float


class Forecast(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`time_ms`, `tokens` and `cost_usd` are None where a part isn't known: then `at_least` says
    what the rest takes. Time is without waiting: for humans, for quotas, for what others use.

    `measurements` says on how many calls of each agent it stands, `few` names those of which there
    are less than `FEW`, `unknown` what can't be told: agents that were not measured, and steps
    whose list isn't there yet.
    """

    steps: int
    longest_chain: int
    approvals: int
    questions: int
    time_ms: Spread | None
    tokens: Spread | None
    cost_usd: Spread | None
    at_least: dict[str, Spread] = {}
    measurements: dict[str, int] = {}
    few: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


class _Totals(NamedTuple):
    time_ms: list[float]
    tokens: list[float]
    cost_usd: list[float]


def forecast(plan: Plan, measured: Mapping[str, Sequence[Measured]]) -> Forecast:
    """The plan's forecast; the same plan and measurements give the same. Linear in its steps."""
    agents = tuple(dict.fromkeys(step.agent for step in plan.steps))
    known = {agent: measured.get(agent) or () for agent in agents}
    listed = [step.id for step in plan.steps if _count(step) is None]
    timeless = [agent for agent in agents if not known[agent]]
    priceless = [
        step.agent for step in plan.steps if step.costs is not None and not known[step.agent]
    ]
    totals = _gone_through(plan, known)
    spreads = {name: _spread(values) for name, values in totals._asdict().items()}
    lacking = {"time_ms": bool(timeless or listed)}
    paid = any(step.costs is not None and step.id in listed for step in plan.steps)
    lacking |= {"tokens": bool(priceless or paid), "cost_usd": bool(priceless or paid)}
    told = {name: None if lacking[name] else spread for name, spread in spreads.items()}
    return Forecast(
        steps=len(plan.steps),
        longest_chain=len(batches(plan)),
        approvals=sum(map(needs_gate, plan.steps)),
        questions=len(plan.questions),
        time_ms=told["time_ms"],
        tokens=told["tokens"],
        cost_usd=told["cost_usd"],
        at_least={_NAMES[n]: spread for n, spread in spreads.items() if lacking[n]},
        measurements={agent: len(known[agent]) for agent in agents},
        few=tuple(agent for agent in agents if 0 < len(known[agent]) < FEW),
        unknown=(*timeless, *listed),
    )


_NAMES = {"time_ms": "timeMs", "tokens": "tokens", "cost_usd": "costUsd"}


def _gone_through(plan: Plan, known: Mapping[str, Sequence[Measured]]) -> _Totals:
    steps = {step.id: step for step in plan.steps}
    needed = dependencies(plan)
    in_order = [steps[name] for name in order(plan)]
    least, most = _RUNS
    runs = max(least, min(most, _DRAWS // max(1, len(in_order))))
    dice = _Dice()
    totals = _Totals([], [], [])
    for _ in range(runs):
        ends: dict[str, float] = {}
        tokens = microusd = 0.0
        for step in in_order:
            begin = max((ends[name] for name in needed[step.id]), default=0.0)
            took, used, paid = _step(step, known[step.agent], dice)
            ends[step.id] = begin + took
            tokens += used
            microusd += paid
        totals.time_ms.append(max(ends.values(), default=0.0))
        totals.tokens.append(tokens)
        totals.cost_usd.append(microusd / 1_000_000)
    return totals


def _step(step: Step, measured: Sequence[Measured], dice: _Dice) -> tuple[float, float, float]:
    """How long a step takes, what it uses in tokens, and what it costs, this time."""
    count = _count(step)
    if not measured or not count:
        return 0.0, 0.0, 0.0
    if step.for_each is None:
        return measured[dice.below(len(measured))]
    calls = [measured[dice.below(len(measured))] for _ in range(min(count, _ITEMS))]
    more = count / len(calls)
    ends = [0.0] * min(step.for_each.width, len(calls))
    for call in calls:
        heapq.heappush(ends, heapq.heappop(ends) + call.run_ms)
    return (
        max(ends) * (more if count > step.for_each.width else 1.0),
        sum(call.tokens for call in calls) * more,
        sum(call.microusd for call in calls) * more,
    )


def _count(step: Step) -> int | None:
    """How many calls a step makes; None when its list isn't there yet."""
    if step.for_each is None:
        return 1
    items = step.for_each.items
    return len(items) if isinstance(items, (list, tuple)) else None


def _spread(values: Sequence[float]) -> Spread:
    ordered = sorted(values)
    last = len(ordered) - 1
    p10, median, p90 = (ordered[round(last * part)] for part in (0.1, 0.5, 0.9))
    return Spread(round(p10, 6), round(median, 6), round(p90, 6))


class _Dice:
    """Draws that are always the same: a linear congruential generator (Knuth's MMIX)."""

    def __init__(self) -> None:
        self._state = 1

    def below(self, end: int) -> int:
        self._state = (self._state * 6364136223846793005 + 1442695040888963407) & _WORD
        return (self._state >> 33) * end >> 31
