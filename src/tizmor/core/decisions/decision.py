"""What one fact leads to, as it is being worked out."""

from __future__ import annotations

import msgspec

from tizmor.core import commands as cmd
from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.evolve import evolve
from tizmor.core.plan import Question
from tizmor.core.state import State, StepState
from tizmor.core.transitions import TERMINAL, StepStatus

S = StepStatus
_READY, _SUCCEEDED = S.READY, S.SUCCEEDED
"""Looked at for every step; through the class it costs more than making an event does."""


class Decision(msgspec.Struct, eq=False, gc=False):
    """What one fact led to: events in order, and commands.

    `due` holds what is to be looked at before the decision is whole: a step that may be able to go
    on, or one that can't any more because of another. It is a queue that grows while it is gone
    through, so that a long chain of steps is no deep recursion. `impossible` are steps that can't
    be done, and why: their policy says what follows. `over` are steps that have ended and may have
    owed others an answer.
    """

    state: State
    at_ms: int
    events: list[ev.Event] = []
    commands: list[cmd.Command] = []
    due: list[tuple[StepState, str | None]] = []
    impossible: list[tuple[StepState, str]] = []
    over: list[StepState] = []

    def emit(self, event: ev.Event) -> None:
        evolve(self.state, event, self.at_ms)
        self.events.append(event)

    def order(self, command: cmd.Command) -> None:
        self.commands.append(command)


def close(d: Decision, step: StepState, event: ev.Event) -> None:
    """Emit what ends a step, and have looked at what its end lets go on or makes impossible. Each
    edge is looked at once."""
    if step.held_on or step.step.resources:
        give_back(d, step)
    state = d.state
    evolve(state, event, d.at_ms)
    d.events.append(event)
    for name in step.dependents:
        other = state.steps[name]
        if other.status is _READY:
            d.due.append((other, None))
    if step.status is not _SUCCEEDED:
        block(d, step)
    if step.parent is not None:
        d.due.append((state.steps[step.parent], None))
    if state.talk is not None:
        d.over.append(step)


def give_back(d: Decision, step: StepState) -> None:
    """No call of the step is under way: others needn't wait for what it used or stood in line
    for."""
    if step.step.resources or step.held_on:
        d.order(cmd.Release(step=step.step.id))


def block(d: Decision, step: StepState) -> None:
    """Have looked at what a step's end without a result makes impossible."""
    blocked = (step.readers,) if step.status is S.BYPASSED else (step.readers, step.followers)
    steps = d.state.steps
    for names in blocked:
        d.due.extend((steps[n], step.step.id) for n in names if steps[n].status not in TERMINAL)


def fail(d: Decision, step: StepState, error: str) -> None:
    close(d, step, ev.StepFailed(step=step.step.id, error=error))


def ask(
    d: Decision,
    question: Question,
    step: StepState | None = None,
    *,
    about: str = "",
    error: str = "",
) -> None:
    """Ask the human; `about` is one of the engine's own matters, see `ev.QuestionAsked`."""
    d.emit(
        ev.QuestionAsked(
            id=f"q{len(d.state.questions) + 1}",
            question=question,
            step=None if step is None else step.step.id,
            about=about,
            error=error,
        )
    )


def charge(d: Decision, fact: fx.CallOver) -> None:
    """Write down what a call has cost whose end says nothing of it."""
    if (fact.tokens or fact.cost_usd) and (name := getattr(fact, "step", "")) in d.state.steps:
        d.emit(ev.CallCharged(step=name, tokens=fact.tokens, cost_usd=fact.cost_usd))


def answered_by(d: Decision, name: str) -> StepState | None:
    """The step whose command a fact answers; None when the step has ended meanwhile."""
    step = d.state.steps[name]
    step.busy = False
    return None if step.status in TERMINAL else step


def is_left_out(d: Decision, step: StepState) -> bool:
    """Whether the newest plan does without a step that was under way when it was made: nobody waits
    for it, so nothing more is begun for its sake."""
    return step.left_out or (step.parent is not None and d.state.steps[step.parent].left_out)


def end(d: Decision, status: str) -> None:
    d.emit(ev.Ended(status=status))
    d.order(cmd.Finish())
