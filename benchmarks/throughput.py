"""Executions of one graph, as many as fit into a round: time, CPU, latency."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator, Sequence

from benchmarks.contract import Engine, Open, Site, StepBody
from benchmarks.cost import own_cpu_s, tree_cpu_s
from benchmarks.outcome import Outcome
from benchmarks.workloads import Workload

ROUND_S = 3.0
"""No execution is begun later than this: slow systems do fewer."""


async def measure(
    opened: Open, site: Site, workload: Workload, *, server_pids: Sequence[int]
) -> Outcome:
    names = (f"execution-{i}" for i in itertools.count())
    async with opened(site) as engine:
        await asyncio.gather(*(engine.run(next(names)) for _ in range(workload.warm_up)))
        latencies: list[float] = []
        budget = iter(range(workload.executions))
        server = tree_cpu_s(*server_pids)
        cpu, wall = own_cpu_s(), time.perf_counter()
        await asyncio.gather(
            *(_worker(engine, names, budget, wall, latencies) for _ in range(workload.at_once))
        )
        cpu, wall = own_cpu_s() - cpu, time.perf_counter() - wall
        server = tree_cpu_s(*server_pids) - server
    return Outcome(
        n=len(latencies),
        steps=len(latencies) * workload.steps,
        wall_s=wall,
        cpu_s=cpu,
        server_cpu_s=server if server_pids else None,
        latencies_ms=[latency * 1000 for latency in latencies],
        stored_steps=(len(latencies) + workload.warm_up) * workload.steps,
    )


async def _worker(
    engine: Engine,
    names: Iterator[str],
    budget: Iterator[int],
    began: float,
    latencies: list[float],
) -> None:
    for _ in budget:
        started = time.perf_counter()
        await engine.run(next(names))
        latencies.append(time.perf_counter() - started)
        if time.perf_counter() - began > ROUND_S:
            return


def step_body(workload: Workload) -> StepBody:
    if not workload.step_ms:
        return _nothing
    seconds = workload.step_ms / 1000

    async def wait(name: str) -> None:
        await asyncio.sleep(seconds)

    return wait


async def _nothing(name: str) -> None:
    return
