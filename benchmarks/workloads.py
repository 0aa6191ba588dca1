"""The shapes of work that are measured: steps that do nothing, so that only the engine costs."""

from __future__ import annotations

import msgspec

Edges = dict[str, tuple[str, ...]]

FIVE_STEPS: Edges = {
    "search": (),
    "contact": (),
    "analysis": ("search",),
    "calendar": ("contact",),
    "agenda": ("analysis",),
}
"""The anchor request's graph."""


class Workload(msgspec.Struct, frozen=True, kw_only=True):
    """`executions` of one graph, `at_once` of them at any time."""

    name: str
    edges: Edges
    executions: int
    at_once: int
    warm_up: int = 20

    @property
    def steps(self) -> int:
        return self.executions * len(self.edges)


WORKLOADS = {
    w.name: w
    for w in (
        Workload(name="five-step-1", edges=FIVE_STEPS, executions=200, at_once=1),
        Workload(name="five-step-64", edges=FIVE_STEPS, executions=3200, at_once=64),
    )
}
