"""From events to state: `evolve` folds one event.

The state is changed in place: a copy per event would make a plan of n steps cost n². The ready set
is kept by counting each step's unmet needs down, O(edges) over a whole execution.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from msgspec import structs

from tizmor.core import events as ev
from tizmor.core.approval import AGAIN
from tizmor.core.graph import edges, resolved
from tizmor.core.plan import Effect, Plan, Step
from tizmor.core.state import GateState, QuestionState, State, StepState
from tizmor.core.transitions import TERMINAL, UNBEGUN, UNDOING, StepStatus, moved

S = StepStatus
_PASSED = frozenset({S.SUCCEEDED, S.BYPASSED})
_DELIVERED = UNDOING | {S.SUCCEEDED}


def evolve(state: State, event: ev.Event, at_ms: int) -> None:
    """Fold one event. Raises `IllegalMove` when the event can't follow what was before."""
    state.updated_at_ms = at_ms
    _FOLDS[type(event)](state, event, at_ms)


def link(state: State, at_ms: int) -> None:
    """Tie the steps together anew: who waits for whom, and what of it has ended already."""
    ties = _Ties({}, {}, {})
    planned = {} if state.plan is None else {step.id: step for step in state.plan.steps}
    for name, step in state.steps.items():
        step.unmet = 0
        step.left_out = step.parent is None and name not in planned
        if step.status is not S.REPLACED and step.parent is None:
            step.unmet = _tie(state, name, planned.get(name, step.step), ties)
            if not step.unmet and step.status is S.PENDING:
                _make_ready(step, at_ms)
    for name, step in state.steps.items():
        step.readers = tuple(ties.readers.get(name, ()))
        step.followers = tuple(ties.followers.get(name, ()))
        step.watchers = tuple(ties.watchers.get(name, ()))


class _Ties(NamedTuple):
    """By step, the others that take data from it, come after it, wait for its end."""

    readers: dict[str, list[str]]
    followers: dict[str, list[str]]
    watchers: dict[str, list[str]]


def child_id(step: str, item: int) -> str:
    """The id of a `for_each` step's call for one item; no step of a plan has a dot in its id."""
    return f"{step}.{item}"


def add_children(state: State, parent: StepState, count: int, at_ms: int) -> None:
    """The steps of a `for_each`, one for each item, ready."""
    parent.children = count
    each = parent.step.for_each
    parent.items = () if each is None else tuple(resolved(each.items, state.outputs))
    for item in range(count):
        name = child_id(parent.step.id, item)
        call = structs.replace(parent.step, id=name, for_each=None, when=(), after=())
        state.steps[name] = StepState(
            step=call, parent=parent.step.id, item=item, status=S.READY, ready_at_ms=at_ms
        )


def _tie(state: State, name: str, planned: Step, ties: _Ties) -> int:
    """Note what a step waits for; how much of that is open."""
    needs = edges(planned)
    unmet = 0
    for required in needs.read:
        ties.readers.setdefault(required, []).append(name)
        unmet += state.steps[required].status not in _DELIVERED
    for required in needs.followed:
        ties.followers.setdefault(required, []).append(name)
        status = state.steps[required].status
        unmet += status not in _DELIVERED and status is not S.BYPASSED
    for required in needs.watched:
        ties.watchers.setdefault(required, []).append(name)
        unmet += state.steps[required].status not in TERMINAL
    return unmet


def _make_ready(step: StepState, at_ms: int) -> None:
    step.status = S.READY
    step.ready_at_ms = at_ms


def _move(state: State, step: StepState, event: ev.Event, at_ms: int) -> None:
    step.status = moved(step.status, event)
    if step.status in TERMINAL:
        _close(state, step, at_ms)


def _close(state: State, step: StepState, at_ms: int) -> None:
    step.ended_at_ms = at_ms
    state.unfinished -= 1
    if step.gate is not None:
        _withdraw_gate(state.gates[step.gate], at_ms)
    if step.question is not None:
        _withdraw_question(state.questions[step.question], at_ms)
    if step.parent is not None:
        parent = state.steps[step.parent]
        parent.over += 1
        parent.active -= step.item < parent.fed
    if step.status is S.SUCCEEDED and step.readers:
        _meet(state, step.readers, at_ms)
    if step.followers and step.status in _PASSED:
        _meet(state, step.followers, at_ms)
    if step.watchers:
        _meet(state, step.watchers, at_ms)


def _meet(state: State, names: Iterable[str], at_ms: int) -> None:
    for name in names:
        step = state.steps[name]
        step.unmet -= 1
        if not step.unmet and step.status is S.PENDING:
            _make_ready(step, at_ms)


def _withdraw_gate(gate: GateState, at_ms: int) -> None:
    if gate.state == "open":
        gate.state = "withdrawn"
        gate.decided_at_ms = at_ms


def _withdraw_question(question: QuestionState, at_ms: int) -> None:
    if question.state == "open":
        question.state = "withdrawn"
        question.answered_at_ms = at_ms


def _created(state: State, event: ev.Created, at_ms: int) -> None:
    state.query = event.query
    state.user = event.user
    state.approve_all = event.approve_all
    state.forked_from = event.forked_from
    state.priority = event.priority
    state.deadline_ms = event.deadline_ms
    state.created_at_ms = at_ms


def _planned(state: State, event: ev.Planned, at_ms: int) -> None:
    _take_plan(state, event.plan)
    state.steps = {step.id: StepState(step=step) for step in event.plan.steps}
    state.unfinished = len(state.steps)
    link(state, at_ms)


def _take_plan(state: State, plan: Plan) -> None:
    state.plan = plan
    state.tainted = None
    state.status = "PLANNING" if plan.questions else "RUNNING"
    if plan.deadline_s is not None:
        due_ms = state.created_at_ms + int(1000 * plan.deadline_s)
        state.deadline_ms = due_ms if state.deadline_ms is None else min(due_ms, state.deadline_ms)


def _planning_failed(state: State, event: ev.PlanningFailed, at_ms: int) -> None:
    state.error = event.error


def _replan_started(state: State, event: ev.ReplanStarted, at_ms: int) -> None:
    step = state.steps[event.step]
    step.error = event.error
    state.replans += 1
    state.failed_agents.append(step.step.agent)
    _move(state, step, event, at_ms)


def _replanned(state: State, event: ev.Replanned, at_ms: int) -> None:
    plan = _with_the_steps_of(state.plan, event.plan)
    wanted = {step.id: step for step in plan.steps}
    for name, step in state.steps.items():
        dropped = step.parent is None and name not in wanted and step.status in UNBEGUN
        if name == event.step or (dropped and not step.lost):
            _move(state, step, event, at_ms)
    for name, new in wanted.items():
        if name not in state.steps or state.steps[name].status is S.REPLACED:
            state.steps[name] = StepState(step=new)
            state.unfinished += 1
    _take_plan(state, plan)
    link(state, at_ms)


def _with_the_steps_of(old: Plan | None, new: Plan) -> Plan:
    """The new plan; a step that the old one has, too, goes on as it is."""
    known = {} if old is None else {step.id: step for step in old.steps}
    return structs.replace(new, steps=tuple(known.get(step.id, step) for step in new.steps))


def _step_erred(state: State, event: ev.ReplanFailed | ev.StepFailed, at_ms: int) -> None:
    step = state.steps[event.step]
    step.error = event.error
    _move(state, step, event, at_ms)


def _noted(state: State, event: ev.Event, at_ms: int) -> None:
    """Events that are worth keeping and change nothing here."""


def _adopted(state: State, event: ev.Adopted, at_ms: int) -> None:
    # Whoever goes on with it says anew whether gates are approved unasked.
    state.approve_all = False
    state.epoch = event.epoch


def _question_asked(state: State, event: ev.QuestionAsked, at_ms: int) -> None:
    about = event.about
    step = None if event.step is None else state.steps[event.step]
    if step is not None:
        # Journals from before `about`: the engine asked only what became of a call.
        about = about or ("outcome" if step.status is S.UNSETTLED else "")
        step.question = event.id
        if step.status is not S.COMPENSATING:
            _move(state, step, event, at_ms)
    state.questions[event.id] = QuestionState(event.question, event.step, at_ms, about)


def _question_answered(state: State, event: ev.QuestionAnswered, at_ms: int) -> None:
    asked = state.questions[event.id]
    asked.state = "answered"
    asked.answered_at_ms = at_ms
    if asked.step is None:
        state.plan_answers[asked.question.id] = event.value
        return
    step = state.steps[asked.step]
    if not asked.about:
        step.answers = {**(step.answers or {}), asked.question.id: event.value}
    if asked.about == "failure":
        _begin_anew(step, event.arguments)
    elif asked.about == "outcome" and event.value == AGAIN:
        step.lost = False
    if step.status is not S.COMPENSATING:
        _move(state, step, event, at_ms)


def _begin_anew(step: StepState, edited: dict[str, Any] | None) -> None:
    """A human has the step go on after its failure: with all its attempts, as it is or changed."""
    step.failures = step.reprepares = 0
    step.arguments = step.approved_key = step.gate = None
    if edited is not None:
        step.edited = {**(step.edited or {}), **edited}


def _prepared(state: State, event: ev.Prepared, at_ms: int) -> None:
    step = state.steps[event.step]
    step.arguments = event.arguments
    _move(state, step, event, at_ms)


def _gate_opened(state: State, event: ev.GateOpened, at_ms: int) -> None:
    state.gates[event.id] = GateState(
        id=event.id,
        step=event.step,
        key=event.key,
        arguments=event.arguments,
        shown=event.shown,
        untrusted=event.untrusted,
        opened_at_ms=at_ms,
    )
    step = state.steps[event.step]
    step.gate = event.id
    step.arguments = event.arguments
    _move(state, step, event, at_ms)


def _gate_approved(state: State, event: ev.GateApproved, at_ms: int) -> None:
    gate = state.gates[event.id]
    step = state.steps[gate.step]
    changed = {
        name: value
        for name, value in event.arguments.items()
        if name not in gate.arguments or gate.arguments[name] != value
    }
    if changed:
        step.edited = {**(step.edited or {}), **changed}
    step.arguments = event.arguments
    step.approved_key = event.key
    gate.state = "approved"
    gate.decided_at_ms = at_ms
    gate.arguments = event.arguments
    gate.shown = event.shown or gate.shown
    _move(state, step, event, at_ms)


def _gate_rejected(state: State, event: ev.GateRejected, at_ms: int) -> None:
    gate = state.gates[event.id]
    gate.state = "rejected"
    gate.decided_at_ms = at_ms
    step = state.steps[gate.step]
    step.error = event.reason
    _move(state, step, event, at_ms)


def _approval_delegated(state: State, event: ev.ApprovalDelegated, at_ms: int) -> None:
    state.approve_all = True


def _step_started(state: State, event: ev.StepStarted, at_ms: int) -> None:
    step = state.steps[event.step]
    step.attempt = event.attempt
    step.key = event.key
    if step.started_at_ms is None:
        step.started_at_ms = at_ms
    step.status = moved(step.status, event)


def _expanded(state: State, event: ev.Expanded, at_ms: int) -> None:
    step = state.steps[event.step]
    _move(state, step, event, at_ms)
    if step.started_at_ms is None:
        step.started_at_ms = at_ms
    step.over = step.fed = step.active = 0
    add_children(state, step, event.count, at_ms)
    state.unfinished += event.count


def _gathered(state: State, event: ev.Gathered, at_ms: int) -> None:
    step = state.steps[event.step]
    state.outputs[event.step] = _joined(state, step)
    _move(state, step, event, at_ms)


def _joined(state: State, step: StepState) -> dict[str, Any]:
    names = [child_id(step.step.id, item) for item in range(step.children or 0)]
    return {
        "results": [state.outputs[name] for name in names if name in state.outputs],
        "failed": [
            {"index": item, "error": state.steps[name].error or state.steps[name].status.value}
            for item, name in enumerate(names)
            if name not in state.outputs
        ],
    }


def _found(state: State, event: ev.Found, at_ms: int) -> None:
    step = state.steps[event.step]
    step.messages = (*step.messages, event.message)


def _step_succeeded(state: State, event: ev.StepSucceeded, at_ms: int) -> None:
    step = state.steps[event.step]
    state.outputs[event.step] = event.output
    state.tokens += event.tokens
    state.cost_usd += event.cost_usd
    step.error = None
    step.lost = False
    if event.attempt:
        step.attempt = event.attempt
    if step.started_at_ms is None:
        step.started_at_ms = event.started_at_ms
    if step.step.effect is not Effect.READ:
        state.effects.append(event.step)
    _move(state, step, event, at_ms)


def _step_kept(state: State, event: ev.StepKept, at_ms: int) -> None:
    state.outputs[event.step] = event.output
    _move(state, state.steps[event.step], event, at_ms)


def _agent_replaced(state: State, event: ev.AgentReplaced, at_ms: int) -> None:
    step = state.steps[event.step]
    replace_agent(step, event.alternative)
    step.error = event.error
    step.failures = step.reprepares = 0
    step.arguments = step.approved_key = step.gate = None
    _move(state, step, event, at_ms)


def replace_agent(step: StepState, alternative: int) -> None:
    """Let an alternative take the step over; those behind it stay in reserve."""
    step.alternative = alternative
    planned = step.step
    step.step = structs.replace(
        planned.alternatives[alternative],
        **{name: getattr(planned, name) for name in _WHOEVER_DOES_IT},
    )


_WHOEVER_DOES_IT = ("id", "after", "when", "for_each", "deadline_s", "on_failure", "alternatives")
"""What a plan says of a step, and not of its agent."""


def _attempt_failed(state: State, event: ev.AttemptFailed, at_ms: int) -> None:
    step = state.steps[event.step]
    if step.status is not S.UNSETTLED:
        step.failures += 1
    elif not step.may_still_run:  # it was counted then, and is known by now not to have happened
        step.lost = False
    step.error = event.error
    step.retry_at_ms = event.retry_at_ms
    step.failed_at_ms = at_ms
    _move(state, step, event, at_ms)


def _outcome_lost(state: State, event: ev.OutcomeLost, at_ms: int) -> None:
    step = state.steps[event.step]
    step.failures += 1
    step.error = event.error
    step.lost = True
    step.may_still_run = event.may_still_run
    _move(state, step, event, at_ms)


def _precondition_lost(state: State, event: ev.PreconditionLost, at_ms: int) -> None:
    step = state.steps[event.step]
    step.reprepares += 1
    step.error = event.error
    step.arguments = step.approved_key = step.gate = None
    _move(state, step, event, at_ms)


def _step_moved(
    state: State, event: ev.StepSkipped | ev.StepBypassed | ev.StepCancelled, at_ms: int
) -> None:
    _move(state, state.steps[event.step], event, at_ms)


def _deadline_passed(state: State, event: ev.DeadlinePassed, at_ms: int) -> None:
    if event.step is not None:
        state.steps[event.step].late = True
        return
    state.ending = "FAILED"
    state.paused = False
    state.error = "its deadline has passed"


def _rollback_started(state: State, event: ev.RollbackStarted, at_ms: int) -> None:
    state.ending = state.ending or "FAILED"
    state.paused = False
    state.error = state.error or event.reason
    state.rolling_back = True


def _compensation_started(state: State, event: ev.CompensationStarted, at_ms: int) -> None:
    step = state.steps[event.step]
    step.status = moved(step.status, event)
    step.undoing = event.attempt


def _compensation_failed(state: State, event: ev.CompensationFailed, at_ms: int) -> None:
    step = state.steps[event.step]
    step.status = moved(step.status, event)
    step.error = event.error
    step.retry_at_ms = event.retry_at_ms or 0
    step.failed_at_ms = at_ms


def _compensated(state: State, event: ev.Compensated, at_ms: int) -> None:
    step = state.steps[event.step]
    step.status = moved(step.status, event)
    step.error = None
    state.effects.remove(event.step)


def _compensation_left(state: State, event: ev.CompensationLeft, at_ms: int) -> None:
    step = state.steps[event.step]
    step.status = moved(step.status, event)
    step.error = event.error
    state.effects.remove(event.step)


def _paused(state: State, event: ev.Paused, at_ms: int) -> None:
    state.paused = True


def _resumed(state: State, event: ev.Resumed, at_ms: int) -> None:
    state.paused = False


def _cancel_requested(state: State, event: ev.CancelRequested, at_ms: int) -> None:
    state.ending = "CANCELLED"
    state.paused = False


def _ended(state: State, event: ev.Ended, at_ms: int) -> None:
    state.status = event.status
    state.ended_at_ms = at_ms
    for gate in state.gates.values():
        _withdraw_gate(gate, at_ms)
    for question in state.questions.values():
        _withdraw_question(question, at_ms)


_FOLDS: dict[type[ev.Event], Callable[[State, Any, int], None]] = {
    ev.Created: _created,
    ev.Planned: _planned,
    ev.PlanningFailed: _planning_failed,
    ev.ReplanStarted: _replan_started,
    ev.Replanned: _replanned,
    ev.ReplanFailed: _step_erred,
    ev.Adopted: _adopted,
    ev.QuestionAsked: _question_asked,
    ev.QuestionAnswered: _question_answered,
    ev.Prepared: _prepared,
    ev.GateOpened: _gate_opened,
    ev.GateApproved: _gate_approved,
    ev.GateRejected: _gate_rejected,
    ev.ApprovalDelegated: _approval_delegated,
    ev.StepStarted: _step_started,
    ev.Expanded: _expanded,
    ev.Gathered: _gathered,
    ev.StepBypassed: _step_moved,
    ev.AgentReplaced: _agent_replaced,
    ev.Found: _found,
    ev.StepSucceeded: _step_succeeded,
    ev.StepKept: _step_kept,
    ev.AttemptFailed: _attempt_failed,
    ev.OutcomeLost: _outcome_lost,
    ev.PreconditionLost: _precondition_lost,
    ev.StepFailed: _step_erred,
    ev.StepSkipped: _step_moved,
    ev.StepCancelled: _step_moved,
    ev.DeadlinePassed: _deadline_passed,
    ev.RollbackStarted: _rollback_started,
    ev.CompensationStarted: _compensation_started,
    ev.Compensated: _compensated,
    ev.CompensationFailed: _compensation_failed,
    ev.CompensationLeft: _compensation_left,
    ev.Paused: _paused,
    ev.Resumed: _resumed,
    ev.CancelRequested: _cancel_requested,
    ev.Ended: _ended,
}
