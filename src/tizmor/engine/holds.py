"""Steps that are held for what others use, and whose turn has come.

Nothing is asked for again and again: whoever frees something wakes those that stand in line for it,
also in other processes. What stands behind that, for a wake-up that is lost and for a process that
died with what it had, is a look every few seconds, as long as anything is held here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

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
        self._early: set[Holder] = set()
        self._looking: asyncio.Task[None] | None = None
        self._look_again = False
        self._timer: asyncio.TimerHandle | None = None
        self._releases: dict[Holder, asyncio.Task[None]] = {}
        self._closed = False

    def add(self, holder: Holder, until_ms: int | None) -> None:
        """A step has just come to stand in line; its turn doesn't come before `until_ms`, or when
        somebody else says so."""
        if self._closed:
            return
        if holder in self._early:
            self._early.discard(holder)
            asyncio.get_running_loop().call_soon(self._go_on, holder)
            return
        self._held[holder] = None
        if self._timer is None:
            self.look()
        elif until_ms is not None:
            self._look_in((until_ms - self._clock.now_ms()) / 1000)

    def look(self) -> None:
        """Something may have been freed."""
        if self._closed:
            return
        if not self._held:
            self._stop_timer()
            return
        self._look_again = True
        if self._looking is None:
            self._looking = asyncio.get_running_loop().create_task(self._look())

    def release(self, live: Live, step: str) -> None:
        """Give back what a step has, once what it came to is on disk."""
        holder = Holder(live.execution, step)
        self._held.pop(holder, None)
        if holder not in self._releases and not self._closed:
            live.unfence(step)
            task = asyncio.get_running_loop().create_task(self._release(live, holder))
            self._releases[holder] = task
            task.add_done_callback(lambda ended: self._releases.pop(holder))

    def releases(self, live: Live, step: str) -> bool:
        """Whether what a step has is just being given back."""
        return bool(self._releases) and Holder(live.execution, step) in self._releases

    def once_released(self, live: Live, step: str, then: Callable[[], None]) -> None:
        """Call `then` when it was given back: what is taken before would be given back, too."""
        release = self._releases[Holder(live.execution, step)]
        release.add_done_callback(partial(_unless_cancelled, then))

    def close(self) -> Sequence[asyncio.Task[None]]:
        """Look at nothing more; the tasks that are to be ended."""
        self._closed = True
        self._stop_timer()
        return [*self._releases.values(), *([] if self._looking is None else [self._looking])]

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
                delay_s = (turns.next_ms - self._clock.now_ms()) / 1000
            self._early = {holder for holder in turns.ready if holder not in self._held}
            for holder in turns.ready:
                if self._held.pop(holder, _NOT_HELD) is None:
                    self._go_on(holder)
        self._stop_timer()
        if self._held:
            self._look_in(delay_s)

    def _look_in(self, delay_s: float) -> None:
        """Look after so many seconds, unless that happens before."""
        if self._closed:
            return
        loop = asyncio.get_running_loop()
        at = loop.time() + min(max(delay_s, 0.0), FALLBACK_S)
        if self._timer is None or at < self._timer.when():
            self._stop_timer()
            self._timer = loop.call_at(at, self.look)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _release(self, live: Live, holder: Holder) -> None:
        try:
            await self._durable(live)
            await self._journal.sharing.release(holder)
        except EngineError as error:
            # Whoever has the execution next does it, or it is taken from this process at its end.
            _log.warning("what %s has can't be given back now: %s", holder.step, error)


_NOT_HELD = object()


def _unless_cancelled(then: Callable[[], None], release: asyncio.Task[None]) -> None:
    if not release.cancelled():
        then()
