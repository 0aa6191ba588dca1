"""What the processes that get killed have in common: how they open the product, and when they end.

Every process is told where things are by a `Scene` and what to do at random by a seed.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
from tests.crash import wire
from tests.crash.agents import all_agents
from tests.crash.sabotage import take_out_the_barrier

from tizmor.assembly import Tizmor
from tizmor.core.errors import OwnershipLost, UserError
from tizmor.engine.views import Status
from tizmor.settings import Settings, load

ENDED = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED, Status.REJECTED})
MOST_EXECUTIONS = 100_000


LEASE_S = 3.0
"""How long an owner on PostgreSQL is waited for: short, so that stopped ones outlast it."""


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """Where the processes of a run meet. An empty URL is the workspace's own SQLite."""

    workspace: str
    database_url: str
    recorder: wire.Address
    barrier: bool

    @property
    def settings(self) -> Settings:
        url = self.database_url or None
        return load(Path(self.workspace), environ={}, database_url=url, lease_s=LEASE_S)


class Actor:
    """One process's view of the product and of the recorder."""

    def __init__(self, name: str, tizmor: Tizmor, scene: Scene, dice: random.Random) -> None:
        self.name = name
        self.tizmor = tizmor
        self.dice = dice
        self._recorder = scene.recorder
        self._following: dict[str, asyncio.Task[None]] = {}

    async def ask(self, request: wire.Request) -> dict[str, object]:
        return await wire.ask(self._recorder, request)

    async def phase(self) -> str:
        return str((await self.ask(wire.Phase()))["phase"])

    async def acknowledge(self, verb: str, execution: str, by: str, said: str = "") -> None:
        """Have it written down that the product confirmed this."""
        await self.ask(wire.Ack(verb=verb, execution=execution, by=by, said=said))

    @property
    def following(self) -> int:
        """How many executions this process waits for."""
        self._following = {i: task for i, task in self._following.items() if not task.done()}
        return len(self._following)

    def follow(self, execution: str) -> None:
        """Wait for the execution's end beside everything else, as `run` and `resume` do."""
        if execution not in self._following or self._following[execution].done():
            self._following[execution] = asyncio.create_task(self._follow(execution))

    async def _follow(self, execution: str) -> None:
        try:
            await self.tizmor.result(execution)
        except OwnershipLost:
            return  # another process runs it now
        except Exception as error:
            await self.ask(wire.Trouble(who=self.name, error=f"following: {error!r}"[:500]))

    async def followed(self) -> None:
        """Wait until all that is followed has ended, or waits."""
        await asyncio.gather(*self._following.values())

    def stop_following(self) -> None:
        for task in self._following.values():
            task.cancel()

    async def order(self, verb: str, execution: str, by: str, given: Awaitable[str]) -> None:
        """Give an order. What the product confirms is written down as confirmed; an order that
        came too late is refused, as it should be."""
        try:
            said = await given
        except (UserError, OwnershipLost):
            return
        await self.acknowledge(verb, execution, by, said)


Work = Callable[[Actor], Awaitable[None]]


def main(name: str, seed: str, scene: Scene, work: Work) -> None:
    """The life of a process: open the product, work until the run stops, close."""
    logging.disable(logging.CRITICAL)
    if not scene.barrier:
        take_out_the_barrier()
    asyncio.run(_live(name, seed, scene, work))


async def _live(name: str, seed: str, scene: Scene, work: Work) -> None:
    try:
        async with _opened(name, random.Random(seed), scene) as actor:
            await work(actor)
    except Exception as error:
        trouble = wire.Trouble(who=name, error=f"ended: {error!r}"[:500])
        await wire.ask(scene.recorder, trouble)


@asynccontextmanager
async def _opened(name: str, dice: random.Random, scene: Scene) -> AsyncIterator[Actor]:
    interactive = dice.random() < 0.5
    async with Tizmor.open(
        scene.workspace,
        settings=scene.settings,
        agents=all_agents(scene.recorder),
        interactive=interactive,
        patience_s=60.0,
    ) as tizmor:
        actor = Actor(name, tizmor, scene, dice)
        try:
            yield actor
        finally:
            actor.stop_following()
