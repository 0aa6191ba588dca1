"""Traces while a workspace is open to write: told, kept, and sent where somebody wants them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from tizmor.observability.sending import Sending
from tizmor.observability.telling import Telling


@contextlib.asynccontextmanager
async def tracing(telling: Telling, sending: Sending | None) -> AsyncIterator[None]:
    """Keep and send meanwhile. What is left at the end the next process keeps and sends."""
    tasks = [asyncio.create_task(telling.run())]
    if sending is not None:
        tasks.append(asyncio.create_task(sending.run(lambda: telling.leads)))
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await telling.catch_up_at_last()
        if sending is not None and telling.leads:
            await sending.leave()
        await telling.leave()
