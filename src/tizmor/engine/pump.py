"""The pump: the only loop. Facts go in; events are journaled; commands are performed.

A fact is decided the moment it arrives and its events are folded at once, so that steps without
effects flow on; what the outside sees (a call with an effect, a reply, the stream) waits until the
events before it are on disk. Facts are taken from a queue per execution, never by recursion.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from tizmor.core import commands as cmd
from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.decider import decide
from tizmor.core.decisions.decision import Decision
from tizmor.core.errors import EngineError, OwnershipLost, StorageFailed
from tizmor.core.plan import Effect
from tizmor.core.state import State
from tizmor.engine.commit import GroupCommit
from tizmor.engine.live import Live
from tizmor.engine.perform import Performer, now_ms
from tizmor.ports.clock import Clock
from tizmor.ports.journal import Journal, NewExecution

_log = logging.getLogger("tizmor.engine")

_LAZY = (ev.StepStarted, ev.Prepared)
"""Events that nobody waits for: what they tell is seen with the next."""
_STOP_S = 5.0


class Pump:
    """Runs the executions that this process owns.

    `trouble` is told of storage that fails and comes back. `interactive` makes every event urgent,
    so that a person watching sees it at once; without it, steps without effect ride along.
    """

    def __init__(
        self,
        *,
        journal: Journal,
        performer: Performer,
        clock: Clock,
        patience_s: float = 30.0,
        interactive: bool = False,
        trouble: Callable[[StorageFailed | None], None] = lambda error: None,
    ) -> None:
        self._performer = performer
        self._clock = clock
        self._interactive = interactive
        self._live: dict[int, Live] = {}
        self._parked: dict[int, EngineError] = {}
        self._stopping = False
        self._closed = False
        self._commits = GroupCommit(
            journal,
            clock,
            patience_s=patience_s,
            trouble=trouble,
            failed=self._storage_failed,
            let_go=self.forget,
        )
        self.failure: EngineError | None = None

    def get(self, execution: int) -> Live | None:
        """The execution if this process runs it."""
        return self._live.get(execution)

    def failure_of(self, execution: int) -> EngineError | None:
        """Why this process can't go on with an execution that it ran, or with any."""
        return self.failure or self._parked.get(execution)

    def running(self) -> list[Live]:
        return list(self._live.values())

    def begin(self, execution: int, request: fx.Requested) -> Live:
        """Take on a new execution; this process owns it with epoch 1."""
        create = NewExecution(query=request.query, user=request.user, created_at_ms=request.at_ms)
        live = Live(State(execution), epoch=1, seq=0, create=create)
        self._live[execution] = live
        self.feed(live, request)
        return live

    def adopt(self, state: State, *, epoch: int, seq: int) -> Live:
        """Go on with an execution that this process has just become the owner of."""
        live = Live(state, epoch=epoch, seq=seq, create=None)
        self._live[state.execution] = live
        self._parked.pop(state.execution, None)
        self.feed(live, fx.OwnerChanged(at_ms=now_ms(self._clock), epoch=epoch))
        return live

    def feed(self, live: Live, fact: fx.Fact) -> Decision | None:
        """Decide a fact now. None when the execution isn't this process's any more, or can't go on
        for an error of the engine's own."""
        if live.lost or self._closed:
            return None
        try:
            decision = decide(live.state, fact)
            for event in decision.events:
                live.write(decision.at_ms, event)
        except Exception as error:
            self._park(live, type(fact).__name__, error)
            return None
        if live.unwritten or live.settles:
            self._commits.add(live, urgent=self._urgent(decision, live))
        for command in decision.commands:
            self._perform(live, command)
        return decision

    def settle(self, live: Live, inbox_id: int, outcome: str) -> None:
        """Have an inbox row marked as done in the next commit."""
        live.settles.append((inbox_id, outcome))
        self._commits.add(live, urgent=True)

    async def durable(self, live: Live) -> None:
        """Wait until all that the execution has emitted is on disk. Raises `EngineError`."""
        if live.unwritten or live.settles:
            self._commits.add(live, urgent=True)
        await live.durable()

    async def close(self) -> bool:
        """Stop: nothing is begun any more, running calls with an effect get a few seconds to end,
        all else is cut off (it runs again when the execution is resumed).

        False when a call with an effect didn't end: it may go on in a thread. The caller must then
        keep the ownership until the process is gone, or the next owner would make the call again
        beside it.
        """
        self._stopping = True
        effects = [
            task
            for live in self._live.values()
            for name, task in live.tasks.items()
            if (step := live.state.steps.get(name)) and step.step.effect is not Effect.READ
        ]
        unended: set[asyncio.Task[None]] = set()
        if effects and self.failure is None:
            _, unended = await asyncio.wait(effects, timeout=_STOP_S)
        await self._commits.flush()
        self._closed = True
        tasks = [task for live in self._live.values() for task in live.tasks.values()]
        for live in self._live.values():
            live.break_off(OwnershipLost("this process has stopped"))
        await asyncio.gather(*tasks, return_exceptions=True)
        self._live.clear()
        return not unended

    def _urgent(self, decision: Decision, live: Live) -> bool:
        if self._interactive or live.create is not None:
            return True
        state = live.state
        for event in decision.events:
            if isinstance(event, _LAZY):
                continue
            if isinstance(event, ev.StepSucceeded):
                if state.steps[event.step].step.effect is not Effect.READ:
                    return True
            else:
                return True
        return False

    def _perform(self, live: Live, command: cmd.Command) -> None:
        if self._stopping:
            return  # who resumes it begins with what is due
        match command:
            case cmd.RunCall():
                self._spawn(live, command.step.id, self._run(live, command))
            case cmd.PrepareCall():
                self._spawn(live, command.step.id, self._prepare(live, command))
            case cmd.ProbeCall():
                self._spawn(live, command.step.id, self._probe(live, command))
            case cmd.MakePlan():
                self._spawn(live, "", self._plan(live, command))
            case cmd.SetTimer():
                self._set_timer(live, command)
            case cmd.StopCall():
                self._stop_call(live, command.step)
            case cmd.Finish():
                self._finish(live)

    def _spawn(self, live: Live, name: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        live.tasks[name] = task
        task.add_done_callback(lambda done: self._ended(live, name, done))

    def _ended(self, live: Live, name: str, task: asyncio.Task[None]) -> None:
        if live.tasks.get(name) is task:
            del live.tasks[name]
        live.tell()
        if task.cancelled():
            return
        error = task.exception()
        if error is not None and not live.lost and not self._closed:
            self._park(live, name, error)

    def _park(self, live: Live, where: str, error: BaseException) -> None:
        """An error of the engine's own is never the step's: the execution stops where it is."""
        if not isinstance(error, EngineError):
            _log.error("the engine failed in %s/%s", live.public_id, where, exc_info=error)
            error = EngineError(f"the engine failed: {type(error).__name__}: {error}")
        self._parked[live.execution] = error
        live.break_off(error)
        self.forget(live)

    async def _run(self, live: Live, command: cmd.RunCall) -> None:
        step = command.step.id
        has_effect = command.step.effect is not Effect.READ

        async def begin(key: str) -> bool:
            if self._stopping:
                return False
            at_ms = now_ms(self._clock)
            decision = self.feed(live, fx.CallStarting(at_ms=at_ms, step=step, key=key))
            if decision is None or not decision.events:
                return False
            if has_effect:
                await self.durable(live)
            return True

        report = self._reporter(live, step)
        fact = await self._performer.run(live, command, begin, report)
        self.feed(live, fact)

    async def _prepare(self, live: Live, command: cmd.PrepareCall) -> None:
        report = self._reporter(live, command.step.id)
        fact = await self._performer.prepare(live, command, report)
        self.feed(live, fact)

    async def _probe(self, live: Live, command: cmd.ProbeCall) -> None:
        report = self._reporter(live, command.step.id)
        await self.durable(live)
        fact = await self._performer.probe(live, command, report)
        self.feed(live, fact)

    async def _plan(self, live: Live, command: cmd.MakePlan) -> None:
        self.feed(live, await self._performer.plan(command))

    def _reporter(self, live: Live, step: str) -> Callable[[str], None]:
        loop = asyncio.get_running_loop()
        here = threading.get_ident()

        def report(message: str) -> None:
            fact = fx.Reported(at_ms=now_ms(self._clock), step=step, message=message)
            if threading.get_ident() == here:
                self.feed(live, fact)
            else:
                loop.call_soon_threadsafe(self.feed, live, fact)

        return report

    def _set_timer(self, live: Live, command: cmd.SetTimer) -> None:
        """Monotonic within the process; the journaled wall time counts after a restart."""
        delay_s = max(0.0, (command.due_ms - now_ms(self._clock)) / 1000)
        loop = asyncio.get_running_loop()
        if pending := live.timers.pop(command.step, None):
            pending.cancel()
        live.timers[command.step] = loop.call_later(delay_s, self._fire, live, command)

    def _fire(self, live: Live, command: cmd.SetTimer) -> None:
        live.timers.pop(command.step, None)
        at_ms = max(now_ms(self._clock), command.due_ms)
        self.feed(live, fx.TimerFired(at_ms=at_ms, step=command.step))

    def _stop_call(self, live: Live, step: str) -> None:
        """A read is cut off; a call with an effect ends by itself: then it is known what it did."""
        task = live.tasks.get(step)
        state = live.state.steps.get(step)
        if task is not None and state is not None and state.step.effect is Effect.READ:
            task.cancel()

    def _finish(self, live: Live) -> None:
        for timer in live.timers.values():
            timer.cancel()
        live.timers.clear()

    def forget(self, live: Live) -> None:
        """Drop an execution that has ended on disk, or that this process can't go on with."""
        if self._live.get(live.execution) is live:
            del self._live[live.execution]

    def _storage_failed(self, error: EngineError) -> None:
        self.failure = error
        for live in self.running():
            live.break_off(error)
        self._live.clear()
