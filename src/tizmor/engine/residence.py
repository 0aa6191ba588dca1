"""Which executions are in memory, and which rest on disk.

An execution that waits for a human or a timer needs nothing in memory but its name: a hundred
thousand of them may wait. It comes back when something happens to it, in the order of priority when
there is no room at once.
"""

from __future__ import annotations

import heapq
import itertools
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from tizmor.engine.live import Live


class Rest(NamedTuple):
    """What is known of an execution that this process owns and holds no state of.

    `adopted`: it was another's before, and its journal doesn't say yet that it isn't any more;
    `may_still_run`: nobody saw that other die.
    """

    epoch: int
    priority: int
    adopted: bool = False
    may_still_run: bool = False


class Residence:
    """Room for `limit` executions in memory. Those that are idle give way first; what is busy
    stays, so the limit may be passed by what is taken on explicitly. `wake` is called for each one
    that is due and for which there is room; it owes `enter` or `rest`."""

    def __init__(self, limit: int, wake: Callable[[int], None]) -> None:
        self._limit = limit
        self._wake = wake
        self.live: dict[int, Live] = {}
        self.resting: dict[int, Rest] = {}
        self._idle: OrderedDict[int, None] = OrderedDict()
        self._due: list[tuple[int, int, int]] = []
        self._coming: set[int] = set()
        self._numbers = itertools.count()

    @property
    def is_full(self) -> bool:
        """Whether all that is in memory is busy, and there is no room for more."""
        return len(self.live) + len(self._coming) - len(self._idle) >= self._limit

    def enter(self, live: Live) -> None:
        """It is in memory now."""
        self.live[live.execution] = live
        self.resting.pop(live.execution, None)
        self._coming.discard(live.execution)

    def leave(self, live: Live) -> None:
        """It is this process's no more, or has ended."""
        if self.live.get(live.execution) is live:
            del self.live[live.execution]
            self._idle.pop(live.execution, None)
            self.admit()

    def busy(self, live: Live) -> None:
        """Something happens to it."""
        self._idle.pop(live.execution, None)

    def idle(self, live: Live) -> None:
        """Nothing happens to it until it is told something."""
        if self.live.get(live.execution) is live:
            self._idle[live.execution] = None
            self._idle.move_to_end(live.execution)
            self.admit()

    def rest(self, execution: int, rest: Rest) -> None:
        """Hold nothing of it but its name."""
        live = self.live.pop(execution, None)
        self._idle.pop(execution, None)
        self._coming.discard(execution)
        self.resting[execution] = rest
        if live is not None:
            live.gone = True
            live.tell()

    def give_up(self, execution: int) -> None:
        """It is another process's, or can't be read."""
        self.resting.pop(execution, None)
        self._coming.discard(execution)
        self.admit()

    def due(self, execution: int) -> None:
        """A resting one has something to do: it comes back when there is room."""
        if execution in self.resting and execution not in self._coming:
            entry = (-self.resting[execution].priority, next(self._numbers), execution)
            heapq.heappush(self._due, entry)
            self.admit()

    def postpone(self, execution: int) -> None:
        """It couldn't be taken up: it is due once more."""
        self._coming.discard(execution)
        self.due(execution)

    def admit(self) -> None:
        """Let come back what is due, as far as there is room."""
        while self._due and not self.is_full:
            execution = heapq.heappop(self._due)[2]
            if execution in self.resting and execution not in self._coming:
                self._coming.add(execution)
                self._wake(execution)
        self._make_room()

    def clear(self) -> None:
        self.live.clear()
        self.resting.clear()
        self._idle.clear()
        self._due.clear()

    def _make_room(self) -> None:
        while self._idle and len(self.live) + len(self._coming) > self._limit:
            execution = next(iter(self._idle))
            live = self.live[execution]
            self.rest(execution, Rest(live.epoch, live.state.priority))
