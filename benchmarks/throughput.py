"""Executions of one graph, as many as fit into a round: time, CPU, latency.

One that goes on for too long is cut off: what its steps took until then is the figure.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NoReturn

from benchmarks.contract import Engine, Open, Site
from benchmarks.cost import own_cpu_s, tree_cpu_s
from benchmarks.outcome import Outcome
from benchmarks.workloads import Workload

ROUND_S = 3.0
"""No execution is begun later than this: slow systems do fewer."""
CUT_OFF_S = 30.0
"""No execution goes on for longer than this."""


class Steps:
    """Steps that wait for `step_ms`, or do nothing; counted."""

    def __init__(self, step_ms: int) -> None:
        self.called = 0
        self._seconds = step_ms / 1000

    async def step(self, name: str) -> None:
        self.called += 1
        if self._seconds:
            await asyncio.sleep(self._seconds)


async def measure(
    opened: Open,
    site: Site,
    steps: Steps,
    workload: Workload,
    *,
    server_pids: Sequence[int],
    cut_off: Callable[[Outcome], NoReturn],
) -> Outcome:
    """`site` has the steps of `steps`. What is cut off isn't closed, as that may take as long
    again: `cut_off` is called, and ends the process."""
    names = (f"execution-{i}" for i in itertools.count())
    async with opened(site) as engine:
        await asyncio.gather(*(engine.run(next(names)) for _ in range(workload.warm_up)))
        latencies: list[float] = []
        budget = iter(range(workload.executions))
        server, warmed = tree_cpu_s(*server_pids), steps.called
        cpu, wall = own_cpu_s(), time.perf_counter()
        workers = [
            asyncio.create_task(_worker(engine, names, budget, wall, latencies))
            for _ in range(workload.at_once)
        ]
        ended, going = await asyncio.wait(workers, timeout=CUT_OFF_S)
        cpu, wall = own_cpu_s() - cpu, time.perf_counter() - wall
        server = tree_cpu_s(*server_pids) - server
        for worker in ended:
            worker.result()
        outcome = Outcome(
            n=len(latencies),
            steps=steps.called - warmed,
            wall_s=wall,
            cpu_s=cpu,
            server_cpu_s=server if server_pids else None,
            latencies_ms=[latency * 1000 for latency in latencies],
            stored_steps=steps.called,
            cut_off_s=CUT_OFF_S if going else None,
        )
        if going:
            cut_off(outcome)
    return outcome


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
