"""Steps that are held for what others use, and whose turn has come.

Nothing is asked for again and again: whoever frees something wakes those that stand in line for it,
also in other processes. What stands behind that, for a wake-up that is lost and for a process that
died with what it had, is a look every few seconds, as long as anything is held here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from tizmor.core.errors import EngineError
from tizmor.engine.live import Live
from tizmor.ports.clock import Clock
from tizmor.ports.journal import Journal
from tizmor.ports.locks import Holder

_log = logging.getLogger("tizmor.engine")

FALLBACK_S = 5.0


class Holds:
    """The steps of this process that stand in line. `go_on` is told of each whose turn has come,
    `durable` waits until what an execution has said is on disk."""

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        *,
        go_on: Callable[[Holder], None],
        durable: Callable[[Live], Awaitable[None]],
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._go_on = go_on
        self._durable = durable
        self._held: dict[Holder, None] = {}
        self._looking: asyncio.Task[None] | None = None
        self._look_again = False
        self._timer: asyncio.TimerHandle | None = None
        self._releases: set[asyncio.Task[None]] = set()
        self._closed = False

    def add(self, holder: Holder) -> None:
        """A step has just come to stand in line."""
        self._held[holder] = None
        if self._timer is None:
            self.look()

    def look(self) -> None:
        """Something may have been freed."""
        if not self._held or self._closed:
            return
        self._look_again = True
        if self._looking is None:
            self._looking = asyncio.get_running_loop().create_task(self._look())

    def release(self, live: Live, step: str) -> None:
        """Give back what a step has, once what it came to is on disk."""
        holder = Holder(live.execution, step)
        self._held.pop(holder, None)
        task = asyncio.get_running_loop().create_task(self._release(live, holder))
        self._releases.add(task)
        task.add_done_callback(self._releases.discard)

    def close(self) -> Sequence[asyncio.Task[None]]:
        """Look at nothing more; the tasks that are to be ended."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        return [*self._releases, *([] if self._looking is None else [self._looking])]

    async def _look(self) -> None:
        try:
            while self._look_again:
                self._look_again = False
                await self._take_turns()
        finally:
            self._looking = None

    async def _take_turns(self) -> None:
        delay_s = FALLBACK_S
        try:
            turns = await self._journal.sharing.turns()
        except EngineError as error:
            _log.warning("it can't be seen now whose turn it is: %s", error)
        else:
            if turns.next_ms is not None:
                until_s = (turns.next_ms - self._clock.now_ms()) / 1000
                delay_s = min(delay_s, max(until_s, 0.0))
            for holder in turns.ready:
                if self._held.pop(holder, _NOT_HELD) is None:
                    self._go_on(holder)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._held and not self._closed:
            self._timer = asyncio.get_running_loop().call_later(delay_s, self.look)

    async def _release(self, live: Live, holder: Holder) -> None:
        try:
            await self._durable(live)
            await self._journal.sharing.release(holder)
        except EngineError as error:
            # Whoever has the execution next does it, or it is taken from this process at its end.
            _log.warning("what %s has can't be given back now: %s", holder.step, error)


_NOT_HELD = object()
