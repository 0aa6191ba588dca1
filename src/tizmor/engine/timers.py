"""Timers of executions, for those that run as for those that rest.

What is written down of a timer is wall time, so that it outlives the process. Within the process
monotonic time counts: a clock that is set neither fires a timer early nor holds it back. The event
loop of a suspended machine doesn't notice that time has passed, so the timers look at the clock
themselves every few seconds while there are any. When they see that the process stood still, they
let `first` find out what was said to it meanwhile before they fire.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from tizmor.core.commands import Timer
from tizmor.ports.clock import Clock

LOOK_S = 5.0
"""How late a timer may be after the machine was suspended."""

STOOD_STILL_S = 0.1
"""A look that is so late tells that the process was stopped, or the machine suspended."""
FIRST_S = 2.0
"""How long `first` may hold the timers up."""
_DROPPED = 100
"""Dropped timers that are at least there before the heap is rid of them."""

Fire = Callable[[int, str, Timer, int], None]
"""Told of a timer that is due: execution, step, kind, and the wall time it was set for in ms."""

_Name = tuple[str, Timer]


class _Set(NamedTuple):
    """A timer that is set: `due` is monotonic, `due_ms` wall time."""

    number: int
    due_ms: int
    due: float


class Timers:
    """All timers of a process, by execution, step and kind; each fires once. `first` is awaited
    before they fire after the process stood still; it raises nothing."""

    def __init__(
        self, clock: Clock, fire: Fire, first: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        self._clock = clock
        self._fire = fire
        self._first = first
        self._catching_up: asyncio.Task[None] | None = None
        self._heap: list[tuple[float, int, int, _Name]] = []
        self._set: dict[int, dict[_Name, _Set]] = {}
        self._numbers = itertools.count()
        self._handle: asyncio.TimerHandle | None = None
        self._handle_due = 0.0
        self._dropped = 0

    def set(
        self, execution: int, step: str, timer: Timer, due_ms: int, *, as_of_ms: int = 0
    ) -> None:
        """Set a timer for a wall time, in place of one that is set for the same. One that is set
        for that time already stays, and fires when it would have though the clock was set since.
        `as_of_ms` is a wall time that has come, though the clock may have been set back."""
        known = self._set.get(execution, {}).get((step, timer))
        if known is not None and known.due_ms == due_ms:
            return
        delay_s = max(0.0, (due_ms - max(self._clock.now_ms(), as_of_ms)) / 1000)
        due = self._clock.monotonic() + delay_s
        number = next(self._numbers)
        self._set.setdefault(execution, {})[step, timer] = _Set(number, due_ms, due)
        heapq.heappush(self._heap, (due, number, execution, (step, timer)))
        self._arm()

    def drop(self, execution: int) -> None:
        """Forget all timers of an execution."""
        if execution not in self._set:
            return
        self._dropped += len(self._set.pop(execution))
        if self._dropped > max(_DROPPED, len(self._heap) // 2):
            self._heap = [entry for entry in self._heap if self._is_set(entry)]
            heapq.heapify(self._heap)
            self._dropped = 0

    def _is_set(self, entry: tuple[float, int, int, _Name]) -> bool:
        _, number, execution, name = entry
        current = self._set.get(execution, {}).get(name)
        return current is not None and current.number == number

    def next_due_ms(self, execution: int) -> int | None:
        """The wall time of an execution's next timer."""
        return min((t.due_ms for t in self._set.get(execution, {}).values()), default=None)

    def is_due(self, execution: int) -> bool:
        """Whether one of an execution's timers is about to fire, whatever the wall clock says."""
        now = self._clock.monotonic()
        return any(t.due <= now for t in self._set.get(execution, {}).values())

    def close(self) -> None:
        self._set.clear()
        self._heap.clear()
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        if self._catching_up is not None:
            self._catching_up.cancel()

    def _arm(self) -> None:
        if not self._heap or self._catching_up is not None:
            return
        due = min(self._heap[0][0], self._clock.monotonic() + LOOK_S)
        if self._handle is not None:
            if self._handle_due <= due:
                return
            self._handle.cancel()
        delay_s = max(0.0, due - self._clock.monotonic())
        self._handle_due = due
        self._handle = asyncio.get_running_loop().call_later(delay_s, self._look)

    def _look(self) -> None:
        self._handle = None
        late_s = self._clock.monotonic() - self._handle_due
        if self._first is not None and late_s > STOOD_STILL_S:
            catch_up = self._catch_up(self._first)
            self._catching_up = asyncio.get_running_loop().create_task(catch_up)
        else:
            self._fire_due()

    async def _catch_up(self, first: Callable[[], Awaitable[None]]) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FIRST_S):
                await first()
        self._catching_up = None
        self._fire_due()

    def _fire_due(self) -> None:
        now = self._clock.monotonic()
        while self._heap and self._heap[0][0] <= now:
            _, number, execution, name = heapq.heappop(self._heap)
            timers = self._set.get(execution, {})
            current = timers.get(name)
            if current is None or current.number != number:
                continue  # dropped, or set anew
            del timers[name]
            if not timers:
                del self._set[execution]
            self._fire(execution, *name, current.due_ms)
        self._arm()
