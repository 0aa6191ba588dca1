"""One system on one workload, in a process of its own: time, CPU, latency, bytes."""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import msgspec

from benchmarks.workloads import Workload

RunOne = Callable[[], Awaitable[None]]
"""One execution, from its start until its end is durable."""
Open = Callable[[Path, Workload], AbstractAsyncContextManager[RunOne]]
"""A system opened in an empty folder."""


class Measurement(msgspec.Struct, kw_only=True):
    """One row of the results. `n` is the executions measured; CPU is of all threads, in µs."""

    system: str
    workload: str
    n: int
    steps_per_s: float
    cpu_us_per_step: float
    p50_ms: float
    p99_ms: float
    bytes: int
    settings: str
    fsync_ms: float


async def measure(system: str, settings: str, opened: Open, workload: Workload) -> Measurement:
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as name:
        folder = Path(name)
        disk_ms = fsync_ms(folder)
        async with opened(folder, workload) as run_one:
            for _ in range(workload.warm_up):
                await run_one()
            latencies: list[float] = []
            cpu, wall = time.process_time(), time.perf_counter()
            await asyncio.gather(
                *(
                    _worker(run_one, workload.executions // workload.at_once, latencies)
                    for _ in range(workload.at_once)
                )
            )
            cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        stored = _bytes_in(folder)
    steps = len(latencies) * len(workload.edges)
    percentiles = statistics.quantiles(latencies, n=100)
    return Measurement(
        system=system,
        workload=workload.name,
        n=len(latencies),
        steps_per_s=round(steps / wall, 1),
        cpu_us_per_step=round(cpu / steps * 1e6, 1),
        p50_ms=round(percentiles[49] * 1000, 3),
        p99_ms=round(percentiles[98] * 1000, 3),
        bytes=stored,
        settings=settings,
        fsync_ms=disk_ms,
    )


async def _worker(run_one: RunOne, executions: int, latencies: list[float]) -> None:
    for _ in range(executions):
        started = time.perf_counter()
        await run_one()
        latencies.append(time.perf_counter() - started)


def _bytes_in(folder: Path) -> int:
    return sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())


def fsync_ms(folder: Path, rounds: int = 50) -> float:
    """The median time of a 4 KiB append and its fdatasync, in milliseconds."""
    times = []
    path = folder / "fsync-probe"
    with path.open("wb", buffering=0) as file:
        for _ in range(rounds):
            started = time.perf_counter()
            file.write(b"\0" * 4096)
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - started)
    path.unlink()
    return round(statistics.median(times) * 1000, 3)
