"""Steps as spans: each from when it was ready to its end, with its calls and what it waited for.

A step is in one thing at a time, by its status: a call, a place in line, a human's decision, the
time before another try. So what it goes through are spans that follow each other.
"""

from __future__ import annotations

from collections import Counter

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
INTERRUPTED = "its process ended while it ran"

_PARTS = {
    S.RUNNING: Part.ATTEMPT,
    S.HELD: Part.HELD,
    S.GATED: Part.APPROVAL,
    S.ASKED: Part.QUESTION,
    S.RETRYING: Part.RETRY,
    S.UNSETTLED: Part.SETTLING,
}

Thing = tuple[Part, str]
"""What a step is in, so that one is told from the next."""


class _Story(msgspec.Struct, eq=False):
    """A step that has not ended: its span, what it is in, its newest call."""

    step: StepState
    span: Draft
    thing: Thing | None = None
    within: Draft | None = None
    call: Draft | None = None
    counts: Counter[Part] = msgspec.field(default_factory=Counter)


class Steps:
    """The steps of one execution."""

    def __init__(self, drafts: Drafts) -> None:
        self._drafts = drafts
        self._open: dict[str, _Story] = {}
        self._ended: dict[str, StepState] = {}

    def follow(self, state: State, event: ev.Event, request: Draft) -> None:
        """Take in an event that the state has taken in."""
        for name in self._concerned(state, event):
            step = state.steps[name]
            if isinstance(event, ev.StepKept):
                self._ended[name] = step
            elif (story := self._story(name, step, request)) is not None:
                self._go_on(state, story, event)

    def interrupt(self) -> None:
        """The process that made the calls is gone."""
        for story in self._open.values():
            if story.within is not None and story.within.part is Part.ATTEMPT:
                story.within.fail(Error.INTERRUPTED, INTERRUPTED)
                self._drafts.close(story.within)
                story.within = None

    def _concerned(self, state: State, event: ev.Event) -> list[str]:
        match event:
            case ev.GateApproved() | ev.GateRejected() | ev.GateExpired() | ev.GateLapsed():
                return [state.gates[event.id].step]
            case ev.QuestionAnswered():
                step = state.questions[event.id].step
            case ev.Replanned():
                return list(self._open)
            case _:
                step = getattr(event, "step", None)
        return [] if step is None else [step]

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

    def _begun(self, step: StepState, request: Draft) -> _Story:
        whole = self._open.get(step.parent or "")
        agent = step.step.agent
        span = self._drafts.open(
            Part.STEP,
            request if whole is None else whole.span,
            (_place(step),),
            agent=agent,
            start_ms=step.ready_at_ms,
            more={names.AGENT_NAME: agent, names.STEP: step.step.id},
        )
        return _Story(step, span)

    def _go_on(self, state: State, story: _Story, event: ev.Event) -> None:
        step = story.step
        if isinstance(event, ev.StepSucceeded):
            self._say_a_quiet_call(state, story, event)
        if isinstance(event, (ev.StepSucceeded, ev.CallCharged)):
            _charge(story.call, event.tokens, event.cost_usd)
        thing = _thing(step)
        if thing != story.thing:
            self._leave(state, story, event)
            self._enter(story, thing)
        if step.status in TERMINAL:
            self._end(story, step.status)

    def _say_a_quiet_call(self, state: State, story: _Story, event: ev.StepSucceeded) -> None:
        """A read that was over before its beginning was told."""
        if event.started_at_ms is None or event.cached:
            return
        self._leave(state, story, event, at_ms=event.started_at_ms)
        self._enter(story, (Part.ATTEMPT, str(event.attempt)), start_ms=event.started_at_ms)

    def _enter(self, story: _Story, thing: Thing | None, start_ms: int | None = None) -> None:
        story.thing = thing
        if thing is None:
            return
        part, which = thing
        story.counts[part] += 1
        agent = story.step.step.agent
        place = (which,) if part is Part.ATTEMPT else (part.value, str(story.counts[part]))
        story.within = self._drafts.open(
            part,
            story.span,
            (_place(story.step), *place),
            agent=agent,
            start_ms=start_ms,
            more=_told(story.step, part, which),
        )
        if part is Part.ATTEMPT:
            story.call = story.within

    def _leave(
        self, state: State, story: _Story, event: ev.Event, at_ms: int | None = None
    ) -> None:
        """End what the step was in."""
        within, story.within = story.within, None
        if within is None or story.thing is None:
            return
        part, which = story.thing
        if part is Part.ATTEMPT and (problem := _problem(event)) is not None:
            within.fail(*problem)
        elif part is Part.APPROVAL:
            within.attributes[names.OUTCOME] = state.gates[which].state
        elif part is Part.QUESTION:
            within.attributes[names.OUTCOME] = state.questions[which].state
        self._drafts.close(within, at_ms)

    def _end(self, story: _Story, status: StepStatus) -> None:
        step, span = story.step, story.span
        if story.within is not None:
            self._drafts.close(story.within)
        foreseen = step.foreseen is not None and status is S.SUCCEEDED
        span.attributes[names.STATUS] = "foreseen" if foreseen else status.value
        if step.cached:
            span.attributes[names.CACHED] = True
        _charge(span, step.tokens, step.cost_usd)
        if status is S.FAILED:
            span.fail(Error.FAILED, step.error or "")
        self._drafts.close(span)
        del self._open[step.step.id]
        self._ended[step.step.id] = step


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
    told: dict[str, Value] = {names.STEP: step.step.id}
    match part:
        case Part.ATTEMPT:
            told |= tool(step.step.agent, step.key) | {names.ATTEMPT: int(which)}
        case Part.HELD:
            told[names.WAITS_FOR] = which
        case Part.APPROVAL | Part.QUESTION:
            told[names.ASKED] = which
        case _:
            told[names.ATTEMPT] = step.attempt
    return told


def tool(agent: str, key: str) -> dict[str, Value]:
    """What the conventions want to know of a call; `key` is its idempotency key, where it has
    one."""
    told: dict[str, Value] = {names.TOOL_NAME: agent, names.TOOL_TYPE: names.FUNCTION}
    return told | {names.TOOL_CALL_ID: key} if key else told


def _charge(draft: Draft | None, tokens: int, cost_usd: float) -> None:
    if draft is None:
        return
    for name, amount in ((names.TOKENS, tokens), (names.COST, cost_usd)):
        if amount:
            before = draft.attributes.get(name, 0)
            draft.attributes[name] = amount + before if isinstance(before, (int, float)) else amount


def _problem(event: ev.Event) -> tuple[Error, str] | None:
    """What went wrong with a call that ended so."""
    match event:
        case ev.AttemptFailed() | ev.StepFailed() | ev.AgentReplaced() | ev.ReplanStarted():
            return Error.FAILED, event.error
        case ev.OutcomeLost():
            return Error.UNKNOWN, event.error
        case ev.PreconditionLost():
            return Error.STALE, event.error
        case ev.QuestionAsked() if event.error:
            return Error.FAILED, event.error
        case _:
            return None
