"""All decisions about an execution, in one place.

`decide(state, fact)` says what happened (events, already folded into the state when it returns)
and what is to be done (commands). What the caller owes: the events are appended to the journal in
order, before anything that depends on them is shown; each command is performed once; each
`PrepareCall`, `RunCall` and `ProbeCall` is answered by exactly one fact on its step. A fact that
comes too late (the step has ended, the gate is closed) decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from tizmor.core import commands as cmd
from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.approval import (
    AGAIN,
    HAPPENED,
    chosen,
    needs_gate,
    unsettled_question,
    untrusted_controls,
)
from tizmor.core.canonical import idempotency_key
from tizmor.core.graph import DanglingReference, resolved
from tizmor.core.plan import Effect, Plan
from tizmor.core.recovery import MAX_REPREPARES, may_retry, retry_delay_ms
from tizmor.core.state import State, StepState, evolve
from tizmor.core.transitions import STARTABLE, TERMINAL, StepStatus

S = StepStatus
_IDLE = frozenset({S.READY, S.PREPARED, S.APPROVED})


class Decision:
    """What one fact led to: events in order, and commands."""

    __slots__ = ("at_ms", "commands", "events", "state")

    def __init__(self, state: State, at_ms: int) -> None:
        self.state = state
        self.at_ms = at_ms
        self.events: list[ev.Event] = []
        self.commands: list[cmd.Command] = []

    def emit(self, event: ev.Event) -> None:
        evolve(self.state, event, self.at_ms)
        self.events.append(event)

    def order(self, command: cmd.Command) -> None:
        self.commands.append(command)


def decide(state: State, fact: fx.Fact) -> Decision:
    """The consequences of a fact; `state` is changed in place."""
    decision = Decision(state, fact.at_ms)
    if not state.ended:
        _REACTIONS[type(fact)](decision, fact)
        _end_if_done(decision)
    return decision


def _end_if_done(d: Decision) -> None:
    state = d.state
    if state.unfinished or state.plan is None or state.ended:
        return
    if state.planning or (state.open_questions() and not state.cancelling):
        return
    statuses = {s.status for s in state.steps.values()}
    if state.cancelling:
        status = "CANCELLED"
    elif S.FAILED in statuses:
        status = "FAILED"
    elif S.REJECTED in statuses:
        status = "REJECTED"
    else:
        status = "COMPLETED"
    _end(d, status)


def _end(d: Decision, status: str) -> None:
    d.emit(ev.Ended(status=status))
    d.order(cmd.Finish())


def _requested(d: Decision, fact: fx.Requested) -> None:
    d.emit(
        ev.Created(
            query=fact.query,
            user=fact.user,
            approve_all=fact.approve_all,
            forked_from=fact.forked_from,
        )
    )
    if fact.plan is None:
        _make_plan(d)
    else:
        _accept_plan(d, fact.plan, fact.kept)


def _make_plan(d: Decision) -> None:
    d.state.planning = True
    d.order(cmd.MakePlan(query=d.state.query, answers=dict(d.state.plan_answers)))


def _plan_made(d: Decision, fact: fx.PlanMade) -> None:
    d.state.planning = False
    if d.state.cancelling:
        _end(d, "CANCELLED")
    else:
        _accept_plan(d, fact.plan)


def _accept_plan(
    d: Decision, plan: Plan, kept: Mapping[str, dict[str, Any]] = MappingProxyType({})
) -> None:
    d.emit(ev.Planned(plan=plan))
    for name, output in kept.items():
        d.emit(ev.StepKept(step=name, output=output))
    for question in plan.questions:
        d.emit(ev.QuestionAsked(id=_next_question(d.state), question=question))
    _dispatch_all(d)


def _plan_making_failed(d: Decision, fact: fx.PlanMakingFailed) -> None:
    d.state.planning = False
    d.emit(ev.PlanningFailed(error=fact.error))
    _end(d, "CANCELLED" if d.state.cancelling else "FAILED")


def _dispatch_all(d: Decision) -> None:
    for step in d.state.steps.values():
        _dispatch(d, step)


def _dispatch(d: Decision, step: StepState) -> None:
    """Order what a step that is ready needs next: its preparation, or its call."""
    state = d.state
    if step.status not in _IDLE or step.busy or state.paused or state.cancelling:
        return
    if state.status == "RUNNING":
        _start(d, step)


def _start(d: Decision, step: StepState) -> None:
    arguments = _arguments(d, step)
    if arguments is None:
        return
    if step.step.prepares and step.arguments is None:
        step.busy = True
        d.order(
            cmd.PrepareCall(
                step=step.step,
                arguments=arguments,
                attempt=step.attempt + 1,
                answers=dict(step.answers),
            )
        )
    else:
        _run(d, step, arguments)


def _run(d: Decision, step: StepState, arguments: dict[str, Any]) -> None:
    step.busy = True
    d.order(
        cmd.RunCall(
            step=step.step,
            arguments=arguments,
            attempt=step.attempt + 1,
            answers=dict(step.answers),
            approved_key=step.approved_key,
        )
    )


def _arguments(d: Decision, step: StepState) -> dict[str, Any] | None:
    """The step's arguments without references; None when it failed over one that dangles."""
    if step.arguments is not None:
        return step.arguments
    try:
        arguments: dict[str, Any] = resolved(step.step.arguments, d.state.outputs)
    except DanglingReference as error:
        _fail(d, step, str(error))
        return None
    return {**arguments, **step.edited}


def _call_prepared(d: Decision, fact: fx.CallPrepared) -> None:
    if step := _answered_by(d, fact.step):
        d.emit(ev.Prepared(step=fact.step, arguments=fact.arguments))
        _dispatch(d, step)


def _call_starting(d: Decision, fact: fx.CallStarting) -> None:
    """The last moment before a call: nothing may stand against it. No event: it must not begin."""
    state, step = d.state, d.state.steps[fact.step]
    if step.status not in STARTABLE or state.paused or state.cancelling:
        return
    if needs_gate(step.step) and step.approved_key != fact.key:
        return
    d.emit(
        ev.StepStarted(
            step=fact.step,
            attempt=step.attempt + 1,
            key=fact.key,
            approval=step.gate if step.approved_key == fact.key else None,
        )
    )


def _call_withdrawn(d: Decision, fact: fx.CallWithdrawn) -> None:
    """What stood against the call may be gone by now."""
    if step := _answered_by(d, fact.step):
        _go_on_with(d, step)


def _reported(d: Decision, fact: fx.Reported) -> None:
    if d.state.steps[fact.step].status not in TERMINAL:
        d.emit(ev.Found(step=fact.step, message=fact.message))


def _answered_by(d: Decision, name: str) -> StepState | None:
    """The step whose command a fact answers; None when the step has ended meanwhile."""
    step = d.state.steps[name]
    step.busy = False
    return None if step.status in TERMINAL else step


def _call_completed(d: Decision, fact: fx.CallCompleted) -> None:
    if step := _answered_by(d, fact.step):
        _succeed(
            d,
            step,
            ev.StepSucceeded(
                step=fact.step, output=fact.output, tokens=fact.tokens, cost_usd=fact.cost_usd
            ),
        )


def _succeed(d: Decision, step: StepState, event: ev.StepSucceeded) -> None:
    d.emit(event)
    for name in step.dependents:
        other = d.state.steps[name]
        if other.status is S.READY:
            _dispatch(d, other)


def _call_failed(d: Decision, fact: fx.CallFailed) -> None:
    if step := _answered_by(d, fact.step):
        _retry_or_fail(d, step, fact)


def _retry_or_fail(d: Decision, step: StepState, failure: fx.CallFailed) -> None:
    failures = step.failures + (step.status is not S.UNSETTLED)
    if d.state.cancelling:
        d.emit(ev.StepCancelled(step=step.step.id))
    elif failure.retryable and may_retry(step.step.retry, failures):
        delay_ms = retry_delay_ms(step.step.retry, failures, failure.dice, failure.retry_after_s)
        due_ms = d.at_ms + delay_ms
        d.emit(ev.AttemptFailed(step=step.step.id, error=failure.error, retry_at_ms=due_ms))
        d.order(cmd.SetTimer(step=step.step.id, due_ms=due_ms))
    else:
        _fail(d, step, failure.error)


def _fail(d: Decision, step: StepState, error: str) -> None:
    d.emit(ev.StepFailed(step=step.step.id, error=error))
    _skip_dependents(d, step)


def _skip_dependents(d: Decision, step: StepState) -> None:
    """Only what depends on it is skipped; each edge is looked at once."""
    queue = [step]
    while queue:
        ended = queue.pop()
        for name in ended.dependents:
            other = d.state.steps[name]
            if other.status not in TERMINAL:
                d.emit(ev.StepSkipped(step=name, because=ended.step.id))
                queue.append(other)


def _precondition_broken(d: Decision, fact: fx.PreconditionBroken) -> None:
    step = _answered_by(d, fact.step)
    if step is None:
        return
    if d.state.cancelling:
        d.emit(ev.StepCancelled(step=fact.step))
    elif step.failures + 1 < MAX_REPREPARES:
        d.emit(ev.PreconditionLost(step=fact.step, error=fact.error))
        _dispatch(d, step)
    else:
        _fail(d, step, fact.error)


def _call_unknown(d: Decision, fact: fx.CallUnknown) -> None:
    step = _answered_by(d, fact.step)
    if step is None:
        return
    if step.step.effect is Effect.READ:
        _retry_or_fail(
            d,
            step,
            fx.CallFailed(step=fact.step, error=fact.error, retryable=True, dice=fact.dice),
        )
        return
    d.emit(ev.OutcomeLost(step=fact.step, error=fact.error))
    _settle(d, step)


def _settle(d: Decision, step: StepState) -> None:
    """Find out what became of a call, or do it again where that can't harm."""
    if step.busy:
        return
    arguments = _arguments(d, step)
    if arguments is None:
        return
    effect = step.step.effect
    if step.step.probes and effect is not Effect.IDEMPOTENT:
        step.busy = True
        d.order(
            cmd.ProbeCall(step=step.step, arguments=arguments, attempt=step.attempt, key=step.key)
        )
    elif effect is Effect.IRREVERSIBLE:
        _ask_what_happened(d, step)
    else:
        _run_again(d, step)


def _run_again(d: Decision, step: StepState) -> None:
    """A call that is safe to repeat with its key."""
    if d.state.cancelling or not may_retry(step.step.retry, step.failures):
        _fail(d, step, f"it may have happened: {step.error}")
    elif not d.state.paused and (arguments := _arguments(d, step)) is not None:
        _run(d, step, arguments)


def _ask_what_happened(d: Decision, step: StepState) -> None:
    plan = d.state.plan
    question = unsettled_question(step.step, step.error or "", plan.language if plan else "en")
    d.emit(ev.QuestionAsked(id=_next_question(d.state), question=question, step=step.step.id))


def _probed(d: Decision, fact: fx.Probed) -> None:
    step = _answered_by(d, fact.step)
    if step is None:
        return
    if fact.output is not None:
        _succeed(d, step, ev.StepSucceeded(step=fact.step, output=fact.output, probed=True))
    elif not fact.told and step.step.effect is Effect.IRREVERSIBLE:
        _ask_what_happened(d, step)
    elif not fact.told:
        _run_again(d, step)
    else:
        _retry_or_fail(
            d,
            step,
            fx.CallFailed(
                step=fact.step,
                error=step.error or "it did not happen",
                retryable=True,
                dice=fact.dice,
            ),
        )


def _timer_fired(d: Decision, fact: fx.TimerFired) -> None:
    step = d.state.steps[fact.step]
    if step.status is not S.RETRYING or step.busy or d.state.paused or d.state.cancelling:
        return
    if step.retry_at_ms > d.at_ms:
        d.order(cmd.SetTimer(step=fact.step, due_ms=step.retry_at_ms))
        return
    _start(d, step)


def _next_question(state: State) -> str:
    return f"q{len(state.questions) + 1}"


def _gate_needed(d: Decision, fact: fx.GateNeeded) -> None:
    step = _answered_by(d, fact.step)
    if step is None or d.state.plan is None:
        return
    untrusted = untrusted_controls(d.state.plan, step.step)
    gate = f"a{len(d.state.gates) + 1}"
    d.emit(
        ev.GateOpened(
            id=gate,
            step=fact.step,
            key=fact.key,
            arguments=fact.arguments,
            shown=fact.shown,
            untrusted=untrusted,
        )
    )
    if d.state.approve_all:
        _approve_unasked(d, gate)


def _approve_unasked(d: Decision, gate: str) -> None:
    opened = d.state.gates[gate].opened
    if not opened.untrusted:
        _approve(d, gate, opened.key, opened.arguments, by="--yes", comment=None)


def _approve(
    d: Decision, gate: str, key: str, arguments: dict[str, Any], *, by: str, comment: str | None
) -> None:
    d.emit(ev.GateApproved(id=gate, key=key, arguments=arguments, by=by, comment=comment))
    _dispatch(d, d.state.steps[d.state.gates[gate].opened.step])


def _approved(d: Decision, fact: fx.Approved) -> None:
    gate = d.state.gates.get(fact.approval)
    if gate is None or gate.state != "open":
        return
    arguments = gate.opened.arguments if fact.arguments is None else fact.arguments
    key = idempotency_key(d.state.execution, gate.opened.step, arguments)
    _approve(d, fact.approval, key, arguments, by=fact.by, comment=fact.comment)


def _rejected(d: Decision, fact: fx.Rejected) -> None:
    gate = d.state.gates.get(fact.approval)
    if gate is None or gate.state != "open":
        return
    d.emit(ev.GateRejected(id=fact.approval, by=fact.by, reason=fact.reason))
    _skip_dependents(d, d.state.steps[gate.opened.step])


def _approval_given_to_all(d: Decision, fact: fx.ApprovalGivenToAll) -> None:
    if not d.state.approve_all:
        d.emit(ev.ApprovalDelegated(by=fact.by))
    for gate in d.state.open_gates():
        _approve_unasked(d, gate.opened.id)


def _answered(d: Decision, fact: fx.Answered) -> None:
    asked = d.state.questions.get(fact.question)
    if asked is None or asked.state != "open":
        return
    value = chosen(asked.question, fact.value)
    if value is None:
        return
    if asked.step is None:
        d.emit(ev.QuestionAnswered(id=fact.question, value=value, by=fact.by))
        if not any(q.step is None for _, q in d.state.open_questions()):
            _make_plan(d)
        return
    step = d.state.steps[asked.step]
    d.emit(ev.QuestionAnswered(id=fact.question, value=value, by=fact.by))
    if asked.about_outcome:
        _settle_as_told(d, step, value)
    else:
        _dispatch(d, step)


def _settle_as_told(d: Decision, step: StepState, value: str) -> None:
    if value == AGAIN and d.state.cancelling:
        d.emit(ev.StepCancelled(step=step.step.id))
    elif value == AGAIN:
        _dispatch(d, step)
    elif value == HAPPENED:
        _succeed(d, step, ev.StepSucceeded(step=step.step.id, output={}, probed=True))
    else:
        _fail(d, step, f"it was left as it is: {step.error}")


def _owner_changed(d: Decision, fact: fx.OwnerChanged) -> None:
    """Go on where the journal ends: dispatch what is due, settle what was in flight."""
    d.emit(ev.Adopted(epoch=fact.epoch))
    if d.state.plan is None or d.state.status == "PLANNING":
        if d.state.cancelling:
            _end(d, "CANCELLED")
        elif not any(q.step is None for _, q in d.state.open_questions()):
            _make_plan(d)
        return
    _go_on(d)


def _go_on(d: Decision) -> None:
    for step in d.state.steps.values():
        _go_on_with(d, step)


def _go_on_with(d: Decision, step: StepState) -> None:
    if step.busy or d.state.paused or step.status in TERMINAL:
        return
    if step.status is S.RUNNING:
        _pick_up(d, step)
    elif step.status is S.UNSETTLED:
        _settle(d, step)
    elif step.status is S.RETRYING:
        d.order(cmd.SetTimer(step=step.step.id, due_ms=step.retry_at_ms))
    else:
        _dispatch(d, step)


def _pick_up(d: Decision, step: StepState) -> None:
    if step.step.effect is not Effect.READ:
        d.emit(ev.OutcomeLost(step=step.step.id, error="its process ended while it ran"))
        _settle(d, step)
    elif d.state.cancelling:
        d.emit(ev.StepCancelled(step=step.step.id))
    elif (arguments := _arguments(d, step)) is not None:
        _run(d, step, arguments)


def _pause_asked(d: Decision, fact: fx.PauseAsked) -> None:
    if not d.state.paused:
        d.emit(ev.Paused(by=fact.by))


def _resume_asked(d: Decision, fact: fx.ResumeAsked) -> None:
    if d.state.paused:
        d.emit(ev.Resumed(by=fact.by))
        _go_on(d)


def _cancel_asked(d: Decision, fact: fx.CancelAsked) -> None:
    if d.state.cancelling:
        return
    d.emit(ev.CancelRequested(by=fact.by))
    for step in d.state.steps.values():
        if step.status not in TERMINAL:
            _cancel_step(d, step)
    if d.state.plan is None and not d.state.planning:
        _end(d, "CANCELLED")


def _cancel_step(d: Decision, step: StepState) -> None:
    """A running call with an effect is told to stop, and what it did is found out first."""
    if step.busy:
        d.order(cmd.StopCall(step=step.step.id))
    if step.status is S.UNSETTLED:
        _settle(d, step)
    elif step.status is S.RUNNING and not step.busy:
        _pick_up(d, step)
    elif step.status is not S.RUNNING or step.step.effect is Effect.READ:
        d.emit(ev.StepCancelled(step=step.step.id))


def _answer_needed(d: Decision, fact: fx.AnswerNeeded) -> None:
    if not _answered_by(d, fact.step):
        return
    if d.state.cancelling:
        d.emit(ev.StepCancelled(step=fact.step))
    else:
        d.emit(ev.QuestionAsked(id=_next_question(d.state), question=fact.question, step=fact.step))


_REACTIONS: dict[type[fx.Fact], Callable[[Decision, Any], None]] = {
    fx.Requested: _requested,
    fx.PlanMade: _plan_made,
    fx.PlanMakingFailed: _plan_making_failed,
    fx.OwnerChanged: _owner_changed,
    fx.CallStarting: _call_starting,
    fx.CallWithdrawn: _call_withdrawn,
    fx.Reported: _reported,
    fx.CallPrepared: _call_prepared,
    fx.CallCompleted: _call_completed,
    fx.GateNeeded: _gate_needed,
    fx.AnswerNeeded: _answer_needed,
    fx.CallFailed: _call_failed,
    fx.CallUnknown: _call_unknown,
    fx.PreconditionBroken: _precondition_broken,
    fx.Probed: _probed,
    fx.TimerFired: _timer_fired,
    fx.Approved: _approved,
    fx.Rejected: _rejected,
    fx.Answered: _answered,
    fx.ApprovalGivenToAll: _approval_given_to_all,
    fx.PauseAsked: _pause_asked,
    fx.ResumeAsked: _resume_asked,
    fx.CancelAsked: _cancel_asked,
}
