"""An event loop without threads, sockets or real time.

It runs one callback at a time, in an order that `choose` decides, and when none is ready the clock
jumps to the next timer. `asyncio`'s own tasks, futures, events and time-outs run on it unchanged;
whatever would touch the machine (`run_in_executor`, sockets, processes, signals) raises
`NotImplementedError`.

All imagined processes share the loop. To which one a callback belongs stands in its context
(`PROCESS`), which tasks hand down to all that they start; so a process can be killed between any
two callbacks, without a last word from its `finally` clauses, or be stopped and go on later.
"""

from __future__ import annotations

import asyncio
import contextvars
import heapq
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, TypeVarTuple

PROCESS: contextvars.ContextVar[str] = contextvars.ContextVar("process", default="")
"""The imagined process that the running code belongs to; empty for the world outside."""

_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")
Choose = Callable[[int], int]


class _Timer(asyncio.TimerHandle):
    """A callback that is due at a time; of two that are due at once the older comes first."""

    __slots__ = ("order", "process")

    def __init__(self, when: float, order: int, *args: Any) -> None:
        super().__init__(when, *args)
        self.order = order
        self.process = ""

    def __lt__(self, other: Any) -> bool:
        return (self.when(), self.order) < (other.when(), other.order)


class SimulatedLoop(asyncio.AbstractEventLoop):
    """See above. `choose(n)` picks one of n ready callbacks, 0 being the one that waits longest.

    `errors` collects what no one caught. Whoever ends a run calls `close`.
    """

    def __init__(self, choose: Choose, *, max_callbacks: int = 1_000_000) -> None:
        self.errors: list[str] = []
        self.callbacks = 0
        self._choose = choose
        self._max_callbacks = max_callbacks
        self._now = 0.0
        self._order = 0
        self._ready: list[_Timer] = []
        self._timers: list[_Timer] = []
        self._held: dict[str, list[_Timer]] = {}
        self._dead: set[str] = set()
        self._tasks: list[tuple[asyncio.Task[Any], contextvars.Context]] = []
        self._running = False
        self._closed = False

    def run_until_complete(self, future: Any) -> Any:
        """Run until the coroutine is done; its result. Raises `Stuck` when nothing can happen any
        more, or when it took more than `max_callbacks`."""
        task = self.create_task(future)
        asyncio._set_running_loop(self)
        self._running = True
        try:
            while not task.done():
                self._run_one()
                if self.callbacks > self._max_callbacks:
                    raise Stuck(f"no end after {self.callbacks} callbacks")
        finally:
            self._running = False
            asyncio._set_running_loop(None)
        return task.result()

    def pass_time(self, seconds: float) -> None:
        """Let time pass for everybody at once, as on a machine that was suspended."""
        self._now += seconds

    def kill(self, process: str) -> None:
        """Nothing of the process runs any more, not even to clean up."""
        self._dead.add(process)
        self._held.pop(process, None)
        self._ready = [h for h in self._ready if h.process != process]

    def stop_process(self, process: str) -> None:
        """Hold all of the process back until `go_on`, as SIGSTOP does."""
        self._held[process] = [h for h in self._ready if h.process == process]
        self._ready = [h for h in self._ready if h.process != process]

    def go_on(self, process: str) -> None:
        self._ready += self._held.pop(process, [])

    def remains(self, process: str) -> list[str]:
        """What of a process is still there: its unfinished tasks and pending callbacks."""
        tasks = [
            f"task {task.get_coro().__qualname__}"  # type: ignore[union-attr]
            for task, context in self._tasks
            if context.get(PROCESS, "") == process and not task.done()
        ]
        pending = [*self._ready, *self._timers, *self._held.get(process, ())]
        return tasks + [
            f"callback {getattr(h._callback, '__qualname__', h._callback)}"
            for h in pending
            if h.process == process and not h.cancelled()
        ]

    def close(self) -> None:
        """End all that is left. What killed processes would have said is heard by nobody."""
        self._closed = True
        for task, context in self._tasks:
            if not task.done():
                task._log_destroy_pending = False  # type: ignore[attr-defined]
                context.run(_close, task)
        self._ready.clear()
        self._timers.clear()

    def _run_one(self) -> None:
        ready = self._ready
        while not ready:
            self._advance()
            ready = self._ready
        handle = ready.pop(self._choose(len(ready)) if len(ready) > 1 else 0)
        if not handle.cancelled():
            self.callbacks += 1
            handle._run()
        if self._timers and self._timers[0].when() <= self._now:
            self._take_due()

    def _advance(self) -> None:
        """Jump to the next timer."""
        while self._timers and (self._timers[0].cancelled() or self._is_dead(self._timers[0])):
            heapq.heappop(self._timers)
        if not self._timers:
            raise Stuck("nothing is ready and no timer is set")
        self._now = max(self._now, self._timers[0].when())
        self._take_due()

    def _take_due(self) -> None:
        while self._timers and self._timers[0].when() <= self._now:
            self._enqueue(heapq.heappop(self._timers))

    def _enqueue(self, handle: _Timer) -> None:
        if handle.process in self._held:
            self._held[handle.process].append(handle)
        elif not self._is_dead(handle) and not handle.cancelled():
            self._ready.append(handle)

    def _is_dead(self, handle: _Timer) -> bool:
        return handle.process in self._dead

    def _handle(
        self,
        when: float,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        context: contextvars.Context | None,
    ) -> _Timer:
        self._order += 1
        if context is None:
            context = contextvars.copy_context()
        handle = _Timer(when, self._order, callback, args, self, context)
        handle.process = context.get(PROCESS, "")
        return handle

    # What asyncio asks of a loop.

    def call_soon(
        self,
        callback: Callable[[*_Ts], object],
        *args: *_Ts,
        context: contextvars.Context | None = None,
    ) -> asyncio.Handle:
        handle = self._handle(self._now, callback, args, context)
        if not self._closed:
            self._enqueue(handle)
        return handle

    def call_later(
        self,
        delay: float,
        callback: Callable[[*_Ts], object],
        *args: *_Ts,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        return self.call_at(self._now + delay, callback, *args, context=context)

    def call_at(
        self,
        when: float,
        callback: Callable[[*_Ts], object],
        *args: *_Ts,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        handle = self._handle(when, callback, args, context)
        if not self._closed:
            heapq.heappush(self._timers, handle)
        return handle

    def time(self) -> float:
        return self._now

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(  # type: ignore[override]
        self,
        coro: Coroutine[Any, Any, _T],
        *,
        name: str | None = None,
        context: contextvars.Context | None = None,
    ) -> asyncio.Task[_T]:
        if context is None:
            context = contextvars.copy_context()
        task = asyncio.Task(coro, loop=self, name=name, context=context)
        self._tasks.append((task, context))
        return task

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        if not self._closed:
            self.errors.append(f"{context.get('message')}: {context.get('exception')!r}")

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return self._running

    def is_closed(self) -> bool:
        return self._closed

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Cancelled timers are passed over when they come up."""


class Stuck(RuntimeError):
    """Nothing can happen any more, or too much does."""


def _close(task: asyncio.Task[Any]) -> None:
    coroutine = task.get_coro()
    try:
        coroutine.close()
    except RuntimeError:
        # It wouldn't end, or it runs under another that was closed before.
        return
