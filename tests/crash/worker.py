"""A worker: starts executions, and goes on with those whose process has died, as `serve` does."""

from __future__ import annotations

import asyncio

from tests.crash import wire
from tests.crash.plans import plan
from tests.crash.process import Actor

from tizmor.core.errors import OwnershipLost, UserError

_AT_ONCE = 5
_LOOK_S = 0.05
_DELEGATED = 0.5
"""Share of the executions that are started with all approvals given, as by `run --yes`."""


async def work(actor: Actor) -> None:
    """Until the run stops."""
    while (phase := await actor.phase()) != "stop":
        await _adopt_the_interrupted(actor)
        if phase == "crash" and actor.following < _AT_ONCE:
            await _start(actor)
        await asyncio.sleep(_LOOK_S)


async def _adopt_the_interrupted(actor: Actor) -> None:
    for execution in await actor.tizmor.interrupted():
        try:
            await actor.tizmor.resume(execution.execution_id)
        except (OwnershipLost, UserError):
            continue  # another worker was quicker
        actor.follow(execution.execution_id)


async def _start(actor: Actor) -> None:
    job = (await actor.ask(wire.Job()))["job"]
    if job is None:
        return
    execution = await actor.tizmor.start(
        f"job {job}", plan=plan(f"{job}"), approve_all=actor.dice.random() < _DELEGATED
    )
    await actor.acknowledge("start", execution.id, actor.name)
    actor.follow(execution.id)
