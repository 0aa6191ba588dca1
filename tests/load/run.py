"""One run: processes are started and given their executions, two are killed on the way, the others
go on with what was theirs, and what happened outside is held against what was allowed."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from tests.load import wire
from tests.load.agents import allowed, budget, plan, quotas, settings
from tests.load.books import (
    Entry,
    Story,
    approved_once_done_twice,
    held_twice,
    miscounted,
    over_budget,
    over_quota,
)
from tests.load.cast import Cast
from tests.load.scene import ENDED, MOST_EXECUTIONS, Scene

from tizmor.assembly import Tizmor
from tizmor.core import events as ev
from tizmor.core.ids import public_id
from tizmor.ports.budgets import Account

_LOOK_S = 0.2
_STILL_S = 30.0
"""With nothing called for so long after the first call, nothing will be any more."""
_LONGEST_S = 900.0
_TELL_S = 5.0
_SPENDING_LOOKS = 40

Say = Callable[[str], None]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a run gave; each finding says in words what is wrong and where."""

    executions: int
    processes: int
    killed: int
    quota_exceeded: list[str]
    double_holders: list[str]
    budget_exceeded: list[str]
    approvals_reused: list[str]
    deadlocks: list[str]
    unfinished: list[str]
    failed: list[str]
    """Steps that failed, and not for want of a budget."""
    out_of_budget: int
    """Calls for which a budget didn't suffice."""
    steps: int
    calls: int
    cpu_s: float
    seconds: float


def prepare(workspace: Path, executions: int) -> None:
    """Write the settings of a workspace for so many executions."""
    (workspace / "tizmor.toml").write_text(settings(executions), "utf-8")


def run(scene: Scene, *, executions: int, processes: int, kills: int, say: Say) -> Outcome:
    """Run so many executions over so many processes, of which so many are killed on the way; `say`
    is told how it goes."""
    began = time.monotonic()
    cast = Cast(scene)
    try:
        for number in range(processes):
            first, end = (executions * n // processes for n in (number, number + 1))
            cast.start("tests.load.worker", f"worker-{number}", first=first, executions=end - first)
        cast.start("tests.load.person", "person")
        asyncio.run(_until_over(cast, scene, executions=executions, kills=kills, say=say))
    finally:
        cast.leave()
    seen, stories, accounts = asyncio.run(_look_back(scene))
    entries = msgspec.convert(seen["entries"], list[Entry])
    unfinished = [story for story in stories if not story.ended]
    workers = {n: s for n, s in cast.cpu_s.items() if n.startswith("worker")}
    return Outcome(
        executions=len(stories),
        processes=processes,
        killed=len(cast.killed),
        quota_exceeded=list(over_quota(entries, quotas(executions))),
        double_holders=list(held_twice(entries)),
        budget_exceeded=[
            *over_budget(entries, stories, allowed=allowed(executions)),
            *miscounted(entries, accounts, exact=not cast.killed),
        ],
        approvals_reused=list(approved_once_done_twice(entries, stories)),
        deadlocks=[f"{story.execution} is held for ever" for story in unfinished if story.is_held],
        unfinished=[f"{story.execution}: {story.events[-1]!r}"[:300] for story in unfinished],
        failed=[f"{story.execution}/{why}" for story in stories for why in story.failures],
        out_of_budget=sum(story.out_of_budget for story in stories),
        steps=sum(story.succeeded for story in stories),
        calls=len(entries),
        cpu_s=sum(s - seen["ready"].get(n, 0.0) for n, s in workers.items()),
        seconds=round(time.monotonic() - began, 1),
    )


class _Watch:
    """Looks until something is so, and says now and then how far it has come."""

    def __init__(self, scene: Scene, tizmor: Tizmor, *, executions: int, say: Say) -> None:
        self._scene = scene
        self._tizmor = tizmor
        self._executions = executions
        self._say = say
        self._began = self._told = time.monotonic()

    @property
    def calls(self) -> int:
        """How many calls there will be, if there is a budget for all of them."""
        return self._executions * len(plan(0).steps)

    async def until_called(self, calls: int) -> None:
        """Until all executions are there and so many calls were made, or nothing happens any
        more."""
        while not await self._has_come_to(calls):
            pass

    async def until_spending(self, name: str) -> None:
        """Until a call of a process is under way that costs something, so that it is cut off and
        nobody settles it; a process that has none for a while is past them."""
        for _ in range(_SPENDING_LOOKS):
            if name in (await wire.ask(self._scene.recorder, wire.Standing()))["spending"]:
                return
            await self._has_come_to(0)

    async def until_all_ended(self) -> None:
        """Until all executions are there and have ended, or nothing happens any more."""
        while not (await self._has_come_to(0) and await self._all_ended()):
            pass

    async def _has_come_to(self, calls: int) -> bool:
        """Whether it has, after a short while."""
        await asyncio.sleep(_LOOK_S)
        now = time.monotonic()
        if now - self._told >= _TELL_S:
            self._told = now
            await self.tell()
        standing = await wire.ask(self._scene.recorder, wire.Standing())
        if standing["idle_s"] > _STILL_S or now - self._began > _LONGEST_S:
            raise _OverEarly
        return bool(standing["started"] == self._executions and standing["calls"] >= calls)

    async def _all_ended(self) -> bool:
        executions = await self._tizmor.list(limit=MOST_EXECUTIONS)
        return all(execution.status in ENDED for execution in executions)

    async def tell(self, what: str = "") -> None:
        """Say how far it has come, and what has happened."""
        standing = await wire.ask(self._scene.recorder, wire.Standing())
        at_s = time.monotonic() - self._began
        self._say(f"{at_s:4.0f} s: {standing['calls']} of {self.calls} calls{what}")


class _OverEarly(Exception):
    """Nothing happens any more, or it takes too long."""


async def _until_over(cast: Cast, scene: Scene, *, executions: int, kills: int, say: Say) -> None:
    """Kill one worker after the other, evenly over the work, wait for what the others make of it,
    and have all close."""
    with contextlib.suppress(_OverEarly):
        async with scene.open(write=False) as tizmor:
            watch = _Watch(scene, tizmor, executions=executions, say=say)
            for number in range(kills):
                await watch.until_called(watch.calls * (number + 1) // (kills + 2))
                await watch.until_spending(f"worker-{number}")
                cast.kill(f"worker-{number}")
                await watch.tell(f", worker-{number} killed")
            await watch.until_all_ended()
    await wire.ask(scene.recorder, wire.Stop())


async def _look_back(scene: Scene) -> tuple[dict[str, Any], list[Story], dict[str, Account]]:
    """What the recorder saw, and what the database says: of each execution, and of the budgets of
    those that have one, and of all as ""."""
    async with scene.open(write=False) as tizmor:
        stories = []
        accounts = {"workspace": ""}
        for stored in await tizmor._journal.recent(limit=MOST_EXECUTIONS):
            records = await tizmor._journal.read(stored.execution)
            events = [ev.decode(record.payload) for record in records]
            given = budget(int(stored.query.split()[-1]))
            story = Story(public_id(stored.execution), events, given)
            stories.append(story)
            if given is not None:
                accounts[f"execution:{stored.execution}"] = story.execution
        standing = await tizmor._journal.sharing.budgets.standing(list(accounts))
    seen = await wire.ask(scene.recorder, wire.Dump())
    return seen, stories, {accounts[account.name]: account for account in standing}
