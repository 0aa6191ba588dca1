"""The pump: the only loop. Facts go in; events are journaled; commands are performed.

A fact is decided the moment it arrives and its events are folded at once, so that steps without
effects flow on; what the outside sees (a call with an effect, a reply, the stream) waits until the
events before it are on disk. Commands are performed from a queue, never by recursion.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from tizmor.core import commands as cmd
from tizmor.core import facts as fx
from tizmor.core.decider import decide
from tizmor.core.decisions.decision import Decision
from tizmor.core.errors import EngineError, OwnershipLost, StorageFailed
from tizmor.core.ids import public_id
from tizmor.core.state import State
from tizmor.engine.commit import GroupCommit
from tizmor.engine.dispatch import Dispatch
from tizmor.engine.failures import Failures
from tizmor.engine.findings import Findings
from tizmor.engine.holds import Holds
from tizmor.engine.limits import LIMITS, Limits
from tizmor.engine.live import Live
from tizmor.engine.parting import Parting
from tizmor.engine.perform import Performer
from tizmor.engine.projections import RESTS
from tizmor.engine.residence import Residence, Rest
from tizmor.engine.timers import Timers
from tizmor.engine.urgency import is_awaited
from tizmor.engine.waking import Waking
from tizmor.engine.workers import Workers
from tizmor.ports.clock import Clock
from tizmor.ports.journal import Journal, NewExecution, StoredExecution
from tizmor.ports.locks import Holder

_log = logging.getLogger("tizmor.engine")

_STOP_S = 5.0
_REMEMBERED = 128
"""Executions that have ended whose state is kept for those who ask at once how they ended."""
_ENDING = cmd.SetTimer | cmd.StopCall | cmd.Release
"""Commands that begin nothing, and that a call which is still under way may need to come to its
end."""
GRACE_S = 10.0
"""How long a call with an effect that was told to stop may take to do so before it is let go of."""


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
        self._clock = clock
        self._interactive = interactive
        self._failures = Failures()
        self._stopping = False
        self._closed = False
        self._timers = Timers(clock, self._fire, self._hear)
        self._residence = Residence(limits.live, self._wake_due)
        self._waking = Waking(
            journal, self._residence, take_up=self._take_up, set_aside=self.set_aside
        )
        self._findings = Findings(clock, self._tell)
        self._workers = Workers(
            performer=performer,
            clock=clock,
            limit=limits.calls,
            interactive=interactive,
            grace_s=grace_s,
            feed=self.feed,
            durable=self.durable,
            report=self._findings.report,
            park=lambda live, where, error: self._parting.leave(live, where, error),
            rest=self._rest_if_idle,
        )
        self._holds = Holds(journal, clock, go_on=self._go_on, durable=self.durable)
        self._dispatch = Dispatch(self._workers, self._timers, self._holds)
        self._ended_lately: OrderedDict[int, Live] = OrderedDict()
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
        self._parting = Parting(durable=self.durable, park=self._park, part=self._commits.part)

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

    @property
    def failure(self) -> EngineError | None:
        """Why this process can't go on with any execution."""
        return self._failures.of_all

    def failure_of(self, execution: int) -> EngineError | None:
        """Why this process can't go on with an execution that it ran, or with any."""
        return self._failures.of(execution)

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

    def begin(self, execution: int, request: fx.Requested, *, contested: bool = False) -> Live:
        """Take on a new execution; this process owns it with epoch 1. When all room is taken by
        others that are busy, or its number is `contested` by others that may begin it just now, it
        is written down and goes on after that."""
        create = NewExecution(
            query=request.query,
            user=request.user,
            created_at_ms=request.at_ms,
            priority=request.priority,
            dry_run=request.dry_run,
        )
        live = Live(State(execution), epoch=1, seq=0, create=create)
        live.held = contested or self._residence.is_full
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
        self._failures.forget(state.execution)
        at_ms = max(self.now_ms(), not_before_ms)
        fact = fx.OwnerChanged(at_ms=at_ms, epoch=epoch, may_still_run=may_still_run)
        live = self._enter(state, epoch, seq, fact)
        self._holds.take_over(live)
        self._on_adoption(live)
        return live

    def rest(self, stored: StoredExecution) -> None:
        """Take on an execution that this process has just become the owner of, as far as there is
        room: one that waits for a human isn't read before it is told something, or its timer is
        due."""
        rest = Rest(stored.epoch, stored.priority, adopted=True, may_still_run=stored.may_still_run)
        self._failures.forget(stored.execution)
        self._residence.rest(stored.execution, rest)
        rests = stored.row.status in RESTS
        if not rests:
            self._residence.due(stored.execution)
        if (due_ms := stored.row.due_ms) is not None:
            timer = cmd.Timer.WAKE if rests else cmd.Timer.DEADLINE
            self._timers.set(stored.execution, "", timer, due_ms)

    def look_whose_turn(self) -> None:
        """Something that steps here stand in line for may have been freed."""
        self._holds.look()

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
            self._findings.listen()
            live.engine = self
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
        unwritten = live.unwritten
        if unwritten.events or unwritten.settles:
            urgent = self._commits.is_on or self._urgent(decision, live)
            self._commits.add(live, urgent=urgent)
        elif not live.tasks:  # what comes to disk, or ends, says so; this would be busy for ever
            asyncio.get_running_loop().call_soon(self._rest_if_idle, live)
        for command in decision.commands:
            if self._stopping:
                break  # who goes on with it begins with what is due
            if not (live.leaving or live.held) or isinstance(command, _ENDING):
                self._dispatch.hand_on(live, command, decision.at_ms)
        return decision

    def settle(self, live: Live, inbox_id: int, outcome: str) -> None:
        """Have an inbox row marked as done in the next commit; whoever runs the execution next
        takes it once more when it isn't this process's any more."""
        if live.lost:
            return
        self._residence.busy(live)
        live.unwritten.settles.append((inbox_id, outcome))
        self._commits.add_first(live)

    async def durable(self, live: Live) -> None:
        """Wait until all that the execution has emitted is on disk. Raises `EngineError`."""
        if live.unwritten:
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
        self._workers.stop()
        effects = [
            task
            for live in self.running()
            for name, task in live.tasks.items()
            if live.has_effect(name)
        ]
        effects += self._parting.afoot
        unended: set[asyncio.Task[None]] = set()
        if effects and self.failure is None:
            _, unended = await asyncio.wait(effects, timeout=_STOP_S)
        await self._commits.flush()
        self._closed = True
        stopped = self._failures.of_all or OwnershipLost("this process has stopped")
        self._failures.of_all = stopped
        self._timers.close()
        tasks = [task for live in self.running() for task in live.tasks.values()]
        for live in self.running():
            live.break_off(stopped)
        tasks += [task for task in self._workers.close() if task not in tasks]
        tasks += self._waking.close()
        tasks += self._holds.close()
        tasks += self._parting.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._residence.clear()
        return not unended

    def _urgent(self, decision: Decision, live: Live) -> bool:
        if self._interactive or live.create is not None:
            return True
        return is_awaited(decision.events, live.state)

    def _go_on(self, holder: Holder) -> None:
        """It is the turn of a step that stood in line."""
        if self.get(holder.execution) is not None:
            self._tell(holder.execution, fx.WaitOver(at_ms=self.now_ms(), step=holder.step))
        else:
            self._residence.due(holder.execution)

    def _tell(self, execution: int, fact: fx.Fact) -> None:
        if (live := self.get(execution)) is not None:
            self.feed(live, fact)

    def _kept(self, live: Live) -> None:
        """Something of it has come to disk."""
        if live.held and live.is_idle:
            self._residence.rest(live.execution, Rest(live.epoch, live.state.priority))
            self._residence.due(live.execution)
        else:
            self._rest_if_idle(live)

    def _rest_if_idle(self, live: Live) -> None:
        # One whose timer is about to fire would have to come back for that, and might be put to
        # rest again before.
        if live.is_idle and not live.state.ended and not self._timers.is_due(live.execution):
            self._residence.idle(live)

    def _wake_due(self, execution: int) -> None:
        self._waking.due(execution)

    def _take_up(self, rest: Rest, state: State, seq: int) -> Live | None:
        """None when its journal says that another process has taken it on meanwhile."""
        if state.epoch > rest.epoch:
            self._let_go_of(state.execution)
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
        self._failures.note(execution, public_id(execution), error)
        self._timers.drop(execution)
        self._let_go_of(execution)

    def _let_go_of(self, execution: int) -> None:
        """A resting execution that this process doesn't go on with: nobody waits for what it had
        taken meanwhile for it."""
        self._residence.give_up(execution)
        self._holds.abandon(execution)

    def _park(self, live: Live, where: str, error: BaseException) -> None:
        """An error of the engine's own is never the step's: the execution stops where it is.
        Another process may go on with it, once no call with an effect is under way here, be it in a
        thread: so such a call isn't cut off."""
        afoot = live.afoot()
        known = self._failures.note(live.execution, f"{live.public_id}/{where}", error)
        live.break_off(known, but=afoot)
        self.forget(live)
        self._parting.part(live, afoot)

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

    def forget(self, live: Live) -> None:
        """Drop an execution that has ended on disk, or that this process can't go on with."""
        self._timers.drop(live.execution)
        self._residence.leave(live)
        if live.lost:
            self._holds.abandon(live.execution, live.tasks.values())
        if live.state.ended and not live.lost:
            self._ended_lately[live.execution] = live
            if len(self._ended_lately) > _REMEMBERED:
                self._ended_lately.popitem(last=False)

    def _storage_failed(self, error: EngineError) -> None:
        self._failures.of_all = error
        for live in self.running():
            live.break_off(error)
        self._residence.clear()
