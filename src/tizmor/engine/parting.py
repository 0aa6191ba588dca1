"""Executions that this process can't go on with, and leaves to others.

A call with an effect that is under way is let end before: what it came to is known here only, and
nobody may begin it anew beside it, be it in a thread, where nothing can cut it off.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
from functools import partial
from typing import Any

from tizmor.core.errors import EngineError
from tizmor.engine.live import Live

Park = Callable[[Live, str, BaseException], None]


class Parting:
    """`durable` waits until what an execution has said is on disk, `park` stops it where it is, and
    `part` makes it nobody's."""

    def __init__(
        self,
        *,
        durable: Callable[[Live], Awaitable[None]],
        park: Park,
        part: Callable[[Live], None],
    ) -> None:
        self._durable = durable
        self._park = park
        self._part = part
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False
        self.afoot: set[asyncio.Task[None]] = set()
        """Calls with an effect of executions that were broken off."""

    def leave(self, live: Live, where: str, error: BaseException) -> None:
        """Begin nothing more for an execution whose state holds, keep what its calls that have an
        effect come to, and park it then."""
        afoot = live.afoot()
        if not afoot:
            self._park(live, where, error)
        elif not live.leaving:
            live.leaving = True
            live.cut_off(but=afoot)
            self._begin(partial(self._park_after, live, where, error, afoot))

    def part(self, live: Live, afoot: Collection[asyncio.Task[None]]) -> None:
        """Make an execution nobody's that was broken off, once these calls are over."""
        if afoot:
            self.afoot.update(afoot)
            self._begin(partial(self._part_after, live, afoot))
        else:
            self._part(live)

    def close(self) -> Sequence[asyncio.Task[None]]:
        """Part with nothing more; the tasks that are to be ended."""
        self._closed = True
        return list(self._tasks)

    async def _park_after(
        self, live: Live, where: str, error: BaseException, afoot: Collection[asyncio.Task[None]]
    ) -> None:
        await asyncio.wait(afoot)
        with contextlib.suppress(EngineError):
            await self._durable(live)
        if not live.lost and not self._closed:
            self._park(live, where, error)

    async def _part_after(self, live: Live, afoot: Collection[asyncio.Task[None]]) -> None:
        await asyncio.wait(afoot)
        self.afoot.difference_update(afoot)
        if not self._closed:
            self._part(live)

    def _begin(self, parting: Callable[[], Coroutine[Any, Any, None]]) -> None:
        task = asyncio.get_running_loop().create_task(parting())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
