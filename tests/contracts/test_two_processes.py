"""Real processes on one database, one of them killed: what their calls did is noted outside."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

_PROCESS = '''
import asyncio, os, sys, time
import msgspec
import tizmor
from tizmor.core.plan import Effect, ForEach, Plan, Resource, Step
from tizmor.ports.agent import AgentContext, agent

workspace, notes, name, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
note = os.open(notes, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

def tell(what, ctx):
    # One clock for all processes, one write for each line.
    line = f"{time.monotonic_ns() // 1000} {what} {os.getpid()} {ctx.execution_id}/{ctx.step_id}"
    os.write(note, line.encode() + b"\\n")

class Out(msgspec.Struct):
    pass

@agent(name="Ping", rate_limit="20 per 2 seconds")
async def ping(*, ctx: AgentContext) -> Out:
    """Ping."""
    tell("ping", ctx)
    await asyncio.sleep(0.01)
    return Out()

@agent(name="Enter", effect=Effect.IDEMPOTENT, resources=(Resource(name="room"),))
async def enter(*, ctx: AgentContext) -> Out:
    """Enter a room, and leave it."""
    tell("in", ctx)
    await asyncio.sleep(0.02)
    tell("out", ctx)
    return Out()

async def main():
    async with tizmor.Tizmor.open(
        workspace, agents=[ping, enter], interactive=False
    ) as library:
        if name == "resume":
            for summary in await library.interrupted():
                await library.resume(summary.execution_id)
                print((await library.result(summary.execution_id)).status)
            return
        steps = (Step(id="all", agent=name, for_each=ForEach(items=[0] * count, width=count)),)
        if name == "Chain":
            before = [(), *((f"s{number}",) for number in range(count))]
            steps = tuple(
                Step(id=f"s{number}", agent="Enter", after=before[number])
                for number in range(count)
            )
        started = await library.start("?", plan=Plan(goal="?", steps=steps), approve_all=True)
        ended = await library.result(started.id)
        print(ended.status, ended.error)

asyncio.run(main())
'''


class Note(NamedTuple):
    at_ms: float
    what: str
    process: int
    step: str


class Site:
    """A workspace, processes in it, and what their calls noted."""

    def __init__(self, root: Path, database: str) -> None:
        self._root = root
        self._environment = {**os.environ, **({"DATABASE_URL": database} if database else {})}
        self._notes = root / "notes.txt"
        self._begun: list[subprocess.Popen[str]] = []
        (root / "workspace").mkdir()

    def begin(self, agent: str, count: int = 0) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [
                *(sys.executable, "-c", _PROCESS),
                *(str(self._root / "workspace"), str(self._notes), agent, str(count)),
            ],
            env=self._environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._begun.append(process)
        return process

    def notes(self) -> list[Note]:
        lines = self._notes.read_text().splitlines() if self._notes.exists() else []
        parts = (line.split() for line in lines)
        return sorted(Note(int(at) / 1000, what, int(pid), step) for at, what, pid, step in parts)

    async def noted(self, count: int, by: subprocess.Popen[str]) -> None:
        """Wait until a process has noted so much."""
        async with asyncio.timeout(60):
            while sum(note.process == by.pid for note in self.notes()) < count:
                assert by.poll() is None
                await asyncio.sleep(0.01)

    def kill_all(self) -> None:
        for process in self._begun:
            process.kill()
            process.communicate()


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    database = ""
    if request.param == "postgresql":
        backend: Any = request.getfixturevalue("new_postgres")()
        database = backend.url
    made = Site(tmp_path, database)
    yield made
    made.kill_all()


async def ended(process: subprocess.Popen[str]) -> str:
    said, _ = await asyncio.to_thread(process.communicate, timeout=120)
    assert process.returncode == 0
    return said.strip()


def most_within(notes: Sequence[Note], window_ms: float) -> int:
    times = [note.at_ms for note in notes]
    return max(sum(begun <= at < begun + window_ms for at in times) for begun in times)


async def test_two_processes_keep_one_quota_though_one_is_killed(site: Site) -> None:
    """40 calls each against 20 in 2 s, and who is killed is taken over."""
    killed, other = site.begin("Ping", 40), site.begin("Ping", 40)
    await site.noted(10, killed)
    killed.send_signal(signal.SIGKILL)
    assert await ended(other) == "COMPLETED None"
    assert await ended(site.begin("resume")) == "COMPLETED"
    notes = site.notes()
    assert len({note.step for note in notes}) == 80
    assert most_within(notes, 2_000) <= 20


async def test_two_processes_are_never_in_one_room_though_one_is_killed_in_it(site: Site) -> None:
    killed, other = site.begin("Enter", 30), site.begin("Enter", 30)
    await site.noted(11, killed)
    killed.send_signal(signal.SIGKILL)
    assert await ended(other) == "COMPLETED None"
    assert await ended(site.begin("resume")) == "COMPLETED"
    notes = site.notes()
    assert len({note.step for note in notes if note.what == "out"}) == 60
    inside: Note | None = None
    for note in notes:
        if note.what == "out":
            assert inside is not None
            assert inside.step == note.step
            inside = None
        else:
            assert inside is None or inside.process == killed.pid
            inside = note


async def test_who_waits_in_another_process_comes_in_when_one_has_left(site: Site) -> None:
    """Nobody looks again and again: the median is far below the look every five seconds."""
    one, other = site.begin("Chain", 12), site.begin("Chain", 12)
    assert [await ended(one), await ended(other)] == ["COMPLETED None"] * 2
    waits = [
        entered.at_ms - left.at_ms
        for left, entered in itertools.pairwise(site.notes())
        if (left.what, entered.what) == ("out", "in") and left.process != entered.process
    ]
    assert waits
    assert statistics.median(waits) < 1_000, waits
