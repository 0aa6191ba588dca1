"""The state of one execution: what `tizmor.core.evolve` makes of its events."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec

from tizmor.core.plan import Budget, Plan, Question, Step, Strategy
from tizmor.core.talk import Talk, waits_for_word
from tizmor.core.terms import PLAIN, Need, Signature, Terms
from tizmor.core.transitions import OVER, StepStatus


class Foreseen(msgspec.Struct, frozen=True):
    """What a dry run shows of a call, see `events.StepForeseen`."""

    shown: dict[str, Any]
    key: str
    asks: bool
    unknown: tuple[str, ...]
    untrusted: tuple[str, ...]
    maybe: bool
    terms: Terms | None = None


class GivenBefore(msgspec.Struct):
    """What was approved and answered when a dry run showed it: how many calls of each key are
    `left` to be made, and the answers by step and question."""

    dry_run: str
    by: str
    left: dict[str, int]
    answers: dict[str, dict[str, str]]


class StepMark(msgspec.Struct, omit_defaults=True, gc=False):
    """What the journal says of one step.

    `arguments` are the prepared ones, `edited` those of them that a human wrote: they stay when the
    rest is prepared anew. `alternative` is the number of the one that has taken over from the
    plan's own agent, `lost`: some call of it may have happened, `told` what a human said became of
    the last such call, `children` how many calls a `for_each` has, `messages` the newest findings,
    `undoing` counts the attempts to take back what the step did, `held_on` is what it is held for
    since `held_at_ms` and until `held_until_ms` at least (0: nobody knows), `waited_ms` how long it
    was held before, `cached`: its output was given to an earlier call, `foreseen` what a dry run
    shows of its call, which was not made; `asked_ms` is how long humans were
    waited for, `idle_ms` what of both was before its first call. `began_at_ms` is when its last
    call did, `run_ms` how long its calls took together, as far as their end was seen. `earlier`
    steps of its id were there before it: replaced, or calls of a list that was gone through anew.
    """

    status: StepStatus = StepStatus.PENDING
    arguments: dict[str, Any] | None = None
    edited: dict[str, Any] | None = None
    attempt: int = 0
    failures: int = 0
    reprepares: int = 0
    key: str = ""
    lost: bool = False
    may_still_run: bool = False
    told: str | None = None
    alternative: int | None = None
    children: int | None = None
    gate: str | None = None
    question: str | None = None
    approved_key: str | None = None
    answers: dict[str, str] | None = None
    messages: tuple[str, ...] = ()
    error: str | None = None
    retry_at_ms: int = 0
    failed_at_ms: int = 0
    ready_at_ms: int | None = None
    started_at_ms: int | None = None
    ended_at_ms: int | None = None
    undoing: int = 0
    late: bool = False
    cached: bool = False
    held_on: str = ""
    held_at_ms: int = 0
    held_until_ms: int = 0
    waited_ms: int = 0
    foreseen: Foreseen | None = None
    asked_ms: int = 0
    idle_ms: int = 0
    began_at_ms: int = 0
    run_ms: int = 0
    tokens: int = 0
    cost_usd: float = 0.0
    earlier: int = 0


class StepState(StepMark, kw_only=True):
    """One step as far as it has come.

    What follows from the plan and the other steps: `readers` take data from it, `followers` come
    after it, `watchers` wait for its end, `dependents` are all of these; `unmet` of its own needs
    are open, `over` of a `for_each`'s calls have ended; `left_out`: the newest plan does without
    it. What isn't journaled: `busy`, a command for the step is under way; `in_line`, its probe
    stands in line in this process; `fed` and `active`, how many of a `for_each`'s calls were
    dispatched and how many of these have not ended.
    """

    step: Step
    parent: str | None = None
    item: int = 0
    items: tuple[Any, ...] = ()
    over: int = 0
    unmet: int = 0
    left_out: bool = False
    readers: tuple[str, ...] = ()
    followers: tuple[str, ...] = ()
    watchers: tuple[str, ...] = ()
    dependents: tuple[str, ...] = ()
    busy: bool = False
    in_line: bool = False
    fed: int = 0
    active: int = 0


class GateState(msgspec.Struct):
    """An approval that was asked for. `state`: open, approved, rejected, expired, or withdrawn.

    `arguments` and `shown` are those of the gate, and once it is approved those that were. `terms`
    are those it was opened under, `needs` what became of theirs: handed on, shown to more people.
    """

    id: str
    step: str
    key: str
    arguments: dict[str, Any]
    shown: dict[str, Any]
    opened_at_ms: int
    untrusted: tuple[str, ...] = ()
    state: str = "open"
    decided_at_ms: int | None = None
    terms: Terms = PLAIN
    needs: tuple[Need, ...] = PLAIN.needs
    signatures: tuple[Signature, ...] = ()
    reminded_at_ms: int | None = None

    def signers(self, key: str) -> tuple[str, ...]:
        """Who has agreed to a key, each once."""
        return tuple(dict.fromkeys(s.by for s in self.signatures if s.key == key))

    @property
    def expires_at_ms(self) -> int | None:
        after_ms = self.terms.expires_ms
        return None if after_ms is None else self.opened_at_ms + after_ms

    def withdraw(self, at_ms: int) -> None:
        """Nobody need decide it any more."""
        if self.state == "open":
            self.state = "withdrawn"
            self.decided_at_ms = at_ms


class QuestionState(msgspec.Struct):
    """A question to the human. `state`: open, answered, or withdrawn."""

    question: Question
    step: str | None
    asked_at_ms: int
    about: str = ""
    state: str = "open"
    answered_at_ms: int | None = None

    def withdraw(self, at_ms: int) -> None:
        """Nobody need answer it any more."""
        if self.state == "open":
            self.state = "withdrawn"
            self.answered_at_ms = at_ms


class State(msgspec.Struct, eq=False, gc=False):
    """One execution. `status` is PLANNING, RUNNING, or how it ended. It is a tree, so no garbage
    need be looked for in it.

    `budget` bounds what it may use, `raised` is what a human has added to a budget, by its name.
    `traceparent` and `origin_traceparent` are the spans that asked for it: `events.Created`.
    `ending` is the status that it is being brought to before its steps are done: nothing begins any
    more. `effects` are the steps that changed something outside, or may have, and have not been
    taken back, in the order in which they ended.
    """

    execution: int
    status: str = "PLANNING"
    query: str = ""
    user: str = ""
    approve_all: bool = False
    forked_from: str | None = None
    traceparent: str | None = None
    origin_traceparent: str | None = None
    epoch: int = 1
    priority: int = 0
    deadline_ms: int | None = None
    conflicts: Strategy | None = None
    dry_run: bool = False
    recording: str | None = None
    given_before: GivenBefore | None = None
    budget: Budget | None = None
    raised: dict[str, int] | None = None
    plan: Plan | None = None
    plan_answers: dict[str, str] = {}
    replans: int = 0
    failed_agents: list[str] = []
    steps: dict[str, StepState] = {}
    outputs: dict[str, dict[str, Any]] = {}
    effects: list[str] = []
    gates: dict[str, GateState] = {}
    questions: dict[str, QuestionState] = {}
    unfinished: int = 0
    paused: bool = False
    ending: str | None = None
    rolling_back: bool = False
    error: str | None = None
    created_at_ms: int = 0
    updated_at_ms: int = 0
    ended_at_ms: int | None = None
    tokens: int = 0
    cost_usd: float = 0.0
    talk: Talk | None = None
    """What its steps have told each other; None as long as that is nothing."""
    planning: bool = False
    """Not journaled: the planner is at work."""
    tainted: frozenset[str] | None = None
    """Not journaled: see `tizmor.core.approval.tainted_steps`; None until it is asked for."""

    @property
    def ended(self) -> bool:
        return self.ended_at_ms is not None

    def open_gates(self) -> list[GateState]:
        return [g for g in self.gates.values() if g.state == "open"]

    def open_questions(self) -> list[tuple[str, QuestionState]]:
        return [(i, q) for i, q in self.questions.items() if q.state == "open"]

    def is_asked(self, step: str, about: str) -> bool:
        """Whether a human is being asked this about a step."""
        known = self.steps.get(step)
        if known is None or known.question is None:
            return False
        asked = self.questions[known.question]
        return asked.state == "open" and asked.about == about

    @property
    def waits_for_human(self) -> bool:
        """Whether nothing can move it but a human: something is open, and nothing else is due."""
        if self.ended or self.paused or self.planning:
            return False
        if not (self.open_gates() or self.open_questions()):
            return False
        if any(q.step is None for _, q in self.open_questions()):
            return True
        full = self._full_parents()
        return all(
            s.status in _HELD
            or (s.status is StepStatus.HELD and waits_for_word(s.held_on))
            or (s.status is StepStatus.READY and s.parent in full)
            or (s.status is StepStatus.COMPENSATING and self._is_asked_anything(s))
            for s in self.steps.values()
            if s.status not in OVER
        )

    def _is_asked_anything(self, step: StepState) -> bool:
        return step.question is not None and self.questions[step.question].state == "open"

    def _full_parents(self) -> frozenset[str]:
        """The `for_each` steps as many of whose calls wait for a human as may run at a time."""
        waiting = Counter(s.parent for s in self.steps.values() if s.parent and s.status in _ASKING)
        return frozenset(
            name
            for name, count in waiting.items()
            if (each := self.steps[name].step.for_each) is not None and count >= each.width
        )


def is_work(state: State, name: str) -> bool:
    """Whether a step was handed over by another: it is in no plan, and that one's to judge."""
    return state.talk is not None and name in state.talk.work


_ASKING = frozenset({StepStatus.GATED, StepStatus.ASKED})
_HELD = _ASKING | {StepStatus.PENDING, StepStatus.EXPANDED}
