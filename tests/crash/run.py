"""One run: processes are started, killed and stopped at random until enough have died; then all
that is unfinished is brought to its end, and the books are compared."""

from __future__ import annotations

import asyncio
import itertools
import math
import multiprocessing as mp
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from multiprocessing.context import ForkServerProcess

import msgspec
from tests.crash import person, process, recorder, rescuer, wire, worker
from tests.crash.ledger import Entry
from tests.crash.process import ENDED, MOST_EXECUTIONS, Scene
from tests.crash.verdict import Story, Verdict, judge

from tizmor.assembly import Tizmor
from tizmor.core import events as ev
from tizmor.core.ids import public_id

_WORKERS, _PEOPLE = 3, 2
_BETWEEN_S = (0.0, 0.9)
_STOPPED_S = (0.05, 1.5)
_OUTLASTS_S = (process.LEASE_S + 0.2, process.LEASE_S + 3.0)
"""Longer than the lease of an owner on PostgreSQL."""
_STOPS, _LONG, _ALL_AT_ONCE = 0.15, 0.3, 0.03
_DRAIN_S = 180.0
"""How long after the last kill everything may take to end."""
_CLOSE_S = 20.0

_PROCESSES = mp.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["tests.crash.run"])


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a run gave."""

    kills: int
    killed: dict[str, int]
    """By what they were."""
    stops: int
    orders: int
    seconds: float
    verdict: Verdict
    damage: list[str]


class Cast:
    """The processes of a run: as many workers and people as there should be, whatever dies."""

    def __init__(self, scene: Scene, seed: int) -> None:
        self._scene = scene
        self._seed = seed
        self._numbers = itertools.count(1)
        self._alive: list[ForkServerProcess] = []
        self._stopped: dict[ForkServerProcess, float] = {}
        self.kills: Counter[str] = Counter()
        self.stops = 0

    def fill(self) -> None:
        """Start as many as are missing."""
        self._alive = [member for member in self._alive if member.is_alive()]
        for kind, work, wanted in (
            ("worker", worker.work, _WORKERS),
            ("person", person.work, _PEOPLE),
        ):
            there = sum(_kind(member) == kind for member in self._alive)
            for _ in range(wanted - there):
                self._start(kind, work)

    def _start(self, kind: str, work: process.Work) -> None:
        name = f"{kind}-{next(self._numbers)}"
        seed = f"{self._seed}/{name}"
        member = _PROCESSES.Process(
            target=process.main, name=name, args=(name, seed, self._scene, work)
        )
        member.start()
        self._alive.append(member)

    def strike(self, dice: random.Random) -> None:
        """Kill one, stop one for a while, or kill all at once, as when the power goes."""
        mood = dice.random()
        if mood < _ALL_AT_ONCE:
            for member in self._alive:
                self._kill(member)
        elif mood < _ALL_AT_ONCE + _STOPS:
            self._stop(dice.choice(self._alive), dice)
        else:
            self._kill(dice.choice(self._alive))

    def wake(self, *, at: float) -> None:
        """Let those go on whose time is over at `at`, in seconds of the monotonic clock."""
        for member, until in list(self._stopped.items()):
            if until <= at:
                del self._stopped[member]
                _signal(member, signal.SIGCONT)

    def _kill(self, member: ForkServerProcess) -> None:
        member.kill()
        member.join()
        self.kills[_kind(member)] += member.exitcode == -signal.SIGKILL
        self._stopped.pop(member, None)

    def _stop(self, member: ForkServerProcess, dice: random.Random) -> None:
        """While it stands still the others go on, and one more tries to go on with what it runs.
        It may be killed where it stands."""
        if member in self._stopped:
            return
        lasts_s = dice.uniform(*(_OUTLASTS_S if dice.random() < _LONG else _STOPPED_S))
        self._stopped[member] = time.monotonic() + lasts_s
        self.stops += 1
        _signal(member, signal.SIGSTOP)
        self._start("rescuer", rescuer.work)

    def leave(self) -> list[str]:
        """Wait until all have closed; who could not is named."""
        deadline = time.monotonic() + _CLOSE_S
        for member in self._alive:
            member.join(max(0.0, deadline - time.monotonic()))
        late = [member.name for member in self._alive if member.is_alive()]
        self.end()
        return late

    def end(self) -> None:
        for member in self._alive:
            member.kill()
            member.join()


def _kind(member: ForkServerProcess) -> str:
    return member.name.partition("-")[0]


def _signal(member: ForkServerProcess, number: signal.Signals) -> None:
    if member.pid is not None and member.is_alive():
        os.kill(member.pid, number)


def run(scene: Scene, *, kills: int, seed: int) -> Outcome:
    """Kill until `kills` have died; `scene.recorder` runs already."""
    began = time.monotonic()
    dice = random.Random(seed)
    cast = Cast(scene, seed)
    try:
        while cast.kills.total() < kills:
            cast.fill()
            time.sleep(dice.uniform(*_BETWEEN_S))
            cast.wake(at=time.monotonic())
            cast.strike(dice)
        cast.wake(at=math.inf)
        asyncio.run(wire.ask(scene.recorder, wire.Enter(phase="drain")))
        _drain(cast, scene)
        asyncio.run(wire.ask(scene.recorder, wire.Enter(phase="stop")))
        late = [f"{name} did not close" for name in cast.leave()]
    finally:
        cast.end()
    stories, damage = asyncio.run(_journal(scene))
    entries = _entries(asyncio.run(wire.ask(scene.recorder, wire.Dump())))
    return Outcome(
        kills=cast.kills.total(),
        killed=dict(cast.kills),
        stops=cast.stops,
        orders=sum(entry.kind == "ack" and entry.verb != "start" for entry in entries),
        seconds=round(time.monotonic() - began, 1),
        verdict=judge(stories, entries),
        damage=damage + late,
    )


@contextmanager
def recording(seed: int) -> Iterator[wire.Address]:
    """A recorder, in a process of its own, and where it is reached."""
    hear, tell = _PROCESSES.Pipe(duplex=False)
    serving = _PROCESSES.Process(target=recorder.main, args=(seed, tell), daemon=True)
    serving.start()
    try:
        yield hear.recv()
    finally:
        serving.kill()
        serving.join()


def _drain(cast: Cast, scene: Scene) -> None:
    """Let it come to its end; who fell on the way is replaced."""
    deadline = time.monotonic() + _DRAIN_S
    while time.monotonic() < deadline and asyncio.run(_unfinished(scene)):
        cast.fill()
        time.sleep(0.5)


async def _unfinished(scene: Scene) -> int:
    async with _looking(scene) as tizmor:
        executions = await tizmor.list(limit=MOST_EXECUTIONS)
    return sum(execution.status not in ENDED for execution in executions)


async def _journal(scene: Scene) -> tuple[list[Story], list[str]]:
    """All executions as the journal tells them, and what is wrong with what is stored."""
    async with _looking(scene) as tizmor:
        stories = []
        for stored in await tizmor._journal.recent(limit=MOST_EXECUTIONS):
            records = await tizmor._journal.read(stored.execution)
            events = [ev.decode(record.payload) for record in records]
            stories.append(Story(public_id(stored.execution), events))
        checks = await tizmor.doctor(deep=True)
    return stories, [f"{c.name}: {c.detail}" for c in checks if c.state == "failed"]


def _looking(scene: Scene) -> AbstractAsyncContextManager[Tizmor]:
    return Tizmor.open(scene.workspace, settings=scene.settings, write=False)


def _entries(dumped: dict[str, object]) -> list[Entry]:
    return msgspec.convert(dumped["entries"], list[Entry])
