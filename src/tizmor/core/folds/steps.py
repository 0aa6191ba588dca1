"""Steps: their calls, how these end, and how what they did is taken back."""

from __future__ import annotations

from msgspec import structs

from tizmor.core import events as ev
from tizmor.core.absent import filled
from tizmor.core.approval import HAPPENED, STOP
from tizmor.core.folds.links import release
from tizmor.core.plan import Effect
from tizmor.core.state import Foreseen, State, StepState
from tizmor.core.talk import WORD, Talk
from tizmor.core.transitions import TERMINAL, StepStatus, moved

S = StepStatus
_READ, _READY, _RUNNING = Effect.READ, S.READY, S.RUNNING
_ASKING = frozenset({S.GATED, S.ASKED})
_STANDING = _ASKING | {S.HELD}
"""It waits for others, or for a human, since `held_at_ms`."""
MAX_MESSAGES = 1_000
"""Findings of one step that are kept in the state; the journal has them all."""


def move(state: State, step: StepState, event: ev.Event, at_ms: int) -> None:
    status = step.status
    if status is not _READY:
        _measure(step, at_ms)
    step.status = status = moved(status, event)
    if status in TERMINAL:
        _close(state, step, at_ms)


def _measure(step: StepState, at_ms: int) -> None:
    """How long it was where it leaves now."""
    if step.status is _RUNNING:
        step.run_ms += at_ms - step.began_at_ms
    elif step.status in _STANDING or step.held_on:
        _let_on(step, at_ms)


def _let_on(step: StepState, at_ms: int) -> None:
    """What it waited for is there, or doesn't matter any more."""
    stood_ms = at_ms - step.held_at_ms
    if step.status in _ASKING:
        step.asked_ms += stood_ms
    else:
        step.waited_ms += stood_ms
    if not step.began_at_ms:
        step.idle_ms += stood_ms
    let_go(step)


def let_go(step: StepState) -> None:
    """It waits no more for what others use."""
    step.held_on = ""
    step.held_until_ms = 0


def _close(state: State, step: StepState, at_ms: int) -> None:
    step.ended_at_ms = at_ms
    state.unfinished -= 1
    if step.gate is not None:
        state.gates[step.gate].withdraw(at_ms)
    if step.question is not None:
        state.questions[step.question].withdraw(at_ms)
    if step.parent is not None:
        parent = state.steps[step.parent]
        parent.over += 1
        parent.active -= step.item < parent.fed
    release(state, step, at_ms)


def step_erred(state: State, event: ev.ReplanFailed | ev.StepFailed, at_ms: int) -> None:
    step = state.steps[event.step]
    step.error = event.error
    move(state, step, event, at_ms)


def step_failed(state: State, event: ev.StepFailed, at_ms: int) -> None:
    step_erred(state, event, at_ms)
    step = state.steps[event.step]
    if step.lost and step.told != STOP:  # a human who leaves it has spoken for a roll back, too
        state.effects.append(event.step)


def prepared(state: State, event: ev.Prepared, at_ms: int) -> None:
    step = state.steps[event.step]
    step.arguments = event.arguments
    move(state, step, event, at_ms)


def step_started(state: State, event: ev.StepStarted, at_ms: int) -> None:
    step = state.steps[event.step]
    step.attempt = event.attempt
    step.key = event.key
    if step.started_at_ms is None:
        step.started_at_ms = at_ms
    if step.status is _RUNNING:
        step.began_at_ms = at_ms  # the one before was cut off: nobody saw its end
    move(state, step, event, at_ms)
    step.began_at_ms = at_ms


def found(state: State, event: ev.Found, at_ms: int) -> None:
    step = state.steps[event.step]
    step.messages = (*step.messages, event.message)[-MAX_MESSAGES:]


def step_succeeded(state: State, event: ev.StepSucceeded, at_ms: int) -> None:
    name, output = event.step, event.output
    step = state.steps[name]
    missing = step.step.output_defaults
    if missing and (output or step.told != HAPPENED):
        output = filled(output, missing)
    state.outputs[name] = output
    if event.tokens or event.cost_usd:
        call_charged(state, event, at_ms)
    # Most have neither, and to look costs a tenth of what it costs to set.
    if step.error is not None:
        step.error = None
    if step.lost:
        step.lost = False
    if event.cached:
        step.cached = True
    if event.attempt:
        step.attempt = event.attempt
    if (began_at_ms := event.started_at_ms) is not None:
        if at_ms != began_at_ms:
            step.run_ms += at_ms - began_at_ms
        if step.started_at_ms is None:
            step.started_at_ms = began_at_ms
    if step.step.effect is not _READ:
        state.effects.append(name)
    move(state, step, event, at_ms)


def call_charged(state: State, event: ev.StepSucceeded | ev.CallCharged, at_ms: int) -> None:
    step = state.steps[event.step]
    step.tokens += event.tokens
    step.cost_usd += event.cost_usd
    state.tokens += event.tokens
    state.cost_usd += event.cost_usd


def step_kept(state: State, event: ev.StepKept, at_ms: int) -> None:
    step = state.steps[event.step]
    missing = {} if step.step.for_each else step.step.output_defaults
    state.outputs[event.step] = filled(event.output, missing)
    move(state, step, event, at_ms)


def step_foreseen(state: State, event: ev.StepForeseen, at_ms: int) -> None:
    step = state.steps[event.step]
    state.outputs[event.step] = event.output
    step.arguments = event.arguments
    step.error = None
    step.foreseen = Foreseen(
        shown=event.shown,
        key=event.key,
        asks=event.asks,
        unknown=event.unknown,
        untrusted=event.untrusted,
        maybe=event.maybe,
        terms=event.terms,
    )
    move(state, step, event, at_ms)


def agent_replaced(state: State, event: ev.AgentReplaced, at_ms: int) -> None:
    step = state.steps[event.step]
    replace_agent(step, event.alternative)
    step.error = event.error
    step.failures = step.reprepares = 0
    step.arguments = step.approved_key = step.gate = None
    move(state, step, event, at_ms)


def replace_agent(step: StepState, alternative: int) -> None:
    """Let an alternative take the step over; those behind it stay in reserve."""
    step.alternative = alternative
    planned = step.step
    step.step = structs.replace(
        planned.alternatives[alternative],
        **{name: getattr(planned, name) for name in _WHOEVER_DOES_IT},
    )


_WHOEVER_DOES_IT = (
    "id",
    "after",
    "when",
    "for_each",
    "deadline_s",
    "budget",
    "on_failure",
    "alternatives",
)
"""What a plan says of a step, and not of its agent."""


def attempt_failed(state: State, event: ev.AttemptFailed, at_ms: int) -> None:
    step = state.steps[event.step]
    if step.status is not S.UNSETTLED:
        step.failures += 1
    elif not step.may_still_run:  # it was counted then, and is known by now not to have happened
        step.lost = False
    step.error = event.error
    step.retry_at_ms = event.retry_at_ms
    step.failed_at_ms = at_ms
    move(state, step, event, at_ms)


def step_held(state: State, event: ev.StepHeld, at_ms: int) -> None:
    step = state.steps[event.step]
    move(state, step, event, at_ms)
    _hold(step, event, at_ms)
    if event.on.startswith(WORD) and event.until_ms is not None:
        note_wait(state, event)


def note_wait(state: State, event: ev.StepHeld) -> None:
    """A call that runs again waits no longer than it would have."""
    if state.talk is None:
        state.talk = Talk()
    state.talk.waits.setdefault(f"{event.step} {event.on}", event.until_ms or 0)


def outcome_lost(state: State, event: ev.OutcomeLost, at_ms: int) -> None:
    step = state.steps[event.step]
    step.failures += 1
    step.error = event.error
    step.lost = True
    step.told = None
    step.may_still_run = event.may_still_run
    move(state, step, event, at_ms)


def probe_held(state: State, event: ev.ProbeHeld, at_ms: int) -> None:
    step = state.steps[event.step]
    if step.held_on and step.status not in TERMINAL:
        _let_on(step, at_ms)
    _hold(step, event, at_ms)


def outcome_found(state: State, event: ev.OutcomeFound, at_ms: int) -> None:
    step = state.steps[event.step]
    step.lost = False
    if step.status in TERMINAL:
        let_go(step)
    if event.output is not None:
        state.outputs[event.step] = event.output
    elif event.step in state.effects:
        forget_effect(state, event.step)


def precondition_lost(state: State, event: ev.PreconditionLost, at_ms: int) -> None:
    step = state.steps[event.step]
    step.reprepares += 1
    step.error = event.error
    step.arguments = step.approved_key = step.gate = None
    move(state, step, event, at_ms)


def step_moved(
    state: State, event: ev.StepSkipped | ev.StepBypassed | ev.StepCancelled, at_ms: int
) -> None:
    move(state, state.steps[event.step], event, at_ms)


def compensation_held(state: State, event: ev.CompensationHeld, at_ms: int) -> None:
    step = state.steps[event.step]
    step.status = moved(step.status, event)
    _hold(step, event, at_ms)


def _hold(
    step: StepState, event: ev.StepHeld | ev.ProbeHeld | ev.CompensationHeld, at_ms: int
) -> None:
    step.held_on = event.on
    step.held_at_ms = at_ms
    step.held_until_ms = event.until_ms or 0


def compensation_started(state: State, event: ev.CompensationStarted, at_ms: int) -> None:
    step = state.steps[event.step]
    step.status = moved(step.status, event)
    step.undoing = event.attempt
    let_go(step)


def compensation_failed(state: State, event: ev.CompensationFailed, at_ms: int) -> None:
    step = state.steps[event.step]
    step.status = moved(step.status, event)
    step.error = event.error
    step.retry_at_ms = event.retry_at_ms or 0
    step.failed_at_ms = at_ms


def compensated(state: State, event: ev.Compensated, at_ms: int) -> None:
    step = state.steps[event.step]
    step.status = moved(step.status, event)
    step.error = None
    step.lost = False
    forget_effect(state, event.step)


def compensation_left(state: State, event: ev.CompensationLeft, at_ms: int) -> None:
    step = state.steps[event.step]
    step.status = moved(step.status, event)
    step.error = event.error
    forget_effect(state, event.step)


def forget_effect(state: State, name: str) -> None:
    """The last one goes first, as a rule: then nothing has to be searched."""
    if state.effects[-1] == name:
        state.effects.pop()
    else:
        state.effects.remove(name)
