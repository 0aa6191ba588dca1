"""One system on one workload, in a process of its own: `python -m benchmarks.one TASK` (JSON).

The last line of its output is the `Outcome`; a life that ends by `kill -9` says nothing.
"""

from __future__ import annotations

import enum
import importlib
import importlib.metadata
import json
import os
import sys
from collections.abc import Callable, Coroutine
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import uvloop

from benchmarks import crash, throughput
from benchmarks.catalog import SYSTEMS, System
from benchmarks.contract import Open, Site, StepBody
from benchmarks.cost import bytes_in, fsync_ms, pace_ms
from benchmarks.outcome import Outcome
from benchmarks.workloads import WORKLOADS, Kind, Workload


class Life(enum.StrEnum):
    """The first life of a crash is killed, the second goes on; any other measurement has one."""

    ONLY = "only"
    KILLED = "killed"
    NEXT = "next"


@dataclass(frozen=True, kw_only=True)
class Task:
    """`state` is the system's own folder, `notes` one beside it for what is written about it.
    `born` is the wall time at which this process was started."""

    system: str
    workload: str
    state: str
    notes: str
    life: Life = Life.ONLY
    url: str = ""
    server_pids: list[int] = field(default_factory=list)
    born: float = 0.0

    def line(self) -> str:
        return json.dumps(asdict(self))


def main() -> None:
    task = Task(**json.loads(sys.argv[1]))
    system, workload = SYSTEMS[task.system], WORKLOADS[task.workload]
    opened: Open = importlib.import_module(system.module).opened
    pace_before_ms = pace_ms()

    def say(outcome: Outcome) -> None:
        outcome.pace_ms = round((pace_before_ms + pace_ms()) / 2, 2)
        outcome.fsync_ms = fsync_ms(Path(task.notes))
        outcome.versions = _versions(system)
        if not task.url:
            outcome.bytes = bytes_in(Path(task.state))
        print(outcome.line(), flush=True)

    match workload.kind:
        case Kind.THROUGHPUT:

            def cut_off(outcome: Outcome) -> NoReturn:
                say(outcome)
                os._exit(0)

            say(uvloop.run(_throughput(opened, task, workload, cut_off)))
        case Kind.KILL if task.life == Life.KILLED:
            uvloop.run(crash.run_until_killed(opened, _kill_site(task, workload)))
        case Kind.KILL:
            say(uvloop.run(_go_on(opened, task, workload)))
        case Kind.RECOVERY if task.life == Life.KILLED:
            uvloop.run(_left_unfinished(opened, task, workload, system.unfinished))
        case Kind.RECOVERY:
            say(uvloop.run(_recovered(opened, task, workload, system.unfinished)))


def _throughput(
    opened: Open, task: Task, workload: Workload, cut_off: Callable[[Outcome], NoReturn]
) -> Coroutine[Any, Any, Outcome]:
    steps = throughput.Steps(workload.step_ms)
    return throughput.measure(
        opened,
        _site(task, workload, steps.step),
        steps,
        workload,
        server_pids=task.server_pids,
        cut_off=cut_off,
    )


def _kill_site(task: Task, workload: Workload) -> Site:
    killed = task.life == Life.KILLED
    log = crash.calls_log(Path(task.notes), 1 if killed else 2)
    body = crash.counted_body(log, step_ms=workload.step_ms, killed=killed)
    return _site(task, workload, body)


def _go_on(opened: Open, task: Task, workload: Workload) -> Coroutine[Any, Any, Outcome]:
    return crash.go_on(
        opened,
        _kill_site(task, workload),
        workload,
        born=task.born,
        calls=Path(task.notes),
        server_pids=task.server_pids,
    )


async def _left_unfinished(opened: Open, task: Task, workload: Workload, unfinished: int) -> None:
    blockade = crash.Blockade(unfinished)
    site = _site(task, workload, blockade.step)
    await crash.leave_unfinished(opened, site, unfinished, server_pids=task.server_pids)


async def _recovered(opened: Open, task: Task, workload: Workload, unfinished: int) -> Outcome:
    blockade = crash.Blockade(unfinished)
    site = _site(task, workload, blockade.step)
    return await crash.recover(opened, site, blockade, unfinished, server_pids=task.server_pids)


def _site(task: Task, workload: Workload, step: StepBody) -> Site:
    return Site(
        folder=Path(task.state),
        shape=workload.shape,
        size=workload.size,
        step=step,
        at_once=_at_once(task, workload),
        has_effect=workload.has_effect,
        url=task.url,
    )


def _at_once(task: Task, workload: Workload) -> int:
    unfinished = SYSTEMS[task.system].unfinished
    return unfinished if workload.kind is Kind.RECOVERY else workload.at_once


def _versions(system: System) -> dict[str, str]:
    return {name: importlib.metadata.version(name) for name in system.distributions}


if __name__ == "__main__":
    main()
