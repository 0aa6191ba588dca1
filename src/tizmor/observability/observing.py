"""What watches while a workspace is open to write: its log is kept, and metrics are counted."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from tizmor.observability.counting import Counting
from tizmor.observability.handler import Asked, listening
from tizmor.observability.keeping import Keeping
from tizmor.observability.lines import Lines


@contextlib.asynccontextmanager
async def observing(
    lines: Lines, keeping: Keeping, counting: Counting, whose: Asked, *, own_process: bool
) -> AsyncIterator[None]:
    """Watch meanwhile. What was written by the end is kept, as far as the database takes it."""
    counts = asyncio.create_task(counting.run())
    try:
        async with keeping.running():
            with listening(lines, whose, own_process=own_process):
                yield
    finally:
        counts.cancel()
        await asyncio.gather(counts, return_exceptions=True)
