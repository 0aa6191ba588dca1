"""One execution driven by hand: facts in; events, commands and state out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from msgspec import structs

from tizmor.core import commands as cmd
from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.canonical import idempotency_key
from tizmor.core.decider import decide
from tizmor.core.evolve import evolve
from tizmor.core.plan import Effect, Plan, Question, Step
from tizmor.core.state import State
from tizmor.core.terms import PLAIN, Terms

EXECUTION = 7

_E = TypeVar("_E", bound=ev.Event)
_C = TypeVar("_C", bound=cmd.Command)


def step(name: str, *uses: str, **more: Any) -> Step:
    """A step that takes the `value` of others; `effect`, `critical` and so on as given."""
    arguments = {f"x{i}": {"$ref": f"/{other}/value"} for i, other in enumerate(uses)}
    return Step(id=name, agent="Agent", arguments={**arguments, **more.pop("given", {})}, **more)


def writing(effect: Effect, name: str = "a", *uses: str, **more: Any) -> Step:
    return step(name, *uses, effect=effect, **more)


class Script:
    """What has been decided so far; `events` and `commands` are those of the last fact."""

    def __init__(self, *steps: Step, start: bool = True, **plan: Any) -> None:
        self.state = State(EXECUTION)
        self.at_ms = 1_000_000
        self.journal: list[tuple[int, bytes]] = []
        self.events: list[ev.Event] = []
        self.commands: list[cmd.Command] = []
        self.ran: dict[str, cmd.RunCall] = {}
        options = {k: plan.pop(k) for k in ("approve_all",) if k in plan}
        self.plan = Plan(goal="g", steps=steps, **plan)
        if start:
            self.tell(fx.Requested(query="q", plan=self.plan, **options))

    def tell(self, fact: fx.Fact, *, later_ms: int = 1) -> Script:
        self.at_ms += later_ms
        decision = decide(self.state, structs.replace(fact, at_ms=self.at_ms))
        self.events, self.commands = decision.events, decision.commands
        self.journal += [(self.at_ms, ev.encode(e)) for e in decision.events]
        for command in decision.commands:
            if isinstance(command, cmd.RunCall):
                self.ran[command.step.id] = command
        return self

    def crash(self) -> Script:
        """Another process folds what was journaled and takes the execution on."""
        self.state = self.folded()
        return self.tell(fx.OwnerChanged(epoch=2))

    def folded(self) -> State:
        state = State(EXECUTION)
        for at_ms, payload in self.journal:
            evolve(state, ev.decode(payload), at_ms)
        return state

    def key(self, name: str) -> str:
        return idempotency_key(EXECUTION, name, self.ran[name].arguments)

    def begin(self, name: str) -> bool:
        """The call's last moment before it starts; whether it may."""
        self.tell(fx.CallStarting(step=name, key=self.key(name)))
        return bool(self.events)

    def gate(self, name: str, terms: Terms = PLAIN, **shown: Any) -> str:
        """The pipeline asks for approval; the gate's id."""
        self.tell(
            fx.GateNeeded(
                step=name,
                key=self.key(name),
                arguments=self.ran[name].arguments,
                shown={"action": "do it", **shown},
                terms=terms,
            )
        )
        return next(e.id for e in self.events if isinstance(e, ev.GateOpened))

    def approved(self, name: str, **edits: Any) -> Script:
        gate = self.gate(name)
        arguments = {**self.ran[name].arguments, **edits} if edits else None
        return self.tell(fx.Approved(approval=gate, arguments=arguments, by="dana"))

    def complete(self, name: str, output: Mapping[str, Any] | None = None) -> Script:
        if self.status(name) != "running":
            assert self.begin(name)
        return self.tell(fx.CallCompleted(step=name, output=dict(output or {"value": name})))

    def fail(self, name: str, error: str = "broken", **more: Any) -> Script:
        return self.tell(fx.CallFailed(step=name, error=error, **{"retryable": False, **more}))

    def lose(self, name: str, **more: Any) -> Script:
        """The call begins, and nothing tells what became of it."""
        assert self.begin(name)
        return self.tell(fx.CallUnknown(step=name, error="connection lost", dice=0.5, **more))

    def ask(self, name: str, question: Question) -> str:
        self.tell(fx.AnswerNeeded(step=name, question=question))
        return self.one(ev.QuestionAsked).id

    def status(self, name: str) -> str:
        return self.state.steps[name].status.value

    def statuses(self) -> str:
        return " ".join(s.status.value for s in self.state.steps.values())

    def one(self, kind: type[_E]) -> _E:
        """The one event of this kind that the last fact led to."""
        (found,) = (e for e in self.events if isinstance(e, kind))
        return found

    def ordered(self, kind: type[_C]) -> _C:
        """The one command of this kind that the last fact led to."""
        (found,) = (c for c in self.commands if isinstance(c, kind))
        return found

    def starts(self) -> list[str]:
        """The steps whose call or preparation was ordered by the last fact."""
        kinds = (cmd.RunCall, cmd.PrepareCall)
        return [c.step.id for c in self.commands if isinstance(c, kinds)]

    def kinds(self) -> list[str]:
        return [type(e).__name__ for e in self.events]
