"""An execution that this process owns and runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable
from typing import Any, Protocol

import msgspec

from tizmor.core import events as ev
from tizmor.core.decisions.decision import Decision
from tizmor.core.facts import Fact
from tizmor.core.folds.lists import child_id
from tizmor.core.ids import public_id
from tizmor.core.plan import Effect
from tizmor.core.state import State
from tizmor.core.transitions import StepStatus
from tizmor.engine.audit import AUDITED, is_audited
from tizmor.observability.trace_context import step_place, traceparent
from tizmor.ports.journal import NewExecution

_AFOOT = frozenset({StepStatus.RUNNING, StepStatus.UNSETTLED, StepStatus.COMPENSATING})
"""A call with an effect may have begun."""


class Engine(Protocol):
    """Who runs it: see `tizmor.engine.pump.Pump`."""

    def feed(self, live: Live, fact: Fact) -> Decision | None: ...
    async def durable(self, live: Live) -> None: ...


class Unwritten(msgspec.Struct, eq=False, gc=False):
    """What an execution has to say in its next append: events, each with its time, the rows that
    they change by what names them, orders that are settled, and what the audit log is told."""

    events: list[tuple[int, bytes]] = []
    steps: dict[str, None] = {}
    waiting: dict[str, None] = {}
    shared: dict[tuple[str, int], None] = {}
    messages: dict[str, None] = {}
    settles: list[tuple[int, str]] = []
    audit: list[tuple[int, ev.Event]] = []

    def __bool__(self) -> bool:
        return bool(self.events or self.settles)


class Live:
    """State, what of it is not yet written, and what runs for it.

    `written_seq` counts the events that have been emitted, `durable_seq` those that are on disk;
    `appends` what was handed to the journal, `landed` what of that is there. `held`: there is no
    room for it now, and nothing of it is performed but that its timers are set. `queued` counts the
    calls that wait for room, `stopping` are the steps whose running call was told to stop, `begun`
    those whose call began when and nothing was said of it yet, `leaving`: nothing more is begun for
    it, and when what has an effect is over, this process gives it up; `fences` the fencing tokens
    of the leases that steps have, `last_checkpoint` is the newest one's sequence number and
    monotonic time. `lost`: this process may not, or can't, go on with it, or holds it no more; if
    it rests, it comes back as a `Live` of its own.
    """

    def __init__(self, state: State, *, epoch: int, seq: int, create: NewExecution | None) -> None:
        self.state = state
        self.execution = state.execution
        self.epoch = epoch
        self.create = create
        self.written_seq = seq
        self.durable_seq = seq
        self.unwritten = Unwritten()
        self.engine: Engine | None = None
        self.appends = 0
        self.landed = 0
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.queued = 0
        self.held = False
        self.leaving = False
        self.lost = False
        self.stopping: set[str] = set()
        self.begun: dict[str, int] = {}
        self.fences: dict[str, tuple[int, ...]] = {}
        self._given_back: list[str] = []
        self.last_checkpoint: tuple[int, float] = (0, 0.0)
        self.broken: Exception | None = None
        self._changed: asyncio.Event | None = None
        self._said: asyncio.Event | None = None
        self._ends: list[asyncio.Future[None]] = []
        self._barriers: list[tuple[int, asyncio.Future[None]]] = []

    @property
    def public_id(self) -> str:
        return public_id(self.execution)

    @property
    def user(self) -> str:
        return self.state.user

    @property
    def language(self) -> str:
        return self.state.plan.language if self.state.plan else "en"

    def traceparent(self, step: str, *part: str) -> str:
        """The span of a step, or of a part of it, as a `traceparent` header says it."""
        known = self.state.steps.get(step)
        place = step_place(step, 0 if known is None else known.earlier)
        return traceparent(self.public_id, self.state.traceparent, place, *part)

    @property
    def hall(self) -> Live:
        """Where its steps talk to each other."""
        return self

    @property
    def changed(self) -> asyncio.Event:
        """Set when there is news; the next news have an event of their own."""
        if self._changed is None:
            self._changed = asyncio.Event()
        return self._changed

    @property
    def all_durable(self) -> bool:
        """Whether all that its state holds is on disk."""
        return self.durable_seq == self.written_seq and self.create is None

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs for it and all that it had to say is on disk."""
        if self.tasks or self.queued or self.unwritten.settles:
            return False
        return self.landed == self.appends and self.all_durable

    def has_effect(self, name: str) -> bool:
        """Whether it has a step of this name, and what that does has an effect."""
        step = self.state.steps.get(name)
        return step is not None and step.step.effect is not Effect.READ

    def unfence(self, step: str) -> None:
        """What was said so far is the last that the step's lease stands for."""
        if step in self.fences:
            self._given_back.append(step)
            if not self.unwritten:
                self.fences_of_append()

    def fences_of_append(self) -> tuple[int, ...]:
        """The fencing tokens under which all that is to be written was decided."""
        tokens = tuple(token for tokens in self.fences.values() for token in tokens)
        for step in self._given_back:
            self.fences.pop(step, None)
        self._given_back.clear()
        return tokens

    def is_afoot(self, name: str) -> bool:
        """Whether a call of that step that has an effect may have begun."""
        return self.has_effect(name) and self.state.steps[name].status in _AFOOT

    def write(self, at_ms: int, event: Any) -> None:
        """Take an event into the next append. Raises `TypeError` or `JournalDamaged` for one that
        could never be read again."""
        payload = ev.encode(event)
        kind = type(event)
        unwritten = self.unwritten
        if kind is _SUCCEEDED:  # most events: they change the row of their step and no other
            if type(event.output) is not dict:
                raise TypeError(_NO_OBJECT.format(event.step))
            unwritten.steps[event.step] = None
        else:
            _check(event, payload)
            _MARKS.get(kind, Live._mark_step)(self, event)
            if kind in AUDITED and is_audited(event):
                unwritten.audit.append((at_ms, event))
        unwritten.events.append((at_ms, payload))
        self.written_seq += 1

    def _mark_only_step(self, event: ev.StepStarted | ev.Found) -> None:
        self.unwritten.steps[event.step] = None

    def _mark_step(self, event: Any) -> None:
        """A step, and what was asked about it: its end withdraws that."""
        name = getattr(event, "step", None)
        if name is not None:
            step = self.state.steps[name]
            self.unwritten.steps[name] = None
            self._mark_waiting(i for i in (step.gate, step.question) if i is not None)

    def _mark_plan(self, event: ev.Planned | ev.Replanned) -> None:
        self.unwritten.steps.update(dict.fromkeys(self.state.steps))

    def _mark_gate(self, event: Any) -> None:
        self._mark_waiting([event.id])
        self.unwritten.steps[self.state.gates[event.id].step] = None

    def _mark_question(self, event: ev.QuestionAsked | ev.QuestionAnswered) -> None:
        self._mark_waiting([event.id])
        if (asked := self.state.questions[event.id].step) is not None:
            self.unwritten.steps[asked] = None

    def _mark_list(self, event: ev.Expanded) -> None:
        self.unwritten.steps[event.step] = None
        names = (child_id(event.step, item) for item in range(event.count))
        self.unwritten.steps.update(dict.fromkeys(names))

    def _mark_shared(self, event: ev.Shared) -> None:
        self.unwritten.shared[event.key, event.version] = None
        self._wake_listeners()

    def _mark_message(self, event: Any) -> None:
        self.unwritten.messages[event.id] = None
        self._wake_listeners()

    def _mark_work(self, event: ev.WorkHandedOver) -> None:
        self._mark_message(event)
        self.unwritten.steps[event.work.id] = None

    def _mark_nothing(self, event: Any) -> None:
        """It is in no read model."""

    def _wake_listeners(self) -> None:
        if self._said is not None:
            self._said.set()
            self._said = None

    def say(self, fact: Fact) -> Decision | None:
        """Have a fact decided that a call tells; None when this process may not any more."""
        return None if self.engine is None else self.engine.feed(self, fact)

    async def heard(self) -> None:
        """Wait until a step has told the others something."""
        if self._said is None:
            self._said = asyncio.Event()
        await self._said.wait()

    async def settled(self) -> None:
        """Wait until all that was said is on disk. Raises `EngineError`."""
        if self.engine is not None:
            await self.engine.durable(self)

    def _mark_end(self, event: ev.Ended) -> None:
        self._mark_waiting([*self.state.gates, *self.state.questions])
        if self.state.talk is not None:
            self.unwritten.messages.update(dict.fromkeys(self.state.talk.mail))

    def _mark_waiting(self, ids: Iterable[str]) -> None:
        self.unwritten.waiting.update(dict.fromkeys(ids))

    async def end(self) -> None:
        """Wait until it has ended on disk, or rests there, or this process lost it. Raises what
        broke it off."""
        if not (self.lost or self._has_ended):
            end: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._ends.append(end)
            await end
        if self.broken is not None:
            raise self.broken

    @property
    def _has_ended(self) -> bool:
        return self.state.ended and self.all_durable

    async def durable(self) -> None:
        """Wait until all that has been written so far is on disk, and what orders came to. Raises
        what broke it off."""
        if self.broken is not None:
            raise self.broken
        last = self.appends + bool(self.unwritten)
        if self.landed == last:
            return
        barrier: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._barriers.append((last, barrier))
        await barrier

    def release(self, seq: int) -> None:
        """The oldest append that hadn't landed has, and with it all events up to `seq`."""
        self.durable_seq = seq
        self.landed += 1
        while self._barriers and self._barriers[0][0] <= self.landed:
            _, barrier = self._barriers.pop(0)
            if not barrier.done():
                barrier.set_result(None)
        self.tell()

    def leave(self) -> None:
        """It rests, on disk only."""
        self.lost = True
        self.tell()

    def afoot(self) -> list[asyncio.Task[None]]:
        """The tasks whose call may have an effect just now."""
        return [task for name, task in self.tasks.items() if self.is_afoot(name)]

    def cut_off(self, *, but: Collection[asyncio.Task[None]] = ()) -> None:
        """End what runs for it, but for these tasks."""
        for task in self.tasks.values():
            if task not in but:
                task.cancel()

    def break_off(self, error: Exception, *, but: Collection[asyncio.Task[None]] = ()) -> None:
        """The execution is not this process's any more, or can't be written. What runs for it is
        ended, but for these tasks."""
        self.broken = self.broken or error
        self.lost = True
        for _, barrier in self._barriers:
            if not barrier.done():
                barrier.set_exception(error)
        self._barriers.clear()
        self.cut_off(but=but)
        self.tell()

    def tell(self) -> None:
        """Wake whoever waits for news."""
        if self._changed is not None:
            self._changed.set()
            self._changed = None
        if self._ends and (self._has_ended or self.lost):
            for end in self._ends:
                if not end.done():
                    end.set_result(None)
            self._ends.clear()


_SUCCEEDED = ev.StepSucceeded
_NO_OBJECT = "the output of {} is no object"
_FOREIGN = frozenset(
    {
        ev.Prepared,
        ev.GateOpened,
        ev.GateSigned,
        ev.GateApproved,
        ev.QuestionAsked,
        ev.Shared,
        ev.StepForeseen,
        ev.MessageSent,
        ev.WorkHandedOver,
        ev.MessageAnswered,
    }
)
"""Events that hold what agents made, and are few: it is seen at once whether they can be read."""


def _check(event: Any, payload: bytes) -> None:
    """Raises `TypeError` or `JournalDamaged` for what could never be read again."""
    kind = type(event)
    if kind is ev.StepKept and type(event.output) is not dict:
        raise TypeError(_NO_OBJECT.format(event.step))
    if kind in _FOREIGN:
        ev.decode(payload)


_MARKS: dict[type[ev.Event], Callable[[Live, Any], None]] = {
    ev.StepStarted: Live._mark_only_step,
    ev.Found: Live._mark_only_step,
    ev.GateOpened: Live._mark_gate,
    ev.GateApproved: Live._mark_gate,
    ev.GateRejected: Live._mark_gate,
    ev.GateSigned: Live._mark_gate,
    ev.GateDelegated: Live._mark_gate,
    ev.GateReminded: Live._mark_gate,
    ev.GateEscalated: Live._mark_gate,
    ev.GateExpired: Live._mark_gate,
    ev.GateLapsed: Live._mark_gate,
    ev.QuestionAsked: Live._mark_question,
    ev.QuestionAnswered: Live._mark_question,
    ev.Planned: Live._mark_plan,
    ev.Replanned: Live._mark_plan,
    ev.Expanded: Live._mark_list,
    ev.Shared: Live._mark_shared,
    ev.Tainted: Live._mark_nothing,
    ev.MessageSent: Live._mark_message,
    ev.WorkHandedOver: Live._mark_work,
    ev.MessageTaken: Live._mark_message,
    ev.MessageAnswered: Live._mark_message,
    ev.MessageExpired: Live._mark_message,
    ev.Ended: Live._mark_end,
}
"""What of the read models an event changes, beside its step."""
