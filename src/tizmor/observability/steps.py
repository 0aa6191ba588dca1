"""Steps as spans: each from when it was ready to its end, with its calls and what it waited for.

A step is in one thing at a time, by its status: a call, a place in line, a human's decision, the
time before another try. So what it goes through are spans that follow each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from tizmor.core import events as ev
from tizmor.core.state import State, StepState
from tizmor.core.transitions import TERMINAL, StepStatus
from tizmor.observability import names
from tizmor.observability.drafts import Draft, Drafts
from tizmor.observability.names import Error, Part
from tizmor.observability.spans import Value
from tizmor.observability.trace_context import step_place

S = StepStatus
_STEP, _ATTEMPT = Part.STEP, Part.ATTEMPT
INTERRUPTED = "its process ended while it ran"

_STATUS = {status: status.value for status in S}
_PARTS = {
    S.RUNNING: Part.ATTEMPT,
    S.HELD: Part.HELD,
    S.GATED: Part.APPROVAL,
    S.ASKED: Part.QUESTION,
    S.RETRYING: Part.RETRY,
    S.UNSETTLED: Part.SETTLING,
}
_PROBLEMS: dict[type[ev.Event], Error] = {
    ev.AttemptFailed: Error.FAILED,
    ev.StepFailed: Error.FAILED,
    ev.AgentReplaced: Error.FAILED,
    ev.ReplanStarted: Error.FAILED,
    ev.QuestionAsked: Error.FAILED,
    ev.OutcomeLost: Error.UNKNOWN,
    ev.PreconditionLost: Error.STALE,
}
_CALL_ENDED = (ev.StepSucceeded, ev.CallCharged)

Thing = tuple[Part, str]
"""What a step is in, so that one is told from the next."""


class _Story(msgspec.Struct, eq=False):
    """A step that has not ended: its span, what it is in, its newest call."""

    step: StepState
    span: Draft
    thing: Thing | None = None
    within: Draft | None = None
    call: Draft | None = None


class Steps:
    """The steps of one execution."""

    def __init__(self, drafts: Drafts) -> None:
        self._drafts = drafts
        self._open: dict[str, _Story] = {}
        self._ended: dict[str, StepState] = {}
        self._counts: Counter[tuple[str, Part]] = Counter()

    def follow(self, state: State, event: ev.Event, request: Draft) -> None:
        """Take in an event that the state has taken in."""
        for name in self._concerned(state, event):
            step = state.steps[name]
            if isinstance(event, ev.StepKept):
                self._ended[name] = step
            elif isinstance(event, ev.StepSucceeded) and self._is_news(step, event):
                self._say_at_once(step, event, request)
            elif (story := self._story(name, step, request)) is not None:
                self._go_on(state, story, event)

    def interrupt(self) -> None:
        """The process that made the calls is gone."""
        for story in self._open.values():
            if story.within is not None and story.within.part is _ATTEMPT:
                self._drafts.fail(story.within, Error.INTERRUPTED, INTERRUPTED)
                self._drafts.close(story.within)
                story.within = None

    def _concerned(self, state: State, event: ev.Event) -> Iterable[str]:
        step = getattr(event, "step", None)
        if step is not None:
            return (step,)
        match event:
            case ev.GateApproved() | ev.GateRejected() | ev.GateExpired() | ev.GateLapsed():
                return (state.gates[event.id].step,)
            case ev.QuestionAnswered() if (step := state.questions[event.id].step) is not None:
                return (step,)
            case ev.Replanned():
                return list(self._open)
            case _:
                return ()

    def _story(self, name: str, step: StepState, request: Draft) -> _Story | None:
        """The step's, begun where there is none; None for one that never was ready, or has ended
        before."""
        story = self._open.get(name)
        if story is not None and story.step is not step:
            self._end(story, S.REPLACED)
            story = None
        if story is None and step.ready_at_ms is not None and self._ended.get(name) is not step:
            story = self._open[name] = self._begun(step, request)
        return story

    def _is_news(self, step: StepState, event: ev.StepSucceeded) -> bool:
        """Whether a read was over before anything was told of it, as most are."""
        return (
            event.started_at_ms is not None
            and not event.cached
            and step.step.id not in self._open
            and self._ended.get(step.step.id) is not step
            and step.ready_at_ms is not None
            and step.status is S.SUCCEEDED
            and step.foreseen is None
        )

    def _say_at_once(self, step: StepState, event: ev.StepSucceeded, request: Draft) -> None:
        """A step and its call that are over: what `_story` and `_go_on` would come to."""
        span = self._span(step, request)
        place = (_place(step), str(event.attempt))
        told = _of_call(step, event.attempt)
        call = self._drafts.open(
            _ATTEMPT,
            span,
            place,
            agent=step.step.agent,
            start_ms=event.started_at_ms,
            said=told,
        )
        if event.tokens or event.cost_usd:
            self._charge(call, event.tokens, event.cost_usd)
            self._charge(span, step.tokens, step.cost_usd)
        span.told[names.STATUS] = _STATUS[S.SUCCEEDED]
        self._drafts.close(call)
        self._drafts.close(span)
        self._ended[step.step.id] = step

    def _begun(self, step: StepState, request: Draft) -> _Story:
        return _Story(step, self._span(step, request))

    def _span(self, step: StepState, request: Draft) -> Draft:
        whole = self._open.get(step.parent or "")
        agent = step.step.agent
        return self._drafts.open(
            _STEP,
            request if whole is None else whole.span,
            (_place(step),),
            agent=agent,
            start_ms=step.ready_at_ms,
            said={names.AGENT_NAME: agent, names.STEP: step.step.id},
        )

    def _go_on(self, state: State, story: _Story, event: ev.Event) -> None:
        step = story.step
        if isinstance(event, _CALL_ENDED):
            if isinstance(event, ev.StepSucceeded) and event.started_at_ms is not None:
                self._say_a_quiet_call(state, story, event, event.started_at_ms)
            self._charge(story.call, event.tokens, event.cost_usd)
        thing = _thing(step)
        if thing != story.thing:
            self._leave(state, story, event)
            self._enter(story, thing)
        if step.status in TERMINAL:
            self._end(story, step.status)

    def _say_a_quiet_call(
        self, state: State, story: _Story, event: ev.StepSucceeded, began_ms: int
    ) -> None:
        """A read that was over before its beginning was told."""
        if event.cached:
            return
        self._leave(state, story, event, at_ms=began_ms)
        self._enter(story, (Part.ATTEMPT, str(event.attempt)), start_ms=began_ms)

    def _enter(self, story: _Story, thing: Thing | None, start_ms: int | None = None) -> None:
        story.thing = thing
        if thing is None:
            return
        part, which = thing
        place: tuple[str, ...] = (_place(story.step), which)
        if part is not _ATTEMPT:
            self._counts[place[0], part] += 1
            place = (place[0], part.value, str(self._counts[place[0], part]))
        story.within = self._drafts.open(
            part,
            story.span,
            place,
            agent=story.step.step.agent,
            start_ms=start_ms,
            said=_told(story.step, part, which),
        )
        if part is _ATTEMPT:
            story.call = story.within

    def _leave(
        self, state: State, story: _Story, event: ev.Event, at_ms: int | None = None
    ) -> None:
        """End what the step was in."""
        within, story.within = story.within, None
        if within is None or story.thing is None:
            return
        part, which = story.thing
        if part is _ATTEMPT and (problem := _problem(event)) is not None:
            self._drafts.fail(within, *problem)
        elif part is Part.APPROVAL:
            self._drafts.tell(within, names.OUTCOME, state.gates[which].state)
        elif part is Part.QUESTION:
            self._drafts.tell(within, names.OUTCOME, state.questions[which].state)
        self._drafts.close(within, at_ms)

    def _end(self, story: _Story, status: StepStatus) -> None:
        step, span = story.step, story.span
        if story.within is not None:
            self._drafts.close(story.within)
        foreseen = step.foreseen is not None and status is S.SUCCEEDED
        self._drafts.tell(span, names.STATUS, "foreseen" if foreseen else _STATUS[status])
        if step.cached:
            self._drafts.tell(span, names.CACHED, True)
        self._charge(span, step.tokens, step.cost_usd)
        if status is S.FAILED:
            self._drafts.fail(span, Error.FAILED, step.error or "")
        self._drafts.close(span)
        del self._open[step.step.id]
        self._ended[step.step.id] = step

    def _charge(self, draft: Draft | None, tokens: int, cost_usd: float) -> None:
        if draft is None or not (tokens or cost_usd):
            return
        for name, amount in ((names.TOKENS, tokens), (names.COST, cost_usd)):
            if amount:
                before = draft.told.get(name, 0)
                whole = amount + before if isinstance(before, (int, float)) else amount
                self._drafts.tell(draft, name, whole)


def _place(step: StepState) -> str:
    return step_place(step.step.id, step.earlier)


def _thing(step: StepState) -> Thing | None:
    part = _PARTS.get(step.status)
    match part:
        case None:
            return None
        case Part.HELD:
            return part, step.held_on
        case Part.APPROVAL:
            return part, step.gate or ""
        case Part.QUESTION:
            return part, step.question or ""
        case Part.RETRY:
            return part, str(step.failures)
        case _:
            return part, str(step.attempt)


def _told(step: StepState, part: Part, which: str) -> dict[str, Value]:
    """What is known of it when it begins."""
    if part is _ATTEMPT:
        return _of_call(step, int(which))
    told: dict[str, Value] = {names.STEP: step.step.id}
    match part:
        case Part.HELD:
            told[names.WAITS_FOR] = which
        case Part.APPROVAL | Part.QUESTION:
            told[names.ASKED] = which
        case _:
            told[names.ATTEMPT] = step.attempt
    return told


def _of_call(step: StepState, attempt: int) -> dict[str, Value]:
    told = tool(step.step.agent, step.key)
    told[names.STEP] = step.step.id
    told[names.ATTEMPT] = attempt
    return told


def tool(agent: str, key: str) -> dict[str, Value]:
    """What the conventions want to know of a call; `key` is its idempotency key, where it has
    one."""
    told: dict[str, Value] = {names.TOOL_NAME: agent, names.TOOL_TYPE: names.FUNCTION}
    if key:
        told[names.TOOL_CALL_ID] = key
    return told


def _problem(event: ev.Event) -> tuple[Error, str] | None:
    """What went wrong with a call that ended so."""
    error = _PROBLEMS.get(type(event))
    said: str = getattr(event, "error", "")
    if error is None or (isinstance(event, ev.QuestionAsked) and not said):
        return None
    return error, said
