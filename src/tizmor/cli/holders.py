"""Which executions have what held steps wait for."""

from __future__ import annotations

from tizmor.cli.library import Library
from tizmor.cli.terminal.held import LOCK
from tizmor.cli.terminal.progress import Progress


async def find_holders(library: Library, progress: Progress) -> None:
    """Note them in the steps. It only looks, and only where something waits for a lock."""
    waiting = {s.id: s for s in progress.steps.values() if s.held_on.startswith(LOCK)}
    if all(step.held_by for step in waiting.values()):
        return
    locks = [lock for lock in await library.locks() if lock.state == "held"]
    for step in waiting.values():
        mine = (progress.execution_id, step.id)
        step.held_by = tuple(
            lock.execution_id
            for lock in locks
            if f"{LOCK}{lock.resource}" == step.held_on and (lock.execution_id, lock.step) != mine
        )
