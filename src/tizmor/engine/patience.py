"""Patience: how long is waited for what an agent offers beside its call, and for the planner."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

_T = TypeVar("_T")


async def within(limit_s: float, work: Awaitable[_T]) -> _T:
    """What a hook or the planner gives within its time.

    Raises what it raises, `TimeoutError` when its time is over, and `RuntimeError` when it cancels
    itself: nobody told it to stop, so it has failed and is not withdrawn.
    """
    limit = asyncio.timeout(limit_s)
    try:
        async with limit:
            return await work
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise TimeoutError(f"it took too long: more than {limit_s:g} s") from error
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise RuntimeError("it cancelled itself") from error
