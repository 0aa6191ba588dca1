"""A small deterministic driver of the core: one execution, an outside world, crashes, a human.

Every choice comes from `choose`, so that a seed is a whole run. The driver keeps what
the core's contract asks of a caller: events are journaled in order, every command is performed
once and answered by one fact. At a crash all that was journaled is kept (an effect is called only
behind its barrier), all commands and timers are lost; calls in flight may or may not happen. What
takes over has folded the journal, all of it or from a checkpoint on. The same goes for an execution
that rests and is woken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from msgspec import structs

from tizmor.core import checkpoint
from tizmor.core import commands as cmd
from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.approval import needs_gate
from tizmor.core.canonical import idempotency_key
from tizmor.core.decider import decide
from tizmor.core.evolve import evolve
from tizmor.core.graph import descendants
from tizmor.core.plan import Choice, Effect, Plan, Question, Step
from tizmor.core.state import GateState, State
from tizmor.core.transitions import TERMINAL

EXECUTION = 7
MAX_FACTS = 3_000

_T = TypeVar("_T")
Choose = Callable[[Sequence[Any]], Any]


class World:
    """What happened outside. `raw` counts every call by key and effect (agents that take over from
    one another use one key), `done` are the keys that happened, `undone` those taken back, in
    order."""

    def __init__(self) -> None:
        self.raw: Counter[tuple[str, Effect]] = Counter()
        self.done: set[str] = set()
        self.undone: list[str] = []

    def call(self, key: str, effect: Effect) -> None:
        self.raw[key, effect] += 1
        self.done.add(key)


class Simulation:
    """Runs one plan to its end, or to where only a human can go on."""

    def __init__(
        self,
        plan: Plan,
        choose: Choose,
        *,
        luck: int,
        crashes: int,
        orders: Sequence[fx.Fact],
        approve_all: bool,
    ) -> None:
        """`luck` weighs what goes well; `orders` are what the human says of their own accord."""
        self.choose = choose
        self.luck = luck
        self.world = World()
        self.state = State(EXECUTION)
        self.journal: list[tuple[int, bytes]] = []
        self.events: list[ev.Event] = []
        self.commands: list[cmd.Command] = []
        self.in_flight: list[cmd.RunCall] = []
        self.undoing: list[cmd.CompensateCall] = []
        self.started: list[tuple[ev.StepStarted, Step]] = []
        self.timers: dict[tuple[str, cmd.Timer], int] = {}
        self.rests = 5
        self.at_ms = 1_000
        self.epoch = 1
        self.crashes = crashes
        self.violations: list[str] = []
        self.orders = list(orders)
        self.tell(fx.Requested(query="q", plan=plan, approve_all=approve_all))

    def tell(self, fact: fx.Fact) -> list[ev.Event]:
        self.at_ms += 1
        decision = decide(self.state, structs.replace(fact, at_ms=self.at_ms))
        for event in decision.events:
            self._check(event)
            self.events.append(event)
            self.journal.append((self.at_ms, ev.encode(event)))
        self.commands += [c for c in decision.commands if not isinstance(c, cmd.StopCall)]
        for command in decision.commands:
            if isinstance(command, cmd.StopCall):
                self._stop(command.step)
        return decision.events

    def run(self) -> None:
        """Let things happen in any order until nothing is left that could."""
        for _ in range(MAX_FACTS):
            possible = self._possible()
            if self.state.ended or not possible:
                return
            self.choose(possible)()
        self.violations.append(f"did not come to rest within {MAX_FACTS} facts")

    def folded(self) -> State:
        state = State(EXECUTION)
        for at_ms, payload in self.journal:
            evolve(state, ev.decode(payload), at_ms)
        return state

    def _possible(self) -> list[Callable[[], None]]:
        possible: list[Callable[[], None]] = [
            *(lambda c=c: self._perform(c) for c in self.commands),
            *(lambda c=c: self._finish(c) for c in self.in_flight),
            *(lambda c=c: self._undone(c) for c in self.undoing),
            *(lambda timer=timer: self._fire(*timer) for timer in self.timers),
            *(lambda g=g: self._decide(g) for g in self.state.open_gates()),
            *(lambda i=i: self._answer(i) for i, _ in self.state.open_questions()),
        ]
        if self.state.paused and not possible:
            possible.append(lambda: self._say(fx.ResumeAsked()))
        if possible and self.crashes and self.choose(range(2 if self.in_flight else 12)) == 0:
            return [self._crash]
        if self._is_idle and possible and self.rests and self.choose(range(3)) == 0:
            return [self._rest]
        if possible and self.orders and self.choose(range(4 if self.in_flight else 12)) == 0:
            return [lambda: self._say(self.orders.pop(0))]
        return possible

    def _outcome(self, good: str, *others: str) -> str:
        return str(self.choose((*[good] * self.luck, *others)))

    def _say(self, fact: fx.Fact) -> None:
        self.tell(fact)

    def _crash(self) -> None:
        """The process is gone; what was on its way outside may still happen, and nobody hears."""
        self.crashes -= 1
        for call in self.in_flight:
            if self.choose((False, True)):
                self._happen(call)
        for undoing in self.undoing:
            if self.choose((False, True)):
                self.world.undone.append(undoing.key)
        self.commands, self.in_flight, self.undoing, self.timers = [], [], [], {}
        self._read_back()
        self.epoch += 1
        self.tell(fx.OwnerChanged(epoch=self.epoch, may_still_run=self.choose((True, False))))

    @property
    def _is_idle(self) -> bool:
        return not (self.commands or self.in_flight or self.undoing)

    def _rest(self) -> None:
        """The process lets go of the state, and takes it up again."""
        self.rests -= 1
        self._read_back()
        self.tell(fx.Woken())

    def _read_back(self) -> None:
        self.state = self.folded()
        after = self.choose(range(len(self.journal) + 1))
        if slots(self.from_checkpoint(after)) != slots(self.state):
            self.violations.append(f"a checkpoint after {after} events leads elsewhere")

    def from_checkpoint(self, after: int) -> State:
        """The state from a checkpoint that was taken after some events, and the others' fold."""
        state = State(EXECUTION)
        for at_ms, payload in self.journal[:after]:
            evolve(state, ev.decode(payload), at_ms)
        restored = checkpoint.decode(EXECUTION, checkpoint.encode(state))
        assert restored is not None
        for at_ms, payload in self.journal[after:]:
            evolve(restored, ev.decode(payload), at_ms)
        return restored

    def _perform(self, command: cmd.Command) -> None:
        self.commands = [c for c in self.commands if c is not command]
        match command:
            case cmd.PrepareCall():
                self._prepare(command)
            case cmd.RunCall():
                self._run(command)
            case cmd.ProbeCall():
                self._probe(command)
            case cmd.CompensateCall():
                self._compensate(command)
            case cmd.Replan():
                self._replan(command)
            case cmd.SetTimer():
                self.timers[command.step, command.timer] = command.due_ms
            case _:
                pass

    def _prepare(self, command: cmd.PrepareCall) -> None:
        step = command.step.id
        how = self._outcome("prepared", "failed", "asks")
        if how == "prepared":
            prepared = {**command.arguments, "slot": self.choose((1, 2))}
            self.tell(fx.CallPrepared(step=step, arguments=prepared))
        elif how == "failed":
            self.tell(fx.CallFailed(step=step, error="e", retryable=self.choose((True, False))))
        else:
            self.tell(fx.AnswerNeeded(step=step, question=_QUESTION))

    def _run(self, command: cmd.RunCall) -> None:
        """The pipeline: approve, then the barrier, then the call is on its way.

        Now and then it is a broken one that does not ask: the core must refuse the call.
        """
        step, key = command.step, self._key(command)
        unapproved = needs_gate(step) and command.approved_key != key
        if unapproved and self._outcome("asks", "forgets") == "asks":
            self.tell(
                fx.GateNeeded(
                    step=step.id, key=key, arguments=command.arguments, shown={"action": "x"}
                )
            )
        elif self.choose(range(12)) == 0:
            self.tell(fx.CallFailed(step=step.id, error="does not fit", retryable=False))
        elif not self.tell(fx.CallStarting(step=step.id, key=key)):
            self.tell(fx.CallWithdrawn(step=step.id))
        else:
            self.in_flight.append(command)

    def _key(self, command: cmd.RunCall) -> str:
        return idempotency_key(EXECUTION, command.step.id, command.arguments)

    def _happen(self, command: cmd.RunCall) -> None:
        if command.step.effect is not Effect.READ:
            self.world.call(self._key(command), command.step.effect)

    def _finish(self, command: cmd.RunCall) -> None:
        self.in_flight = [c for c in self.in_flight if c is not command]
        step = command.step.id
        how = self._outcome("done", "failed", "lost", "lost, done", "lost, done", "stale", "asks")
        if "done" in how:
            self._happen(command)
        match how:
            case "done":
                self.tell(fx.CallCompleted(step=step, output=self._output(step)))
            case "failed":
                self.tell(fx.CallFailed(step=step, error="e", retryable=self.choose((True, False))))
            case "stale":
                self.tell(fx.PreconditionBroken(step=step, error="stale"))
            case "asks":
                self.tell(fx.AnswerNeeded(step=step, question=_QUESTION))
            case _:
                self.tell(fx.CallUnknown(step=step, error="lost"))

    def _output(self, step: str) -> dict[str, Any]:
        return {"value": step, "list": list(range(self.choose(range(4))))}

    def _stop(self, name: str) -> None:
        """A read is cut off, and a call with an effect may be, when its grace is over."""
        cut_off = [c for c in self.commands if self._is_cut_off(c, name)]
        self.commands = [c for c in self.commands if not any(c is other for other in cut_off)]
        for command in cut_off:
            self._tell_of_cut(command, name)
        for command in self.in_flight:
            if command.step.id != name:
                continue
            if command.step.effect is Effect.READ:
                self.in_flight.remove(command)
                self.tell(fx.CallWithdrawn(step=name))
                return
            if self.choose((True, False)):
                self.in_flight.remove(command)
                if self.choose((True, False)):
                    self._happen(command)
                self.tell(fx.CallUnknown(step=name, error="cut off", may_still_run=True))
                return

    def _tell_of_cut(self, command: cmd.Command, name: str) -> None:
        match command:
            case cmd.ProbeCall():
                self.tell(fx.Probed(step=name, told=False, error="it was told to stop"))
            case cmd.Replan():
                self.tell(fx.PlanningWithdrawn(step=name))
            case _:
                self.tell(fx.CallWithdrawn(step=name))

    def _is_cut_off(self, command: cmd.Command, name: str) -> bool:
        """Whether the command's task would be cancelled."""
        match command:
            case cmd.PrepareCall() | cmd.ProbeCall():
                return command.step.id == name and self.choose((True, False))
            case cmd.Replan():
                return command.step == name
            case _:
                return False

    def _compensate(self, command: cmd.CompensateCall) -> None:
        if self.tell(fx.CompensationStarting(step=command.step.id)):
            self.undoing.append(command)
        else:
            self.tell(fx.CallWithdrawn(step=command.step.id))

    def _undone(self, command: cmd.CompensateCall) -> None:
        self.undoing = [c for c in self.undoing if c is not command]
        step = command.step.id
        how = self._outcome("done", "failed", "failed, done", "for good")
        if "done" in how:
            self.world.undone.append(command.key)
        if how == "done":
            self.tell(fx.Compensated(step=step))
        else:
            retryable = how != "for good"
            self.tell(fx.CompensationFailed(step=step, error="e", retryable=retryable, dice=0.5))

    def _replan(self, command: cmd.Replan) -> None:
        """Another plan: without the failed step and what depends on it, and without some others
        that may have begun by now; with new steps that take from what is kept."""
        if self.choose((True, False, False)):
            self.tell(fx.ReplanImpossible(step=command.step, error="no other way"))
            return
        gone = descendants(command.plan, command.step) | {command.step}
        for step in command.plan.steps:
            if step.id not in gone and step.id not in command.done and self.choose((0, 0, 1)):
                gone |= descendants(command.plan, step.id) | {step.id}
        kept = [s for s in command.plan.steps if s.id not in gone]
        number = self.state.replans
        taken = [self.choose(kept).id] if kept else []
        new = Step(
            id=f"r{number}",
            agent="Another",
            arguments={"x": [{"$ref": f"/{name}/value"} for name in taken]},
            effect=self.choose(list(Effect)),
            compensates=self.choose((True, False)),
        )
        after = Step(id=f"t{number}", agent="Another", after=(new.id, *taken))
        plan = structs.replace(command.plan, steps=(*kept, new, after))
        self.tell(fx.ReplanMade(step=command.step, plan=plan))

    def _probe(self, command: cmd.ProbeCall) -> None:
        step = command.step.id
        if self.choose((True, True, False)):
            found = self._output(step) if command.key in self.world.done else None
            self.tell(fx.Probed(step=step, output=found))
        else:
            self.tell(fx.Probed(step=step, told=False, error="e"))

    def _fire(self, step: str, timer: cmd.Timer) -> None:
        self.at_ms = max(self.at_ms, self.timers.pop((step, timer)))
        self.tell(fx.TimerFired(step=step, timer=timer))

    def _decide(self, gate: GateState) -> None:
        how = self._outcome("approve", "edit", "reject")
        if how == "reject":
            self.tell(fx.Rejected(approval=gate.id))
        else:
            edited = {**gate.arguments, "note": self.choose(("x", "y"))} if how == "edit" else None
            self.tell(fx.Approved(approval=gate.id, arguments=edited))

    def _answer(self, question: str) -> None:
        """The human looks at the world before they answer whether something happened in it."""
        asked = self.state.questions[question]
        if asked.about == "failure":
            value = self.choose([choice.value for choice in asked.question.choices])
        elif asked.about == "compensation":
            value = self.choose(("again", "stop"))
        elif asked.about == "outcome" and asked.step is not None:
            happened = self.state.steps[asked.step].key in self.world.done
            value = self.choose(("happened", "stop") if happened else ("again", "stop"))
        else:
            value = self.choose(("1", "2"))
        edited = {"note": "edited"} if value == "edit" else None
        self.tell(fx.Answered(question=question, value=value, arguments=edited))

    def _check(self, event: ev.Event) -> None:
        """What must hold at the moment an event is emitted."""
        if not isinstance(event, ev.StepStarted):
            return
        step = self.state.steps[event.step].step
        self.started.append((event, step))
        if needs_gate(step):
            approvals = [
                e
                for e in self.events
                if isinstance(e, ev.GateApproved) and e.key == event.key and e.id == event.approval
            ]
            if not approvals:
                self.violations.append(f"{event.step} began unapproved")


_QUESTION = Question(
    id="which", text="?", choices=(Choice(value="a", label="A"), Choice(value="b", label="B"))
)


def stuck(simulation: Simulation) -> bool:
    """Neither ended, nor waiting for somebody named, nor for a timer."""
    state = simulation.state
    waits = state.open_gates() or state.open_questions()
    return not (state.ended or waits)


def slots(value: Any, *, without: Sequence[str] = ()) -> Any:
    """All that a state holds, as plain values that can be compared."""
    if isinstance(value, dict):
        return {name: slots(inner) for name, inner in value.items()}
    names = getattr(value, "__struct_fields__", None) or getattr(value, "__dict__", None)
    if names and type(value).__module__ == State.__module__:
        hidden = {*NOT_JOURNALED, *without}
        return {
            name: slots(getattr(value, name), without=without)
            for name in names
            if name not in hidden
        }
    return value


NOT_JOURNALED = {"busy", "in_line", "planning", "tainted", "fed", "active"}


def unfinished(state: State) -> list[Step]:
    return [s.step for s in state.steps.values() if s.status not in TERMINAL]
