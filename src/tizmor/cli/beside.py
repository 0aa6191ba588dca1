"""Something that runs beside a block of code and ends with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

T = TypeVar("T")


@asynccontextmanager
async def beside(work: Awaitable[T]) -> AsyncIterator[asyncio.Future[T]]:
    """Start `work`; when the body ends, cancel it if it still runs, and wait until it has ended.

    What `work` raises is the body's to ask for, by the future's `result`.
    """
    future = asyncio.ensure_future(work)
    try:
        yield future
    finally:
        future.cancel()
        await asyncio.wait({future})


async def first_of(*futures: asyncio.Future[Any]) -> None:
    """Wait until one of them is done; the others go on."""
    await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)
