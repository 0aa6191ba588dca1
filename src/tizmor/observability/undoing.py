"""Taking back as spans: one for all of it, and in it, one after the other, each compensation and
what it waits for."""

from __future__ import annotations

from collections import Counter

from tizmor.core import events as ev
from tizmor.core.state import State, StepState
from tizmor.core.transitions import TERMINAL
from tizmor.observability import names
from tizmor.observability.drafts import Draft, Drafts
from tizmor.observability.names import Error, Part, Relation
from tizmor.observability.spans import Link, Value
from tizmor.observability.steps import INTERRUPTED, tool
from tizmor.observability.trace_context import span_id, step_place

TAKING_BACK: frozenset[type[ev.Event]] = frozenset(
    {
        ev.RollbackStarted,
        ev.CompensationHeld,
        ev.CompensationStarted,
        ev.CompensationFailed,
        ev.Compensated,
        ev.CompensationLeft,
        ev.QuestionAsked,
        ev.QuestionAnswered,
    }
)
"""What `Undoing.follow` looks at."""


class Undoing:
    """What is taken back in one execution."""

    def __init__(self, drafts: Drafts) -> None:
        self._drafts = drafts
        self._whole: Draft | None = None
        self._within: Draft | None = None
        self._asked = ""
        self._counts: Counter[tuple[str, Part]] = Counter()

    def follow(self, state: State, event: ev.Event, request: Draft) -> None:
        """Take in an event that the state has taken in."""
        match event:
            case ev.RollbackStarted():
                self._whole = self._drafts.open(Part.ROLLBACK, request, ("", "rollback"))
            case ev.CompensationHeld():
                self._enter(state, event.step, Part.HELD, request, {names.WAITS_FOR: event.on})
            case ev.CompensationStarted():
                self._enter(state, event.step, Part.COMPENSATION, request, {}, event.attempt)
            case ev.CompensationFailed():
                self._leave(Error.FAILED, event.error)
                if event.retry_at_ms is not None:
                    self._enter(state, event.step, Part.RETRY, request, {})
            case ev.Compensated() | ev.CompensationLeft():
                self._leave()
            case ev.QuestionAsked() if event.step and state.steps[event.step].status in TERMINAL:
                self._enter(state, event.step, Part.QUESTION, request, {names.ASKED: event.id})
                self._asked = event.id
            case ev.QuestionAnswered() if event.id == self._asked:
                self._answered(state)
            case _:
                pass

    def interrupt(self) -> None:
        """The process that took something back is gone."""
        if self._within is not None and self._within.part is Part.COMPENSATION:
            self._leave(Error.INTERRUPTED, INTERRUPTED)

    def _answered(self, state: State) -> None:
        if self._within is not None:
            self._drafts.tell(self._within, names.OUTCOME, state.questions[self._asked].state)
        self._leave()
        self._asked = ""

    def _enter(
        self,
        state: State,
        name: str,
        part: Part,
        request: Draft,
        told: dict[str, Value],
        attempt: int = 0,
    ) -> None:
        self._leave()
        step = state.steps[name]
        told = {names.STEP: name, **told}
        if attempt:
            told |= tool(step.step.agent, step.key) | {names.ATTEMPT: attempt}
        place: tuple[str, ...] = (part.value, str(attempt))
        if not attempt:
            self._counts[name, part] += 1
            place = ("undoing", part.value, str(self._counts[name, part]))
        self._within = self._drafts.open(
            part,
            self._whole or request,
            (step_place(name, step.earlier), *place),
            agent=step.step.agent,
            said=told,
        )
        if attempt:
            self._drafts.link(self._within, self._of(step))

    def _of(self, step: StepState) -> Link:
        """The step that is taken back."""
        own = span_id(self._drafts.execution_id, step_place(step.step.id, step.earlier))
        return Link(trace_id=self._drafts.trace_id, span_id=own, relation=Relation.TAKES_BACK)

    def _leave(self, error: Error | None = None, message: str = "") -> None:
        within, self._within = self._within, None
        if within is None:
            return
        if error is not None and within.part is Part.COMPENSATION:
            self._drafts.fail(within, error, message)
        self._drafts.close(within)
