"""Where the processes of a load meet, and what they have in common."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import msgspec
from tests.load import wire
from tests.load.agents import all_agents
from tests.load.sabotage import plant

from tizmor.assembly import Tizmor
from tizmor.engine.views import Status
from tizmor.settings import load

ENDED = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED, Status.REJECTED})
MOST_EXECUTIONS = 100_000
LEASE_S = 3.0
"""How long a dead process is waited for."""
_OFTEN_S = 0.25


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """What each process is told, as JSON on its standard input."""

    name: str
    workspace: str
    database_url: str
    recorder: wire.Address
    first: int = 0
    executions: int = 0
    sabotage: str = ""

    def open(self, *, write: bool = True) -> AbstractAsyncContextManager[Tizmor]:
        settings = load(
            Path(self.workspace), environ={}, database_url=self.database_url, lease_s=LEASE_S
        )
        return Tizmor.open(
            self.workspace,
            settings=settings,
            agents=all_agents(self.recorder, self.name),
            interactive=False,
            write=write,
        )

    async def goes_on(self) -> bool:
        """Whether the run isn't over, after a short while."""
        await asyncio.sleep(_OFTEN_S)
        return not (await wire.ask(self.recorder, wire.Standing()))["stopping"]


Work = Callable[[Scene, Tizmor], Awaitable[None]]


def main(work: Work) -> None:
    """The life of a process: open the product, say so, work until the run is over, close."""
    logging.disable(logging.CRITICAL)
    scene = msgspec.json.decode(sys.stdin.buffer.readline(), type=Scene)
    plant(scene.sabotage)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_live(scene, work))


async def _live(scene: Scene, work: Work) -> None:
    async with scene.open() as tizmor:
        ready = wire.Ready(name=scene.name, cpu_s=time.process_time())
        await wire.ask(scene.recorder, ready)
        working = asyncio.ensure_future(work(scene, tizmor))
        while await scene.goes_on() and not working.done():
            pass
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working
