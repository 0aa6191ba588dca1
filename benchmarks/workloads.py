"""The shapes of work that are measured: steps that do nothing, so that only the engine costs.

Standard library only: every system's interpreter imports this.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

Edges = dict[str, tuple[str, ...]]

FIVE_STEPS: Edges = {
    "search": (),
    "contact": (),
    "analysis": ("search",),
    "calendar": ("contact",),
    "agenda": ("analysis",),
}
"""The anchor request's graph."""
BLOCKED_STEP = "analysis"
"""Where the unfinished executions of the recovery stand: three of their steps have ended."""
JOIN = "join"


class Shape(enum.StrEnum):
    FIVE_STEP = "five-step"
    CHAIN = "chain"
    FAN_OUT = "fan-out"


class Kind(enum.StrEnum):
    """How a workload is measured: see `throughput`, `crash`."""

    THROUGHPUT = "throughput"
    KILL = "kill"
    RECOVERY = "recovery"


@dataclass(frozen=True, kw_only=True)
class Workload:
    """At most `executions` of one graph in a round, `at_once` of them at any time.

    `size` counts the steps of a chain and the parallel ones of a fan-out. `history` executions have
    ended before (five events each). `has_effect`: the steps touch the world outside, and a system
    that treats such steps otherwise is told.
    """

    name: str
    shape: Shape
    executions: int
    size: int = 5
    at_once: int = 1
    warm_up: int = 0
    step_ms: int = 0
    kind: Kind = Kind.THROUGHPUT
    has_effect: bool = False
    history: int = 0

    @property
    def steps(self) -> int:
        """Of one execution."""
        return len(edges(self.shape, self.size))


def chain_step(at: int) -> str:
    return f"s{at}"


def edges(shape: Shape, size: int) -> Edges:
    """The graph: what each step needs."""
    if shape is Shape.FIVE_STEP:
        return FIVE_STEPS
    if shape is Shape.CHAIN:
        return {chain_step(i): (chain_step(i - 1),) if i else () for i in range(size)}
    parallel: Edges = {chain_step(i): () for i in range(size)}
    return parallel | {JOIN: tuple(parallel)}


def depth(shape: Shape, size: int) -> int:
    """Steps on the critical path."""
    longest: dict[str, int] = {}
    for name, needs in edges(shape, size).items():
        longest[name] = 1 + max((longest[need] for need in needs), default=0)
    return max(longest.values())


WORKLOADS = {
    w.name: w
    for w in (
        Workload(name="five-step-1", shape=Shape.FIVE_STEP, executions=200, warm_up=10),
        Workload(
            name="five-step-64", shape=Shape.FIVE_STEP, executions=6400, at_once=64, warm_up=16
        ),
        Workload(name="chain-100", shape=Shape.CHAIN, size=100, executions=50, warm_up=1),
        Workload(name="chain-1000", shape=Shape.CHAIN, size=1000, executions=10),
        Workload(name="chain-5000", shape=Shape.CHAIN, size=5000, executions=3),
        Workload(name="fan-out-1000", shape=Shape.FAN_OUT, size=1000, executions=10),
        Workload(name="fan-out-10000", shape=Shape.FAN_OUT, size=10_000, executions=2),
        Workload(
            name="waiting-5x100ms", shape=Shape.FIVE_STEP, executions=10, warm_up=2, step_ms=100
        ),
        Workload(
            name="kill-1000",
            shape=Shape.CHAIN,
            size=1000,
            executions=1,
            step_ms=10,
            kind=Kind.KILL,
            has_effect=True,
        ),
        Workload(
            name="kill-1000-reads", shape=Shape.CHAIN, size=1000, executions=1, kind=Kind.KILL
        ),
        Workload(
            name="recovery-10000",
            shape=Shape.FIVE_STEP,
            executions=10_000,
            kind=Kind.RECOVERY,
        ),
        Workload(
            name="recovery-10000-history",
            shape=Shape.FIVE_STEP,
            executions=10_000,
            kind=Kind.RECOVERY,
            history=250_000,
        ),
    )
}
