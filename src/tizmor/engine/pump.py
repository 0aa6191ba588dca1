"""The pump: the only loop. Facts go in; events are journaled; commands are performed.

A fact is decided the moment it arrives and its events are folded at once, so that steps without
effects flow on; what the outside sees (a call with an effect, a reply, the stream) waits until the
events before it are on disk. Commands are performed from a queue, never by recursion.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any, NamedTuple

from tizmor.core import commands as cmd
from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.decider import decide
from tizmor.core.decisions.decision import Decision
from tizmor.core.errors import EngineError, OwnershipLost, StorageFailed, Transient
from tizmor.core.ids import public_id
from tizmor.core.plan import Effect
from tizmor.core.state import State
from tizmor.core.transitions import StepStatus
from tizmor.engine.calls import CallQueue
from tizmor.engine.commit import GroupCommit
from tizmor.engine.context import Site
from tizmor.engine.live import Live
from tizmor.engine.perform import Performer
from tizmor.engine.projections import RESTS
from tizmor.engine.quiet import QuietBeginnings
from tizmor.engine.residence import Residence, Rest
from tizmor.engine.timers import Timers
from tizmor.engine.waking import Waking
from tizmor.ports.clock import Clock
from tizmor.ports.journal import Journal, NewExecution, StoredExecution

_log = logging.getLogger("tizmor.engine")

_LAZY = frozenset({ev.StepStarted, ev.Prepared, ev.Expanded, ev.Gathered})
"""Events that nobody waits for: what they tell is seen with the next."""
_HOPS = 32
"""Calls that a worker makes in a row before it lets others come up."""
_STOP_S = 5.0
_REMEMBERED = 128
"""Executions that have ended whose state is kept for those who ask at once how they ended."""
GRACE_S = 10.0
"""How long a call with an effect that was told to stop may take to do so before it is let go of."""


_AFOOT = frozenset({StepStatus.RUNNING, StepStatus.UNSETTLED, StepStatus.COMPENSATING})
"""A call with an effect may have begun."""

CallCommand = cmd.RunCall | cmd.PrepareCall | cmd.ProbeCall | cmd.CompensateCall


class Limits(NamedTuple):
    """How much a process takes on at a time.

    `calls` run, the others wait their turn by priority. `live` executions are kept in memory: one
    that rests (it waits for a human or a timer) makes room and is read back when something
    happens, and one that is started when there is no room waits for it, on disk.
    """

    calls: int = 256
    live: int = 1_000


LIMITS = Limits()


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
        limits: Limits = LIMITS,
        grace_s: float = GRACE_S,
    ) -> None:
        self._performer = performer
        self._clock = clock
        self._interactive = interactive
        self._grace_s = grace_s
        self._parked: dict[int, EngineError] = {}
        self._stopping = False
        self._closed = False
        self._timers = Timers(clock, self._fire, self._hear)
        self._calls = CallQueue(limits.calls)
        self._residence = Residence(limits.live, self._wake_due)
        self._waking = Waking(
            journal, self._residence, take_up=self._take_up, set_aside=self.set_aside
        )
        self._quiet = QuietBeginnings(clock, self.feed)
        self._workers: set[asyncio.Task[None]] = set()
        self._ended_lately: OrderedDict[int, Live] = OrderedDict()
        self._handing_on = False
        self._next: CallCommand | None = None
        self._thread = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._on_adoption: Callable[[Live], None] = lambda live: None
        self._read_inbox: Callable[[], Awaitable[None]] | None = None
        self._commits = GroupCommit(
            journal,
            clock,
            patience_s=patience_s,
            trouble=trouble,
            failed=self._storage_failed,
            let_go=self.forget,
            kept=self._kept,
            park=self._park,
            due_ms=self._timers.next_due_ms,
        )
        self.failure: EngineError | None = None

    def get(self, execution: int) -> Live | None:
        """The execution if it is this process's and in memory."""
        return self._residence.live.get(execution)

    def changed(self, execution: int) -> asyncio.Event | None:
        """Set when there are news of an execution of this process's, also of one that rests; None
        for what isn't this process's."""
        return self._residence.changed(execution)

    def last_known(self, execution: int) -> Live | None:
        """The execution if it is in memory, or has ended here a short while ago."""
        return self.get(execution) or self._ended_lately.get(execution)

    def owns(self, execution: int) -> bool:
        """Whether the execution is this process's."""
        return self.get(execution) is not None or self.rests(execution)

    def rests(self, execution: int) -> bool:
        """Whether the execution is this process's, and on disk only."""
        return execution in self._residence.resting

    def failure_of(self, execution: int) -> EngineError | None:
        """Why this process can't go on with an execution that it ran, or with any."""
        return self.failure or self._parked.get(execution)

    def running(self) -> list[Live]:
        return list(self._residence.live.values())

    def obey_first(
        self, adopted: Callable[[Live], None], read_inbox: Callable[[], Awaitable[None]]
    ) -> None:
        """Have `adopted` told of each execution that this process has just become the owner of,
        before anything is done for it that was under way, and `read_inbox` called before timers
        fire that fell due while the process was stopped."""
        self._on_adoption = adopted
        self._read_inbox = read_inbox

    def begin(self, execution: int, request: fx.Requested) -> Live:
        """Take on a new execution; this process owns it with epoch 1. When all room is taken by
        others that are busy, it is written down and goes on when there is room."""
        create = NewExecution(
            query=request.query,
            user=request.user,
            created_at_ms=request.at_ms,
            priority=request.priority,
        )
        live = Live(State(execution), epoch=1, seq=0, create=create)
        live.held = self._residence.is_full
        self._take_in(live)
        self.feed(live, request)
        return live

    def adopt(
        self,
        state: State,
        *,
        epoch: int,
        seq: int,
        may_still_run: bool = False,
        not_before_ms: int = 0,
    ) -> Live:
        """Go on with an execution that this process has just become the owner of, as of now or of
        a later time that has come though the clock was set back."""
        self._parked.pop(state.execution, None)
        at_ms = max(self.now_ms(), not_before_ms)
        fact = fx.OwnerChanged(at_ms=at_ms, epoch=epoch, may_still_run=may_still_run)
        live = self._enter(state, epoch, seq, fact)
        self._on_adoption(live)
        return live

    def rest(self, stored: StoredExecution) -> None:
        """Take on an execution that this process has just become the owner of, as far as there is
        room: one that waits for a human isn't read before it is told something, or its timer is
        due."""
        rest = Rest(stored.epoch, stored.priority, adopted=True, may_still_run=stored.may_still_run)
        self._parked.pop(stored.execution, None)
        self._residence.rest(stored.execution, rest)
        rests = stored.row.status in RESTS
        if not rests:
            self._residence.due(stored.execution)
        if (due_ms := stored.row.due_ms) is not None:
            timer = cmd.Timer.WAKE if rests else cmd.Timer.DEADLINE
            self._timers.set(stored.execution, "", timer, due_ms)

    async def parted(self) -> None:
        """Wait until what this process can't go on with is no more its own on disk."""
        await self._commits.parted()

    async def wake(self, execution: int) -> Live | None:
        """A resting execution back in memory. None when it isn't this process's. Raises
        `EngineError` when it can't be read."""
        return await self._waking.wake(execution)

    def _enter(self, state: State, epoch: int, seq: int, fact: fx.Fact) -> Live:
        live = Live(state, epoch=epoch, seq=seq, create=None)
        self._take_in(live)
        self.feed(live, fact)
        # Whoever woke it has something to tell it first.
        asyncio.get_running_loop().call_soon(self._rest_if_idle, live)
        return live

    def _take_in(self, live: Live) -> None:
        if self.failure is not None:
            live.break_off(self.failure)
        else:
            self._thread, self._loop = threading.get_ident(), asyncio.get_running_loop()
            self._residence.enter(live)

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
        self._residence.busy(live)
        if live.unwritten or live.settles:
            self._commits.add(live, urgent=self._urgent(decision, live))
        for command in decision.commands:
            self._perform(live, command, decision.at_ms)
        return decision

    def settle(self, live: Live, inbox_id: int, outcome: str) -> None:
        """Have an inbox row marked as done in the next commit; whoever runs the execution next
        takes it once more when it isn't this process's any more."""
        if live.lost:
            return
        self._residence.busy(live)
        live.settles.append((inbox_id, outcome))
        self._commits.add(live, urgent=True)

    async def durable(self, live: Live) -> None:
        """Wait until all that the execution has emitted is on disk. Raises `EngineError`."""
        if live.unwritten or live.settles:
            self._commits.add(live, urgent=True)
        await live.durable()

    def now_ms(self) -> int:
        return self._clock.now_ms()

    async def close(self) -> bool:
        """Stop: nothing is begun any more, running calls with an effect get a few seconds to end,
        all else is cut off (it runs again when the execution is resumed).

        False when a call with an effect didn't end: it may go on in a thread. The caller must then
        keep the ownership until the process is gone, or the next owner would make the call again
        beside it.
        """
        self._stopping = True
        self._calls.clear()
        effects = [
            task
            for live in self.running()
            for name, task in live.tasks.items()
            if self._has_effect(live, name)
        ]
        unended: set[asyncio.Task[None]] = set()
        if effects and self.failure is None:
            _, unended = await asyncio.wait(effects, timeout=_STOP_S)
        await self._commits.flush()
        self._closed = True
        self.failure = self.failure or OwnershipLost("this process has stopped")
        self._timers.close()
        self._quiet.close()
        tasks = [task for live in self.running() for task in live.tasks.values()]
        for live in self.running():
            live.break_off(self.failure)
        tasks += [task for task in self._workers if task not in tasks]
        tasks += self._waking.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._residence.clear()
        return not unended

    def _urgent(self, decision: Decision, live: Live) -> bool:
        if self._interactive or live.create is not None:
            return True
        for event in decision.events:
            if isinstance(event, ev.StepSucceeded):
                if live.state.steps[event.step].step.effect is not Effect.READ:
                    return True
            elif type(event) not in _LAZY:
                return True
        return False

    def _perform(self, live: Live, command: cmd.Command, at_ms: int) -> None:
        if self._stopping or (live.held and not isinstance(command, cmd.SetTimer)):
            return  # who goes on with it begins with what is due
        match command:
            case cmd.RunCall() | cmd.PrepareCall() | cmd.ProbeCall() | cmd.CompensateCall():
                self._call(live, command)
            case cmd.MakePlan():
                self._spawn(live, "", self._plan(live, command))
            case cmd.Replan():
                self._spawn(live, command.step, self._replan(live, command))
            case cmd.SetTimer():
                step, timer, due_ms = command.step, command.timer, command.due_ms
                self._timers.set(live.execution, step, timer, due_ms, as_of_ms=at_ms)
            case cmd.StopCall():
                self._stop_call(live, command.step)
            case cmd.Finish():
                self._timers.drop(live.execution)

    def _call(self, live: Live, command: CallCommand) -> None:
        """Have a call made: by the worker whose call has just led to it, or by a new one when
        there is room."""
        if self._handing_on and self._next is None and not self._calls.is_full:
            self._next = command
            return
        live.queued += 1
        self._calls.submit(live.state.priority, partial(self._begin_work, live, command))

    def _begin_work(self, live: Live, command: CallCommand) -> bool:
        live.queued -= 1
        if live.lost or self._stopping:
            return False
        task = asyncio.get_running_loop().create_task(self._work(live, command))
        self._workers.add(task)
        live.tasks[command.step.id] = task
        task.add_done_callback(partial(self._worked, live, command.step.id))
        return True

    def _worked(self, live: Live, first: str, task: asyncio.Task[None]) -> None:
        self._calls.ended()
        self._workers.discard(task)
        if task.cancelled() and live.tasks.get(first) is task:
            # It was cut off before it began, so it answered nothing.
            del live.tasks[first]
            live.stopping.discard(first)
            self.feed(live, fx.CallWithdrawn(at_ms=self.now_ms(), step=first))
        self._ended(live, "", task)

    async def _work(self, live: Live, command: CallCommand) -> None:
        """Make a call, and the one that it leads to, and so on: a chain of steps is one task."""
        task = asyncio.current_task()
        following: CallCommand | None = command
        hops = 0
        try:
            while following is not None and task is not None:
                name = following.step.id
                live.tasks[name] = task
                hops += 1
                try:
                    if hops % _HOPS == 0:
                        await asyncio.sleep(0)
                    fact = await self._answer(live, following)
                except asyncio.CancelledError as error:
                    if live.lost or self._closed:
                        raise
                    if not task.cancelling():  # told by nobody, it would be called again for ever
                        raise RuntimeError("it cancelled itself") from error
                    fact = self._cut_short(following)
                while task.cancelling():
                    task.uncancel()
                if name in live.begun:
                    self._quiet.say(live, name)
                del live.tasks[name]
                live.stopping.discard(name)
                following = self._feed_and_take(live, fact)
        except Exception as error:
            live.tasks.pop(name, None)  # it has ended, and holds nothing
            if not live.lost and not self._closed:
                self._park(live, name, error)

    def _feed_and_take(self, live: Live, fact: fx.Fact) -> CallCommand | None:
        """Decide a fact; the first call that it leads to is the caller's to make."""
        self._handing_on, self._next = True, None
        try:
            self.feed(live, fact)
            return self._next
        finally:
            self._handing_on, self._next = False, None

    async def _answer(self, live: Live, command: CallCommand) -> fx.Fact:
        """Carry out a command that is answered by one fact."""
        match command:
            case cmd.RunCall():
                begin = partial(self._begin_call, live, command)
                return await self._performer.run(live, command, begin, self._report)
            case cmd.PrepareCall():
                if live.state.paused or live.state.ending is not None:
                    return fx.CallWithdrawn(at_ms=self.now_ms(), step=command.step.id)
                return await self._performer.prepare(live, command, self._report)
            case cmd.ProbeCall():
                await self.durable(live)
                if live.state.paused:
                    return fx.CallWithdrawn(at_ms=self.now_ms(), step=command.step.id)
                return await self._performer.probe(live, command, self._report)
            case cmd.CompensateCall():
                undo = partial(self._begin_undoing, live, command)
                return await self._performer.compensate(live, command, undo, self._report)

    def _cut_short(self, command: CallCommand) -> fx.Fact:
        """What is known of a command that was cut off: a probe can't tell."""
        at_ms, step = self.now_ms(), command.step.id
        if isinstance(command, cmd.ProbeCall):
            return fx.Probed(at_ms=at_ms, step=step, told=False, error="it was told to stop")
        return fx.CallWithdrawn(at_ms=at_ms, step=step)

    async def _begin_call(self, live: Live, command: cmd.RunCall, key: str) -> bool:
        """The barrier: the call may begin, and if it has an effect, its intent and all before it
        are on disk."""
        if self._stopping:
            return False
        if not self._interactive and not key:
            return self._quiet.begin(live, command.step.id)
        starting = fx.CallStarting(at_ms=self.now_ms(), step=command.step.id, key=key)
        decision = self.feed(live, starting)
        if decision is None or not decision.events:
            return False
        if command.step.effect is not Effect.READ:
            await self.durable(live)
            if live.state.ending or live.state.steps[command.step.id].late:
                raise Transient("it was told to stop before it began")
        return True

    async def _begin_undoing(self, live: Live, command: cmd.CompensateCall) -> bool:
        if self._stopping:
            return False
        starting = fx.CompensationStarting(at_ms=self.now_ms(), step=command.step.id)
        decision = self.feed(live, starting)
        if decision is None or not decision.events:
            return False
        await self.durable(live)
        return True

    def _report(self, site: Site, step: str, message: str) -> None:
        """A finding of a call, which may run in a thread, and may have been let go of long ago."""
        fact = fx.Reported(at_ms=self.now_ms(), step=step, message=message)
        if threading.get_ident() == self._thread:
            self._tell(site.execution, fact)
        elif self._loop is not None:
            self._loop.call_soon_threadsafe(self._tell, site.execution, fact)

    def _tell(self, execution: int, fact: fx.Fact) -> None:
        if (live := self.get(execution)) is not None:
            self.feed(live, fact)

    def _spawn(self, live: Live, name: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        live.tasks[name] = task
        task.add_done_callback(partial(self._planned, live, name))

    def _planned(self, live: Live, name: str, task: asyncio.Task[None]) -> None:
        live.stopping.discard(name)
        if live.tasks.get(name) is task:
            del live.tasks[name]
        if task.cancelled():
            self.feed(live, fx.PlanningWithdrawn(at_ms=self.now_ms(), step=name))
        self._ended(live, name, task)

    def _ended(self, live: Live, name: str, task: asyncio.Task[None]) -> None:
        if live.tasks.get(name) is task:
            del live.tasks[name]
        if live.all_durable:
            live.tell()  # else it will be when it is
        if not task.cancelled():
            error = task.exception()
            if error is not None and not live.lost and not self._closed:
                self._park(live, name, error)
        self._rest_if_idle(live)

    def _kept(self, live: Live) -> None:
        """Something of it has come to disk."""
        if live.held and live.is_idle:
            self._residence.rest(live.execution, Rest(live.epoch, live.state.priority))
            self._residence.due(live.execution)
        else:
            self._rest_if_idle(live)

    def _rest_if_idle(self, live: Live) -> None:
        if live.is_idle and not live.state.ended and not self._is_due(live):
            self._residence.idle(live)

    def _is_due(self, live: Live) -> bool:
        """Whether one of its timers is about to fire: were it to rest first, it would have to come
        back for that, and might be put to rest again before."""
        due_ms = self._timers.next_due_ms(live.execution)
        return due_ms is not None and due_ms <= self.now_ms()

    def _wake_due(self, execution: int) -> None:
        self._waking.due(execution)

    def _take_up(self, rest: Rest, state: State, seq: int) -> Live | None:
        """None when its journal says that another process has taken it on meanwhile."""
        if state.epoch > rest.epoch:
            self._residence.give_up(state.execution)
            return None
        if not rest.adopted:
            at_ms = max(self.now_ms(), rest.fired_ms)
            return self._enter(state, rest.epoch, seq, fx.Woken(at_ms=at_ms))
        return self.adopt(
            state,
            epoch=rest.epoch,
            seq=seq,
            may_still_run=rest.may_still_run,
            not_before_ms=rest.fired_ms,
        )

    def set_aside(self, execution: int, error: Exception) -> None:
        """A resting execution that can't be read: whoever asks for it is told why."""
        self._parked[execution] = self._as_engine_error(public_id(execution), error)
        self._timers.drop(execution)
        self._residence.give_up(execution)

    def _park(self, live: Live, where: str, error: BaseException) -> None:
        """An error of the engine's own is never the step's: the execution stops where it is.
        Another process may go on with it, unless a call with an effect goes on in a thread here."""
        held = any(self._has_effect(live, name) for name in live.tasks)
        known = self._as_engine_error(f"{live.public_id}/{where}", error)
        self._parked[live.execution] = known
        live.break_off(known)
        self.forget(live)
        if not held:
            self._commits.part(live)

    def _has_effect(self, live: Live, name: str) -> bool:
        step = live.state.steps.get(name)
        return step is not None and step.step.effect is not Effect.READ

    def _as_engine_error(self, where: str, error: BaseException) -> EngineError:
        if isinstance(error, EngineError):
            return error
        _log.error("the engine failed in %s", where, exc_info=error)
        return EngineError(f"the engine failed: {type(error).__name__}: {error}")

    async def _plan(self, live: Live, command: cmd.MakePlan) -> None:
        if live.state.paused:
            self.feed(live, fx.PlanningWithdrawn(at_ms=self.now_ms()))
        else:
            self.feed(live, await self._performer.plan(command))

    async def _replan(self, live: Live, command: cmd.Replan) -> None:
        if live.state.paused:
            self.feed(live, fx.PlanningWithdrawn(at_ms=self.now_ms(), step=command.step))
        else:
            self.feed(live, await self._performer.replan(command))

    async def _hear(self) -> None:
        if self._read_inbox is not None:
            try:
                await self._read_inbox()
            except Exception as error:
                _log.warning("the inbox can't be read now: %s", error)

    def _fire(self, execution: int, step: str, timer: cmd.Timer, due_ms: int) -> None:
        live = self.get(execution)
        if live is None:
            over = timer is cmd.Timer.DEADLINE and not step
            self._residence.fired(execution, due_ms, over=over)
            return
        at_ms = max(self.now_ms(), due_ms)
        self.feed(live, fx.TimerFired(at_ms=at_ms, step=step, timer=timer))
        self._rest_if_idle(live)

    def _stop_call(self, live: Live, step: str) -> None:
        """What has no effect is cut off: a read, a preparation, the planner. A call with an effect
        is told, as is a probe, and cut off when it takes too long: either way it is then known
        what it did, or that nobody knows."""
        task = live.tasks.get(step)
        if task is None:
            return
        live.stopping.add(step)
        if not (self._has_effect(live, step) and live.state.steps[step].status in _AFOOT):
            task.cancel()
        else:
            loop = asyncio.get_running_loop()
            patience = loop.call_later(self._grace_s, self._cut_off, live, step, task)
            task.add_done_callback(lambda ended: patience.cancel())

    def _cut_off(self, live: Live, step: str, task: asyncio.Task[None]) -> None:
        """By now the task may be at another call."""
        if live.tasks.get(step) is task:
            task.cancel()

    def forget(self, live: Live) -> None:
        """Drop an execution that has ended on disk, or that this process can't go on with."""
        self._timers.drop(live.execution)
        self._residence.leave(live)
        if live.state.ended and not live.lost:
            self._ended_lately[live.execution] = live
            if len(self._ended_lately) > _REMEMBERED:
                self._ended_lately.popitem(last=False)

    def _storage_failed(self, error: EngineError) -> None:
        self.failure = error
        for live in self.running():
            live.break_off(error)
        self._residence.clear()
