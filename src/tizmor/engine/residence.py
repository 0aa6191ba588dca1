"""Which executions are in memory, and which rest on disk.

An execution that waits for a human or a timer needs nothing in memory but its name: a hundred
thousand of them may wait. It comes back when something happens to it, in the order of priority when
there is no room at once.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections import OrderedDict, deque
from collections.abc import Callable

import msgspec

from tizmor.engine.live import Live

ENDING = 64
"""How many whose deadline has passed may be in memory beyond the limit, to be ended in time."""


class Rest(msgspec.Struct, gc=False):
    """What is known of an execution that this process owns and holds no state of.

    `adopted`: it was another's before, and its journal doesn't say yet that it isn't any more;
    `may_still_run`: nobody saw that other die. `fired_ms` is the wall time of the last of its
    timers that has fired: that time has come, whatever the clock was set to since.
    """

    epoch: int
    priority: int
    adopted: bool = False
    may_still_run: bool = False
    fired_ms: int = 0


class Residence:
    """Room for `limit` executions in memory. Those that are idle give way first; what is busy
    stays, so the limit may be passed by what is taken on explicitly, and by a few whose deadline
    has passed. `wake` is called for each one that is due and for which there is room; it owes
    `enter` or `rest`."""

    def __init__(self, limit: int, wake: Callable[[int], None]) -> None:
        self._limit = limit
        self._wake = wake
        self.live: dict[int, Live] = {}
        self.resting: dict[int, Rest] = {}
        self._idle: OrderedDict[int, None] = OrderedDict()
        self._due: list[tuple[int, int, int]] = []
        self._over: deque[int] = deque()
        self._ending: set[int] = set()
        self._coming: set[int] = set()
        self._numbers = itertools.count()
        self._news: dict[int, asyncio.Event] = {}

    @property
    def is_full(self) -> bool:
        """Whether all that is in memory is busy, and there is no room for more."""
        return len(self.live) + len(self._coming) - len(self._idle) >= self._limit

    def changed(self, execution: int) -> asyncio.Event | None:
        """Set when there are news of an execution: of one that rests, that it is back, or this
        process's no more. None for what isn't this process's."""
        if (live := self.live.get(execution)) is not None:
            return live.changed
        if execution not in self.resting:
            return None
        return self._news.setdefault(execution, asyncio.Event())

    def enter(self, live: Live) -> None:
        """It is in memory now."""
        self.live[live.execution] = live
        self.resting.pop(live.execution, None)
        self._coming.discard(live.execution)
        self._tell(live.execution)

    def leave(self, live: Live) -> None:
        """It is this process's no more, or has ended."""
        if self.live.get(live.execution) is live:
            del self.live[live.execution]
            self.busy(live)
            self._ending.discard(live.execution)
            self.admit()

    def busy(self, live: Live) -> None:
        """Something happens to it."""
        if live.execution in self._idle:  # rarely, and to look costs less than to take out
            del self._idle[live.execution]

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
        self._ending.discard(execution)
        self.resting[execution] = rest
        if live is not None:
            live.leave()

    def give_up(self, execution: int) -> None:
        """It is another process's, or can't be read."""
        self.resting.pop(execution, None)
        self._coming.discard(execution)
        self._ending.discard(execution)
        self._tell(execution)
        self.admit()

    def fired(self, execution: int, at_ms: int, *, over: bool) -> None:
        """A timer of a resting one, set for this wall time, has fired: it is due. `over`: that was
        its deadline, so that it doesn't wait for those who have time."""
        if (rest := self.resting.get(execution)) is None:
            return
        rest.fired_ms = max(rest.fired_ms, at_ms)
        if over and execution not in self._coming:
            self._over.append(execution)
            self.admit()
        else:
            self.due(execution)

    def due(self, execution: int) -> None:
        """A resting one has something to do: it comes back when there is room."""
        if self._is_away(execution):
            entry = (-self.resting[execution].priority, next(self._numbers), execution)
            heapq.heappush(self._due, entry)
            self.admit()

    def postpone(self, execution: int) -> None:
        """It couldn't be taken up: it is due once more."""
        self._coming.discard(execution)
        if execution in self._ending:
            self._ending.discard(execution)
            self._over.append(execution)
            self.admit()
        else:
            self.due(execution)

    def admit(self) -> None:
        """Let come back what is due, as far as there is room."""
        while self._over and (not self.is_full or len(self._ending) < ENDING):
            execution = self._over.popleft()
            if self._is_away(execution):
                self._ending.add(execution)
                self._let_come(execution)
        while self._due and not self.is_full:
            execution = heapq.heappop(self._due)[2]
            if self._is_away(execution):
                self._let_come(execution)
        self._make_room()

    def clear(self) -> None:
        self.live.clear()
        self.resting.clear()
        self._idle.clear()
        self._due.clear()
        self._over.clear()
        self._ending.clear()
        for execution in list(self._news):
            self._tell(execution)

    def _is_away(self, execution: int) -> bool:
        return execution in self.resting and execution not in self._coming

    def _let_come(self, execution: int) -> None:
        self._coming.add(execution)
        self._wake(execution)

    def _tell(self, execution: int) -> None:
        if (news := self._news.pop(execution, None)) is not None:
            news.set()

    def _make_room(self) -> None:
        while self._idle and len(self.live) + len(self._coming) > self._limit:
            execution = next(iter(self._idle))
            live = self.live[execution]
            self.rest(execution, Rest(live.epoch, live.state.priority))
