"""One run: processes are started and given their executions, two are killed on the way, the others
go on with what was theirs, and what happened outside is held against what was allowed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from tests.load import wire
from tests.load.agents import LIMITS, QUOTAS, plan
from tests.load.books import (
    Entry,
    Story,
    approved_once_done_twice,
    held_twice,
    over_quota,
)
from tests.load.scene import ENDED, MOST_EXECUTIONS, Scene

from tizmor.core import events as ev
from tizmor.core.ids import public_id

_LOOK_S = 0.2
_STILL_S = 20.0
"""With nothing called for so long, nothing will be any more."""
_LONGEST_S = 900.0
_CLOSE_S = 30.0


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a run gave; each finding says in words what is wrong and where."""

    executions: int
    processes: int
    killed: int
    quota_exceeded: list[str]
    double_holders: list[str]
    approvals_reused: list[str]
    deadlocks: list[str]
    unfinished: list[str]
    steps: int
    calls: int
    cpu_s: float
    seconds: float


class _Member(NamedTuple):
    name: str
    process: subprocess.Popen[bytes]


class Cast:
    """The processes of a run, and what they have cost."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._alive: list[_Member] = []
        self.cpu_s: dict[str, float] = {}
        self.killed: list[str] = []

    def start(self, module: str, name: str, *, first: int = 0, executions: int = 0) -> None:
        told = msgspec.structs.replace(self._scene, name=name, first=first, executions=executions)
        process = subprocess.Popen([sys.executable, "-m", module], stdin=subprocess.PIPE)
        assert process.stdin is not None
        process.stdin.write(msgspec.json.encode(told) + b"\n")
        process.stdin.close()
        self._alive.append(_Member(name, process))

    def kill(self, name: str) -> None:
        """As `kill -9`."""
        member = next(member for member in self._alive if member.name == name)
        member.process.kill()
        self._reap(member)
        self.killed.append(name)

    def leave(self) -> None:
        """Wait until all have closed; who doesn't in time is killed."""
        deadline = time.monotonic() + _CLOSE_S
        for member in list(self._alive):
            while time.monotonic() < deadline and not self._has_ended(member):
                time.sleep(0.05)
            if member in self._alive:
                member.process.kill()
                self._reap(member)

    def _has_ended(self, member: _Member) -> bool:
        return self._reap(member, os.WNOHANG)

    def _reap(self, member: _Member, options: int = 0) -> bool:
        pid, status, usage = os.wait4(member.process.pid, options)
        if pid == 0:
            return False
        member.process.returncode = os.waitstatus_to_exitcode(status)
        self.cpu_s[member.name] = usage.ru_utime + usage.ru_stime
        self._alive.remove(member)
        return True


@contextlib.contextmanager
def recording() -> Iterator[wire.Address]:
    """A recorder, in a process of its own, and where it is reached."""
    command = [sys.executable, "-m", "tests.load.recorder"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield ("127.0.0.1", int(process.stdout.readline()))
        finally:
            process.kill()


def prepare(workspace: Path) -> None:
    """Write the workspace's settings."""
    (workspace / "tizmor.toml").write_text(LIMITS, "utf-8")


def run(scene: Scene, *, executions: int, processes: int, kills: int) -> Outcome:
    """Run so many executions over so many processes, of which so many are killed on the way."""
    began = time.monotonic()
    cast = Cast(scene)
    try:
        for number in range(processes):
            first, end = (executions * n // processes for n in (number, number + 1))
            cast.start("tests.load.worker", f"worker-{number}", first=first, executions=end - first)
        cast.start("tests.load.person", "person")
        _strike(cast, scene, executions=executions, kills=kills)
        _wait(scene)
        _ask(scene, wire.Stop())
    finally:
        cast.leave()
    seen = _ask(scene, wire.Dump())
    stories = asyncio.run(_journal(scene))
    entries = msgspec.convert(seen["entries"], list[Entry])
    unfinished = [story for story in stories if not story.ended]
    workers = {n: s for n, s in cast.cpu_s.items() if n.startswith("worker")}
    return Outcome(
        executions=len(stories),
        processes=processes,
        killed=len(cast.killed),
        quota_exceeded=list(over_quota(entries, QUOTAS)),
        double_holders=list(held_twice(entries)),
        approvals_reused=list(approved_once_done_twice(entries, stories)),
        deadlocks=[f"{story.execution} is held for ever" for story in unfinished if story.is_held],
        unfinished=[f"{story.execution}: {story.events[-1]!r}"[:300] for story in unfinished],
        steps=sum(story.succeeded for story in stories),
        calls=len(entries),
        cpu_s=sum(s - seen["ready"].get(n, 0.0) for n, s in workers.items()),
        seconds=round(time.monotonic() - began, 1),
    )


def _strike(cast: Cast, scene: Scene, *, executions: int, kills: int) -> None:
    """Kill one worker after the other, evenly over the work, once all executions are there."""
    calls = executions * len(plan(0).steps)
    for number in range(kills):
        due = calls * (number + 1) // (kills + 2)
        while True:
            standing = _ask(scene, wire.Standing())
            if standing["started"] == executions and standing["calls"] >= due:
                break
            if standing["started"] == executions and standing["idle_s"] > _STILL_S:
                break
            time.sleep(_LOOK_S)
        cast.kill(f"worker-{number}")


def _wait(scene: Scene) -> None:
    """Until all have ended, or nothing happens any more."""
    deadline = time.monotonic() + _LONGEST_S
    while time.monotonic() < deadline and asyncio.run(_unfinished(scene)):
        if _ask(scene, wire.Standing())["idle_s"] > _STILL_S:
            return
        time.sleep(_LOOK_S)


async def _unfinished(scene: Scene) -> int:
    async with scene.open(write=False) as tizmor:
        executions = await tizmor.list(limit=MOST_EXECUTIONS)
    return sum(execution.status not in ENDED for execution in executions)


async def _journal(scene: Scene) -> list[Story]:
    async with scene.open(write=False) as tizmor:
        stories = []
        for stored in await tizmor._journal.recent(limit=MOST_EXECUTIONS):
            records = await tizmor._journal.read(stored.execution)
            events = [ev.decode(record.payload) for record in records]
            stories.append(Story(public_id(stored.execution), events))
    return stories


def _ask(scene: Scene, request: wire.Request) -> dict[str, Any]:
    return asyncio.run(wire.ask(scene.recorder, request))
