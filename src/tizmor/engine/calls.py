"""How many calls run at a time, and which one is next.

A call that finds no room waits in memory, with its execution's state; the journal holds all that is
needed to order it again. The higher priority goes first, then who came first.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable

Start = Callable[[], bool]
"""Begins a call; False when it isn't to begin any more."""


class CallQueue:
    """Room for `limit` calls. Each one that began owes one `ended`."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._running = 0
        self._waiting: list[tuple[int, int, Start]] = []
        self._numbers = itertools.count()

    @property
    def is_full(self) -> bool:
        """Whether calls wait for room."""
        return bool(self._waiting)

    def submit(self, priority: int, start: Start) -> None:
        """Start now, or when there is room."""
        if self._running < self._limit:
            self._running += start()
        else:
            heapq.heappush(self._waiting, (-priority, next(self._numbers), start))

    def ended(self) -> None:
        """A call has ended: the next one that still is to begin takes its room."""
        while self._waiting:
            if heapq.heappop(self._waiting)[2]():
                return
        self._running -= 1

    def clear(self) -> None:
        self._waiting.clear()
