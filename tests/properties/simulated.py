"""A small deterministic driver of the core: one execution, an outside world, crashes, a human.

Every choice comes from `choose`, so that a seed is a whole run. The driver keeps what
the core's contract asks of a caller: events are journaled in order, every command is performed
once and answered by one fact. At a crash all that was journaled is kept (an effect is called only
behind its barrier), all commands and timers are lost; calls in flight may or may not happen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from msgspec import structs

from tizmor.core import commands as cmd
from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.approval import needs_gate
from tizmor.core.canonical import idempotency_key
from tizmor.core.decider import decide
from tizmor.core.folds import evolve
from tizmor.core.plan import Choice, Effect, Plan, Question, Step
from tizmor.core.state import GateState, State
from tizmor.core.transitions import TERMINAL

EXECUTION = 7
MAX_FACTS = 3_000

_T = TypeVar("_T")
Choose = Callable[[Sequence[Any]], Any]


class World:
    """What happened outside. `raw` counts every call, `done` those whose key was new to it."""

    def __init__(self) -> None:
        self.raw: Counter[str] = Counter()
        self.done: set[str] = set()

    def call(self, key: str) -> None:
        self.raw[key] += 1
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
        self.timers: dict[str, int] = {}
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
        self.commands += decision.commands
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
            *(lambda name=name: self._fire(name) for name in self.timers),
            *(lambda g=g: self._decide(g) for g in self.state.open_gates()),
            *(lambda i=i: self._answer(i) for i, _ in self.state.open_questions()),
        ]
        if self.state.paused and not possible:
            possible.append(lambda: self._say(fx.ResumeAsked()))
        if possible and self.crashes and self.choose(range(2 if self.in_flight else 12)) == 0:
            return [self._crash]
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
        self.commands, self.in_flight, self.timers = [], [], {}
        self.state = self.folded()
        self.epoch += 1
        self.tell(fx.OwnerChanged(epoch=self.epoch))

    def _perform(self, command: cmd.Command) -> None:
        self.commands = [c for c in self.commands if c is not command]
        match command:
            case cmd.PrepareCall():
                self._prepare(command)
            case cmd.RunCall():
                self._run(command)
            case cmd.ProbeCall():
                self._probe(command)
            case cmd.SetTimer():
                self.timers[command.step] = command.due_ms
            case cmd.StopCall():
                self._stop(command.step)
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
            self.world.call(self._key(command))

    def _finish(self, command: cmd.RunCall) -> None:
        self.in_flight = [c for c in self.in_flight if c is not command]
        step = command.step.id
        how = self._outcome("done", "failed", "lost", "lost, done", "lost, done", "stale", "asks")
        if "done" in how:
            self._happen(command)
        match how:
            case "done":
                self.tell(fx.CallCompleted(step=step, output={"value": step}))
            case "failed":
                self.tell(fx.CallFailed(step=step, error="e", retryable=self.choose((True, False))))
            case "stale":
                self.tell(fx.PreconditionBroken(step=step, error="stale"))
            case "asks":
                self.tell(fx.AnswerNeeded(step=step, question=_QUESTION))
            case _:
                self.tell(fx.CallUnknown(step=step, error="lost"))

    def _stop(self, name: str) -> None:
        """A read is cut off; nothing else is."""
        for command in self.in_flight:
            if command.step.id == name and command.step.effect is Effect.READ:
                self.in_flight.remove(command)
                self.tell(fx.CallWithdrawn(step=name))
                return

    def _probe(self, command: cmd.ProbeCall) -> None:
        step = command.step.id
        if self.choose((True, True, False)):
            found = {"value": step} if command.key in self.world.done else None
            self.tell(fx.Probed(step=step, output=found))
        else:
            self.tell(fx.Probed(step=step, told=False, error="e"))

    def _fire(self, name: str) -> None:
        self.at_ms = max(self.at_ms, self.timers.pop(name))
        self.tell(fx.TimerFired(step=name))

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
            value = self.choose(("again", "skip", "stop"))
        elif asked.about == "outcome" and asked.step is not None:
            happened = self.state.steps[asked.step].key in self.world.done
            value = self.choose(("happened", "stop") if happened else ("again", "stop"))
        else:
            value = self.choose(("1", "2"))
        self.tell(fx.Answered(question=question, value=value))

    def _check(self, event: ev.Event) -> None:
        """What must hold at the moment an event is emitted."""
        if not isinstance(event, ev.StepStarted):
            return
        step = self.state.steps[event.step].step
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
    waits = state.open_gates() or state.open_questions() or simulation.timers
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


NOT_JOURNALED = {"busy", "planning", "tainted", "fed", "active"}


def unfinished(state: State) -> list[Step]:
    return [s.step for s in state.steps.values() if s.status not in TERMINAL]
