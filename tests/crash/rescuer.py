"""One who resumes everything that is unfinished, while a process that runs some of it is stopped.

Where a stopped process keeps what it owns, its orders wait; where it loses it when its lease has
run out, what it ran is taken on here, and the stopped one must do nothing more of it.
"""

from __future__ import annotations

import asyncio
import contextlib

from tests.crash.process import ENDED, MOST_EXECUTIONS, Actor

from tizmor.core.errors import OwnershipLost, UserError

_STAYS_S = 8.0


async def work(actor: Actor) -> None:
    """For some seconds, or until it is killed."""
    executions = await actor.tizmor.list(limit=MOST_EXECUTIONS)
    unfinished = [e.execution_id for e in executions if e.status not in ENDED]
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_STAYS_S):
            await asyncio.gather(*(_resume(actor, execution) for execution in unfinished))
            await actor.followed()


async def _resume(actor: Actor, execution: str) -> None:
    with contextlib.suppress(OwnershipLost, UserError):  # another process was quicker
        await actor.tizmor.resume(execution)
        actor.follow(execution)
