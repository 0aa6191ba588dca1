"""Steps that are held for what others use, and whose turn has come.

Nothing is asked for again and again: whoever frees something wakes those that stand in line for it,
also in other processes. What stands behind that, for a wake-up that is lost and for a process that
died with what it had, is a look every few seconds, as long as anything is held here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
from functools import partial
from typing import Any

from tizmor.core.errors import EngineError, StorageFailed
from tizmor.core.plan import Effect
from tizmor.engine.live import Live
from tizmor.ports.clock import Clock
from tizmor.ports.journal import Journal
from tizmor.ports.locks import Holder

_log = logging.getLogger("tizmor.engine")

FALLBACK_S = 5.0
_READ = Effect.READ
"""Compared for each step of what is taken over: through the class it takes long to reach."""


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
        self._again: set[Holder] = set()
        self._giving: set[asyncio.Task[None]] = set()
        self._taken: dict[int, dict[str, int]] = {}
        self._next_roll_call = 0.0
        self._closed = False

    def add(self, holder: Holder, until_ms: int | None) -> None:
        """A step has just come to stand in line; its turn doesn't come before `until_ms`, or when
        somebody else says so."""
        if self._closed:
            return
        self._held[holder] = None
        if holder in self._early or self._timer is None:
            # Its turn was seen before it came to stand here: that, or one that it has used since.
            # Gone on with unseen, two would send each other to the end of the line for ever.
            self._early.discard(holder)
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
        if holder in self._releases:
            self._again.add(holder)  # a call under way may have taken something behind it
        elif not self._closed:
            live.unfence(step)
            release = self._release(live, holder)
            self._releases[holder] = asyncio.get_running_loop().create_task(release)

    def abandon(self, execution: int, running: Collection[asyncio.Task[None]] = ()) -> None:
        """Give back what this process itself has for an execution that it can't go on with, once
        nothing of it is `running` here."""
        if self._closed:
            return
        self._held = {h: None for h in self._held if h.execution != execution}
        self._begin(partial(self._abandon, execution, set(running)))

    def take_over(self, live: Live) -> None:
        """This process has just become the owner of an execution: what its former one had for calls
        that it never began is given back, whatever becomes of these."""
        if self._closed:
            return
        if not self._taken:  # of all that are taken on in one go, by one look
            self._begin(self._give_back_taken)
        self._taken[live.execution] = {
            name: step.attempt
            for name, step in live.state.steps.items()
            if step.step.effect is not _READ
        }

    @property
    def is_releasing(self) -> bool:
        """Whether anything is just being given back."""
        return bool(self._releases)

    def releases(self, live: Live, step: str) -> bool:
        """Whether what a step has is just being given back."""
        return Holder(live.execution, step) in self._releases

    def once_released(self, live: Live, step: str, then: Callable[[], None]) -> None:
        """Call `then` when it was given back: what is taken before would be given back, too."""
        release = self._releases[Holder(live.execution, step)]
        release.add_done_callback(partial(_unless_cancelled, then))

    def _begin(self, giving: Callable[[], Coroutine[Any, Any, None]]) -> None:
        task = asyncio.get_running_loop().create_task(giving())
        self._giving.add(task)
        task.add_done_callback(self._giving.discard)

    def close(self) -> Sequence[asyncio.Task[None]]:
        """Look at nothing more; the tasks that are to be ended."""
        self._closed = True
        self._stop_timer()
        ending = [*self._releases.values(), *self._giving]
        return [*ending, *([] if self._looking is None else [self._looking])]

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
            await self._find_the_lost()
            turns = await self._journal.sharing.turns()
        except EngineError as error:
            _log.warning("it can't be seen now whose turn it is: %s", error)
        else:
            if turns.next_ms is not None:
                delay_s = (turns.next_ms - turns.now_ms) / 1000
            self._early = {holder for holder in turns.ready if holder not in self._held}
            for holder in turns.ready:
                if self._held.pop(holder, _NOT_HELD) is None:
                    self._go_on(holder)
        self._stop_timer()
        if self._held:
            self._look_in(delay_s)

    async def _find_the_lost(self) -> None:
        """Who has lost their place asks anew. That is looked at now and then only: it happens to a
        process that was stopped for so long that it was taken for dead."""
        now = asyncio.get_running_loop().time()
        if now < self._next_roll_call:
            return
        self._next_roll_call = now + FALLBACK_S
        held = list(self._held)
        standing = await self._journal.sharing.standing()
        for holder in held:
            if holder not in standing and self._held.pop(holder, _NOT_HELD) is None:
                self._go_on(holder)

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

    async def _abandon(self, execution: int, tasks: Collection[asyncio.Task[None]]) -> None:
        if tasks:
            await asyncio.wait(tasks)
        await self._give_back(partial(self._journal.sharing.abandon, execution))

    async def _release(self, live: Live, holder: Holder) -> None:
        self._again.add(holder)
        try:
            while holder in self._again:
                self._again.discard(holder)
                await self._durable(live)
                await self._give_back(partial(self._journal.sharing.release, holder))
        except EngineError as error:
            # Whoever has the execution next does it.
            _log.warning("what %s has isn't this process's to give back: %s", holder.step, error)
        finally:
            # Not when the task is seen to have ended: what is asked for until then would be lost.
            self._again.discard(holder)
            self._releases.pop(holder, None)

    async def _give_back_taken(self) -> None:
        taken, self._taken = self._taken, {}
        await self._give_back(partial(self._journal.sharing.budgets.take_over, taken))

    async def _give_back(self, give: Callable[[], Awaitable[None]]) -> None:
        """Others wait for it for as long as this process lives: it is tried until it is done."""
        while True:
            try:
                return await give()
            except StorageFailed as error:
                _log.warning("what others wait for can't be given back now: %s", error)
                await asyncio.sleep(FALLBACK_S)
            except EngineError as error:
                # The database is damaged: nothing goes on there.
                _log.warning("what others wait for can't be given back: %s", error)
                return None


_NOT_HELD = object()


def _unless_cancelled(then: Callable[[], None], release: asyncio.Task[None]) -> None:
    if not release.cancelled():
        then()
