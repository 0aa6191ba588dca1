"""An execution that this process owns and runs."""

from __future__ import annotations

import asyncio
from collections import deque

from tizmor.core import events as ev
from tizmor.core.folds.lists import child_id
from tizmor.core.ids import public_id
from tizmor.core.state import State
from tizmor.ports.journal import NewExecution


class Live:
    """State, what of it is not yet written, and what runs for it.

    `written_seq` counts the events that have been emitted, `durable_seq` those that are on disk;
    `appends` what was handed to the journal, `landed` what of that is there. `held`: there is no
    room for it now, and nothing of it is performed but that its timers are set. `queued` counts the
    calls that wait for room, `stopping` are the steps whose running call was told to stop, `begun`
    those whose call began when and nothing was said of it yet, `last_checkpoint` is the newest
    one's sequence number and monotonic time. `gone`: it was put to rest, and comes back as a `Live`
    of its own.
    """

    def __init__(self, state: State, *, epoch: int, seq: int, create: NewExecution | None) -> None:
        self.state = state
        self.execution = state.execution
        self.public_id = public_id(state.execution)
        self.epoch = epoch
        self.create = create
        self.written_seq = seq
        self.durable_seq = seq
        self.unwritten: list[tuple[int, bytes]] = []
        self.dirty_steps: set[str] = set()
        self.dirty_waiting: set[str] = set()
        self.settles: list[tuple[int, str]] = []
        self.appends = 0
        self.landed = 0
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.queued = 0
        self.held = False
        self.gone = False
        self.stopping: set[str] = set()
        self.begun: dict[str, int] = {}
        self.last_checkpoint: tuple[int, float] = (0, 0.0)
        self.broken: Exception | None = None
        self._changed: asyncio.Event | None = None
        self._barriers: deque[tuple[int, asyncio.Future[None]]] = deque()

    @property
    def language(self) -> str:
        return self.state.plan.language if self.state.plan else "en"

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
        if self.tasks or self.queued or self.settles:
            return False
        return self.landed == self.appends and self.all_durable

    @property
    def lost(self) -> bool:
        """Whether this process may not, or can't, go on with it, or holds it no more."""
        return self.gone or self.broken is not None

    def write(self, at_ms: int, event: ev.Event) -> None:
        """Take an event into the next append. Raises `TypeError` or `JournalDamaged` for one that
        could never be read again."""
        payload = ev.encode(event)
        if isinstance(event, ev.StepSucceeded | ev.StepKept):
            if type(event.output) is not dict:
                raise TypeError(f"the output of {event.step} is no object")
        elif isinstance(event, _FOREIGN):
            ev.decode(payload)
        self.unwritten.append((at_ms, payload))
        self.written_seq += 1
        if isinstance(event, _STEP_ONLY):
            self.dirty_steps.add(event.step)
        else:
            self._mark(event)

    def _mark(self, event: ev.Event) -> None:
        """Note what of the read models an event changes."""
        state = self.state
        match event:
            case ev.GateOpened() | ev.GateApproved() | ev.GateRejected():
                self.dirty_waiting.add(event.id)
                self.dirty_steps.add(state.gates[event.id].step)
            case ev.QuestionAsked() | ev.QuestionAnswered():
                self.dirty_waiting.add(event.id)
                if (asked := state.questions[event.id].step) is not None:
                    self.dirty_steps.add(asked)
            case ev.Planned() | ev.Replanned():
                self.dirty_steps.update(state.steps)
            case ev.Ended():
                self.dirty_waiting.update(state.gates, state.questions)
            case ev.Expanded():
                self.dirty_steps.add(event.step)
                self.dirty_steps.update(child_id(event.step, i) for i in range(event.count))
            case _:
                self._mark_step(getattr(event, "step", None))

    def _mark_step(self, name: str | None) -> None:
        """A step, and what was asked about it: its end withdraws that."""
        if name is not None:
            step = self.state.steps[name]
            self.dirty_steps.add(name)
            self.dirty_waiting.update(i for i in (step.gate, step.question) if i is not None)

    async def durable(self) -> None:
        """Wait until all that has been written so far is on disk, and what orders came to. Raises
        what broke it off."""
        if self.broken is not None:
            raise self.broken
        last = self.appends + bool(self.unwritten or self.settles)
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
            _, barrier = self._barriers.popleft()
            if not barrier.done():
                barrier.set_result(None)
        self.tell()

    def break_off(self, error: Exception) -> None:
        """The execution is not this process's any more, or can't be written."""
        self.broken = self.broken or error
        for _, barrier in self._barriers:
            if not barrier.done():
                barrier.set_exception(error)
        self._barriers.clear()
        for task in self.tasks.values():
            task.cancel()
        self.tell()

    def tell(self) -> None:
        """Wake whoever waits for news."""
        if self._changed is not None:
            self._changed.set()
            self._changed = None


_STEP_ONLY = (ev.StepStarted, ev.StepSucceeded, ev.Found)
"""Most events: they change the row of their step and no other."""
_FOREIGN = (ev.Prepared, ev.GateOpened, ev.GateApproved, ev.QuestionAsked)
"""Events that hold what agents made, and are few: it is seen at once whether they can be read."""
