"""What a `kill -9` costs: how much runs again, and how long until it goes on.

Two processes, one after the other, on the same folder: the first is killed in the middle of its
work (it kills itself, with SIGKILL, at an exact place), the second goes on.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.contract import Open, Site, StepBody
from benchmarks.cost import own_cpu_s, tree_cpu_s
from benchmarks.outcome import Outcome
from benchmarks.workloads import BLOCKED_STEP, Workload, chain_step, edges

KILLED_IN = 500
_SETTLE_S = 5.0
"""So long nothing is written any more before the kill: what lay in queues is on disk then."""
_SETTLE_LIMIT_S = 60.0
_IDLE_CPU = 0.05
"""A server that uses less of a processor has nothing to write."""
_POLL_S = 0.2
_STUCK_S = 10.0
"""So long no call has come: the system waits for those that are under way to end."""
_CONFIRMED_S = 0.1
"""The first step of the life that is killed takes so long: an execution whose start isn't confirmed
yet may be lost, and 500 steps that do nothing can be over before that."""


def calls_log(folder: Path, life: int) -> Path:
    """Where the calls of steps are written, outside of the system: a name a line."""
    return folder / f"calls-{life}"


def counted_body(log: Path, *, step_ms: int, killed: bool) -> StepBody:
    """Write the call down and take `step_ms`; the killed life ends in the middle of step
    `KILLED_IN`."""
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    first, last = chain_step(0), chain_step(KILLED_IN)

    async def step(name: str) -> None:
        os.write(file, f"{name} {time.time()}\n".encode())
        if killed and name == first:
            await asyncio.sleep(_CONFIRMED_S)
        if step_ms:
            await asyncio.sleep(step_ms / 1000)
        if killed and name == last:
            os.kill(os.getpid(), signal.SIGKILL)

    return step


async def run_until_killed(opened: Open, site: Site) -> None:
    async with opened(site) as engine:
        await engine.run("execution-0")


async def go_on(
    opened: Open,
    site: Site,
    workload: Workload,
    *,
    born: float,
    calls: Path,
    server_pids: Sequence[int],
) -> Outcome:
    """The second life of a chain. `born` is the wall time at which its process was started; it goes
    on when the step that was cut off is called again, after all that had to be repeated."""
    server = tree_cpu_s(*server_pids)
    cpu, wall = own_cpu_s(), time.perf_counter()
    async with opened(site) as engine:
        await engine.resume(["execution-0"])
        cpu, wall = own_cpu_s() - cpu, time.perf_counter() - wall
    before, again = _calls(calls_log(calls, 1)), _calls(calls_log(calls, 2))
    names = [name for name, _ in again]
    missing = set(edges(workload.shape, workload.size)) - {n for n, _ in before} - set(names)
    if missing:
        raise RuntimeError(f"{len(missing)} steps never ran")
    cut_off = chain_step(KILLED_IN)
    finished = {name for name, _ in before} - {cut_off}
    repeated = sum(count for name, count in Counter(names).items() if name in finished)
    resumed_ms = (next(at for name, at in again if name == cut_off) - born) * 1000
    return Outcome(
        n=1,
        steps=len(names),
        wall_s=wall,
        cpu_s=cpu,
        server_cpu_s=tree_cpu_s(*server_pids) - server if server_pids else None,
        latencies_ms=[resumed_ms],
        repeated_steps=repeated,
        resumed_ms=resumed_ms,
        stored_steps=workload.steps,
    )


def _calls(log: Path) -> list[tuple[str, float]]:
    lines = [line.split() for line in log.read_text().splitlines()]
    return [(name, float(at)) for name, at in lines]


class Blockade:
    """Steps whose `BLOCKED_STEP` is counted, and stays under way until the blockade is lifted.

    `reached` when it was called in `expected` executions; `missing` of them aren't there yet.
    """

    def __init__(self, expected: int) -> None:
        self.reached = asyncio.Event()
        self.missing = expected
        self._lifted = asyncio.Event()

    async def step(self, name: str) -> None:
        if name != BLOCKED_STEP:
            return
        self.missing -= 1
        if self.missing == 0:
            self.reached.set()
        await self._lifted.wait()

    def lift(self) -> None:
        self._lifted.set()


async def leave_unfinished(
    opened: Open, site: Site, executions: int, *, server_pids: Sequence[int]
) -> None:
    """Start all executions, and die when none comes any further: all stand at the blocked step, or
    the system has a bound on what runs at a time and lets the others wait."""
    async with opened(site) as engine:
        runs = [asyncio.create_task(engine.run(f"execution-{i}")) for i in range(executions)]
        await _settled(runs, site.folder, server_pids)
        os.kill(os.getpid(), signal.SIGKILL)


async def recover(
    opened: Open,
    site: Site,
    blockade: Blockade,
    executions: int,
    *,
    server_pids: Sequence[int],
) -> Outcome:
    """From opening the system until the step that was cut off has been called in every execution,
    and is under way in all of them, as it was when they were cut off: what follows it isn't
    measured. The process had imported everything before. All executions must then end.

    A system that has a bound on what runs at a time calls no more of them until some have ended:
    when no call has come for a while, they may end, and what that takes is in its figures."""
    server = tree_cpu_s(*server_pids)
    cpu, wall = own_cpu_s(), time.perf_counter()
    async with opened(site) as engine:
        resuming = asyncio.create_task(engine.resume([f"execution-{i}" for i in range(executions)]))
        reached = asyncio.create_task(blockade.reached.wait())
        bounded = asyncio.create_task(_lifted_when_stuck(blockade))
        await asyncio.wait([reached, resuming], return_when=asyncio.FIRST_COMPLETED)
        cpu, wall = own_cpu_s() - cpu, time.perf_counter() - wall
        server = tree_cpu_s(*server_pids) - server
        bounded.cancel()
        blockade.lift()
        await resuming
        if not blockade.reached.is_set():
            raise RuntimeError(f"{blockade.missing} executions did not go on")
    return Outcome(
        n=executions,
        steps=executions,
        wall_s=wall,
        cpu_s=cpu,
        server_cpu_s=server if server_pids else None,
        latencies_ms=[wall * 1000],
        resumed_ms=wall * 1000,
    )


async def _lifted_when_stuck(blockade: Blockade) -> None:
    missing = None
    while missing != blockade.missing:
        missing = blockade.missing
        await asyncio.sleep(_STUCK_S)
    blockade.lift()


async def _settled(
    runs: Sequence[asyncio.Task[None]], folder: Path, server_pids: Sequence[int]
) -> None:
    """Wait until nothing in the folder has changed for a while, and the servers have done next to
    nothing, or for long enough: some systems write even when nothing happens."""
    limit = time.monotonic() + _SETTLE_LIMIT_S
    seen, unchanged = (0.0, 0.0), 0
    # Looks are counted rather than seconds: while the loop is held up, nothing is seen.
    while unchanged * _POLL_S < _SETTLE_S and time.monotonic() < limit:
        await _pause(runs)
        unchanged += 1
        changed, cpu = _changed_at(folder), tree_cpu_s(*server_pids)
        if changed != seen[0] or cpu - seen[1] > _IDLE_CPU * _SETTLE_S:
            seen, unchanged = (changed, cpu), 0


def _changed_at(folder: Path) -> float:
    """The wall time at which a file of the folder was last written."""
    files = (file for file in folder.rglob("*") if file.is_file())
    return max((file.stat().st_mtime for file in files), default=0.0)


async def _pause(runs: Sequence[asyncio.Task[None]]) -> None:
    """A moment; a run that has ended has failed, as its steps never end."""
    await asyncio.sleep(_POLL_S)
    for run in runs:
        if run.done():
            run.result()
            raise RuntimeError("an execution ended before its blocked step")
