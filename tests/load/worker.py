"""A worker: starts its share of the executions at once, and goes on with those whose process has
died, as `serve` does."""

from __future__ import annotations

import asyncio
import contextlib

from tests.load import wire
from tests.load.agents import plan
from tests.load.scene import Scene, main

from tizmor.assembly import Tizmor
from tizmor.core.errors import OwnershipLost, UserError

_LOOK_S = 0.5


async def work(scene: Scene, tizmor: Tizmor) -> None:
    """Until it is cancelled."""
    numbers = range(scene.first, scene.first + scene.executions)
    await asyncio.gather(*(tizmor.start(f"load {n}", plan=plan(n)) for n in numbers))
    await wire.ask(scene.recorder, wire.Started(name=scene.name, executions=scene.executions))
    while True:
        if scene.sabotage != "rescue":
            await _adopt_the_interrupted(tizmor)
        await asyncio.sleep(_LOOK_S)


async def _adopt_the_interrupted(tizmor: Tizmor) -> None:
    for execution in await tizmor.interrupted():
        with contextlib.suppress(OwnershipLost, UserError):  # another worker was quicker
            await tizmor.resume(execution.execution_id)


if __name__ == "__main__":
    main(work)
