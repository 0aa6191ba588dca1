"""An execution's journal as spans.

The journal says what happened and when, so spans are told from it afterwards, whenever somebody
asks, and running costs nothing more. A span's id follows from its place (`trace_context`), so all
who tell it tell the same. A pause, another process and another attempt go on in the same trace; an
execution that goes on from another one has a trace of its own, with a link.
"""

from __future__ import annotations

from collections.abc import Iterable

from tizmor.core import events as ev
from tizmor.core.evolve import evolve
from tizmor.core.ids import public_id
from tizmor.core.state import State
from tizmor.observability import names
from tizmor.observability.drafts import Draft, Drafts
from tizmor.observability.names import Error, Part, Relation
from tizmor.observability.spans import Link, Span, Value
from tizmor.observability.steps import Steps
from tizmor.observability.trace_context import parsed, request_span_id, trace_id
from tizmor.observability.undoing import TAKING_BACK, Undoing
from tizmor.ports.traces import KeptSpan

_PLAIN: frozenset[type[ev.Event]] = frozenset(
    {ev.StepStarted, ev.StepSucceeded, ev.StepHeld, ev.AttemptFailed, ev.Prepared}
)
"""Most of what happens, which concerns nothing but its step."""


class Projection:
    """One execution, from its first event on."""

    def __init__(self, execution: int) -> None:
        self._state = State(execution)
        self._id = public_id(execution)
        self._drafts = Drafts(self._id)
        self._steps = Steps(self._drafts)
        self._undoing = Undoing(self._drafts)
        self._request: Draft | None = None
        self._plan: Draft | None = None
        self._pause: Draft | None = None
        self._asked: dict[str, Draft] = {}
        self._plans = self._pauses = 0

    def take(self, event: ev.Event, at_ms: int) -> None:
        """The next event of its journal. Raises `IllegalMove` for one that can't follow."""
        self._drafts.now_ms = max(self._drafts.now_ms, at_ms)
        evolve(self._state, event, at_ms)
        if isinstance(event, ev.Created):
            self._begin(event)
        if self._request is None:
            return
        if type(event) not in _PLAIN or self._pause is not None:
            self._take_as_a_whole(event, self._request)
        self._steps.follow(self._state, event, self._request)
        if type(event) in TAKING_BACK:
            self._undoing.follow(self._state, event, self._request)

    @property
    def ended(self) -> bool:
        return self._state.ended

    def spans(self) -> list[Span]:
        """All so far, by when they began, a whole before its parts. What goes on has no end."""
        return self._drafts.spans()

    def changes(self) -> list[KeptSpan]:
        """Those that were begun or changed since this was last asked, as they are kept, in no
        order."""
        return self._drafts.changes(self._state.execution)

    def _begin(self, event: ev.Created) -> None:
        caller = parsed(event.traceparent)
        self._drafts.caller = None if caller is None else caller.span_id
        self._drafts.trace_id = trace_id(self._id, event.traceparent)
        self._request = self._drafts.open(Part.REQUEST, None, ("", "request"))
        self._link(event.forked_from, Relation.FORKED_FROM)
        self._begin_planning(self._request)

    def _link(self, origin: str | None, relation: Relation) -> None:
        """Name the execution that this one goes on from."""
        if origin is None or self._request is None:
            return
        link = Link(
            trace_id=trace_id(origin, self._state.origin_traceparent),
            span_id=request_span_id(origin),
            relation=relation,
        )
        self._drafts.link(self._request, link)

    def _take_as_a_whole(self, event: ev.Event, request: Draft) -> None:
        """What concerns the execution more than one step of it."""
        match event:
            case ev.DryRunBegun():
                self._drafts.tell(request, names.DRY_RUN, True)
                self._link(event.recording, Relation.RECORDED_BY)
            case ev.CallsApproved():
                self._link(event.dry_run, Relation.CARRIES_OUT)
            case ev.Planned() | ev.Replanned():
                self._end_planning()
            case ev.PlanningFailed() | ev.ReplanFailed():
                self._end_planning(event.error)
            case ev.ReplanStarted():
                self._begin_planning(request, event.step)
            case ev.QuestionAsked() if event.step is None:
                self._ask(event, request)
            case ev.QuestionAnswered() if event.id in self._asked:
                self._hear(event, request)
            case ev.Paused() if self._pause is None:
                self._pauses += 1
                place = ("", "pause", str(self._pauses))
                self._pause = self._drafts.open(Part.PAUSE, request, place)
            case ev.Adopted():
                self._steps.interrupt()
                self._undoing.interrupt()
            case ev.Ended():
                self._end(event, request)
            case _:
                pass
        if self._pause is not None and not self._state.paused:
            self._drafts.close(self._pause)
            self._pause = None

    def _begin_planning(self, request: Draft, step: str | None = None) -> None:
        self._plans += 1
        told: dict[str, Value] | None = None if step is None else {names.STEP: step}
        place = ("", "plan", str(self._plans))
        self._plan = self._drafts.open(Part.PLAN, request, place, said=told)

    def _end_planning(self, error: str | None = None) -> None:
        plan, self._plan = self._plan, None
        if plan is None:
            return
        if error is not None:
            self._drafts.fail(plan, Error.FAILED, error)
        elif self._state.plan is not None:
            self._drafts.tell(plan, names.STEPS, len(self._state.plan.steps))
        self._drafts.close(plan)

    def _ask(self, event: ev.QuestionAsked, request: Draft) -> None:
        """The planner has a question to the human."""
        place = ("", "question", event.id)
        told: dict[str, Value] = {names.ASKED: event.id}
        self._asked[event.id] = self._drafts.open(Part.QUESTION, request, place, said=told)

    def _hear(self, event: ev.QuestionAnswered, request: Draft) -> None:
        """With the last answer, planning goes on."""
        asked = self._asked.pop(event.id)
        self._drafts.tell(asked, names.OUTCOME, self._state.questions[event.id].state)
        self._drafts.close(asked)
        if not self._asked and self._plan is None:
            self._begin_planning(request)

    def _end(self, event: ev.Ended, request: Draft) -> None:
        self._drafts.tell(request, names.STATUS, event.status)
        self._drafts.tell(request, names.STEPS, len(self._state.steps))
        for name, amount in (
            (names.TOKENS, self._state.tokens),
            (names.COST, self._state.cost_usd),
        ):
            if amount:
                self._drafts.tell(request, name, amount)
        if event.status == "FAILED":
            self._drafts.fail(request, Error.FAILED, self._state.error or "")
        self._drafts.close_all()


def projected(execution: int, events: Iterable[tuple[int, bytes]]) -> list[Span]:
    """The spans of an execution whose journal holds these events, by wall time in ms and payload.
    Raises `JournalDamaged`."""
    projection = Projection(execution)
    for at_ms, payload in events:
        projection.take(ev.decode(payload), at_ms)
    return projection.spans()
