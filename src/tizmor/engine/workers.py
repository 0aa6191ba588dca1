"""Workers: the tasks that carry commands out, each answered by one fact.

A chain of steps is one task: a worker decides what its call came to at once, and makes the call
that this leads to itself. A planner has a task of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from functools import partial

from tizmor.core import commands as cmd
from tizmor.core import facts as fx
from tizmor.core.decisions.decision import Decision
from tizmor.core.errors import EngineError, Transient
from tizmor.engine.calls import CallQueue
from tizmor.engine.context import Report
from tizmor.engine.hooks import HookCommand
from tizmor.engine.live import Live
from tizmor.engine.perform import READ, Performer
from tizmor.engine.quiet import QuietBeginnings
from tizmor.ports.clock import Clock

_HOPS = 32
"""Calls that a worker makes in a row before it lets others come up."""

CallCommand = cmd.RunCall | HookCommand


class Workers:
    """Carries commands out, at most `limit` calls at a time.

    `feed` decides a fact, `durable` waits until what an execution has emitted is on disk, `report`
    takes a running call's findings, `park` an execution that the engine itself failed in, and
    `rest` one that may have nothing to do. A call with an effect that was told to stop is let go
    of after `grace_s`.
    """

    def __init__(
        self,
        *,
        performer: Performer,
        clock: Clock,
        limit: int,
        interactive: bool,
        grace_s: float,
        feed: Callable[[Live, fx.Fact], Decision | None],
        durable: Callable[[Live], Awaitable[None]],
        report: Report,
        park: Callable[[Live, str, BaseException], None],
        rest: Callable[[Live], None],
    ) -> None:
        self._performer = performer
        self._clock = clock
        self._interactive = interactive
        self._grace_s = grace_s
        self._feed = feed
        self._durable = durable
        self._report = report
        self._park = park
        self._rest = rest
        self._calls = CallQueue(limit)
        self._quiet = QuietBeginnings(clock, feed)
        self._tasks: set[asyncio.Task[None]] = set()
        self._handing_on = False
        self._next: CallCommand | None = None
        self._stopping = False
        self._closed = False

    def call(self, live: Live, command: CallCommand) -> None:
        """Have a call made: by the worker whose call has just led to it, or by a new one when
        there is room."""
        if self._handing_on and self._next is None and not self._calls.is_full:
            self._next = command
            return
        live.queued += 1
        self._calls.submit(live.state.priority, partial(self._begin_work, live, command))

    def plan(self, live: Live, command: cmd.MakePlan | cmd.Replan) -> None:
        """Have a plan made."""
        name = command.step if isinstance(command, cmd.Replan) else ""
        task = asyncio.get_running_loop().create_task(self._plan(live, name, command))
        live.tasks[name] = task
        task.add_done_callback(partial(self._planned, live, name))

    def stop_call(self, live: Live, step: str) -> None:
        """What has no effect is cut off: a read, a preparation, the planner. A call with an effect
        is told, as is a probe, and cut off when it takes too long: either way it is then known
        what it did, or that nobody knows."""
        task = live.tasks.get(step)
        if task is None:
            return
        live.stopping.add(step)
        if not live.is_afoot(step):
            task.cancel()
        else:
            loop = asyncio.get_running_loop()
            patience = loop.call_later(self._grace_s, self._cut_off, live, step, task)
            task.add_done_callback(lambda ended: patience.cancel())

    def stop(self) -> None:
        """Begin nothing any more."""
        self._stopping = True
        self._calls.clear()

    def close(self) -> set[asyncio.Task[None]]:
        """Feed nothing of what ends from now on. The workers, for the caller to cancel."""
        self._closed = True
        self._quiet.close()
        return set(self._tasks)

    def _begin_work(self, live: Live, command: CallCommand) -> bool:
        live.queued -= 1
        if live.lost or live.leaving or self._stopping:
            return False
        task = asyncio.get_running_loop().create_task(self._work(live, command))
        self._tasks.add(task)
        live.tasks[command.step.id] = task
        task.add_done_callback(partial(self._worked, live, command.step.id))
        return True

    def _worked(self, live: Live, first: str, task: asyncio.Task[None]) -> None:
        self._calls.ended()
        self._tasks.discard(task)
        if task.cancelled() and live.tasks.get(first) is task:
            # It was cut off before it began, so it answered nothing.
            del live.tasks[first]
            live.stopping.discard(first)
            self._feed(live, fx.CallWithdrawn(at_ms=self._clock.now_ms(), step=first))
        self._ended(live, "", task)

    async def _work(self, live: Live, command: CallCommand) -> None:
        """Make a call, and the one that it leads to, and so on."""
        task = live.tasks[command.step.id]
        following: CallCommand | None = command
        hops = 0
        try:
            while following is not None:
                name = following.step.id
                live.tasks[name] = task
                hops += 1
                try:
                    if hops % _HOPS == 0:
                        await asyncio.sleep(0)
                    if isinstance(following, cmd.RunCall):
                        begin = partial(self._begin_call, live, following)
                        fact = await self._performer.run(live, following, begin, self._report)
                    else:
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
            if not live.lost and not self._closed:
                # What was decided before holds, unless this is told to stop meanwhile.
                with contextlib.suppress(EngineError, asyncio.CancelledError):
                    await self._durable(live)
            # Not before: with nothing under way the execution might be put to rest as it stands.
            live.tasks.pop(name, None)
            if not live.lost and not self._closed:
                self._park(live, name, error)

    def _feed_and_take(self, live: Live, fact: fx.Fact) -> CallCommand | None:
        """Decide a fact; the first call that it leads to is the caller's to make."""
        self._handing_on, self._next = True, None
        try:
            self._feed(live, fact)
            return self._next
        finally:
            self._handing_on, self._next = False, None

    async def _answer(self, live: Live, command: HookCommand) -> fx.Fact:
        """What an agent offers beside its call."""
        hooks = self._performer.hooks
        look = partial(self._begin_looking, live, command)
        match command:
            case cmd.PrepareCall() | cmd.ForeseeCall():
                if not await look(""):
                    return fx.CallWithdrawn(at_ms=self._clock.now_ms(), step=command.step.id)
                if isinstance(command, cmd.ForeseeCall):
                    return await self._performer.foresee(live, command, look, self._report)
                return await hooks.prepare(live, command, look, self._report)
            case cmd.ProbeCall():
                return await hooks.probe(live, command, look, self._report)
            case cmd.CompensateCall():
                undo = partial(self._begin_undoing, live, command)
                return await hooks.compensate(live, command, undo, self._report)

    def _cut_short(self, command: CallCommand) -> fx.Fact:
        """What is known of a command that was cut off: a probe can't tell."""
        at_ms, step = self._clock.now_ms(), command.step.id
        if isinstance(command, cmd.ProbeCall):
            return fx.Probed(at_ms=at_ms, step=step, told=False, error="it was told to stop")
        return fx.CallWithdrawn(at_ms=at_ms, step=step)

    def _begin_call(
        self, live: Live, command: cmd.RunCall, key: str, *, waived_by: str = ""
    ) -> bool | Awaitable[bool]:
        """Whether the call may begin; one with an effect has to wait for the answer."""
        if self._stopping or live.leaving:
            return False
        if not self._interactive and not key:
            return self._quiet.begin(live, command.step.id)
        starting = fx.CallStarting(
            at_ms=self._clock.now_ms(), step=command.step.id, key=key, waived_by=waived_by
        )
        decision = self._feed(live, starting)
        if decision is None or not decision.events:
            return False
        return command.step.effect is READ or self._pass_barrier(live, command.step.id)

    async def _pass_barrier(self, live: Live, step: str) -> bool:
        """The barrier: the intent and all before it are on disk."""
        await self._durable(live)
        if live.state.ending or live.state.steps[step].late:
            raise Transient("it was told to stop before it began")
        return True

    async def _begin_looking(self, live: Live, command: HookCommand, key: str) -> bool:
        """Whether an agent may be asked something. What its call did is asked also when all is to
        end, once it is on disk that nobody knows."""
        if isinstance(command, cmd.ProbeCall):
            await self._durable(live)
        elif live.state.ending is not None:
            return False
        return not (live.state.paused or self._stopping or live.leaving)

    async def _begin_undoing(self, live: Live, command: cmd.CompensateCall, key: str) -> bool:
        if self._stopping or live.leaving:
            return False
        starting = fx.CompensationStarting(at_ms=self._clock.now_ms(), step=command.step.id)
        decision = self._feed(live, starting)
        if decision is None or not decision.events:
            return False
        await self._durable(live)
        return True

    async def _plan(self, live: Live, name: str, command: cmd.MakePlan | cmd.Replan) -> None:
        planning = self._performer.planning
        if live.state.paused:
            self._feed(live, fx.PlanningWithdrawn(at_ms=self._clock.now_ms(), step=name))
        elif isinstance(command, cmd.Replan):
            self._feed(live, await planning.replan(command))
        else:
            self._feed(live, await planning.plan(command))

    def _planned(self, live: Live, name: str, task: asyncio.Task[None]) -> None:
        live.stopping.discard(name)
        if live.tasks.get(name) is task:
            del live.tasks[name]
        if task.cancelled():
            self._feed(live, fx.PlanningWithdrawn(at_ms=self._clock.now_ms(), step=name))
        self._ended(live, name, task)

    def _ended(self, live: Live, name: str, task: asyncio.Task[None]) -> None:
        if live.all_durable:
            live.tell()  # else it will be when it is
        if not task.cancelled():
            error = task.exception()
            if error is not None and not live.lost and not self._closed:
                self._park(live, name, error)
        self._rest(live)

    def _cut_off(self, live: Live, step: str, task: asyncio.Task[None]) -> None:
        """By now the task may be at another call."""
        if live.tasks.get(step) is task:
            task.cancel()
