"""How a step comes to its call.

A step is dispatched when it is ready: its condition first, then its list, its preparation where its
agent offers one, then its call. The last word before a call is here, too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import structs

from tizmor.core import commands as cmd
from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.approval import needs_gate
from tizmor.core.conditions import holds
from tizmor.core.decisions.deadlines import is_over, is_over_for, watch_step
from tizmor.core.decisions.decision import Decision, answered_by, close, fail
from tizmor.core.folds.lists import child_id
from tizmor.core.foresight import has_gap, in_doubt, is_caught, is_gap, resolved_with_gaps
from tizmor.core.graph import DanglingReference, resolved
from tizmor.core.plan import Condition, Effect, OnFailure
from tizmor.core.state import State, StepState
from tizmor.core.taint import untrusted_arguments
from tizmor.core.transitions import STARTABLE, TERMINAL, StepStatus

S = StepStatus
MAX_ITEMS = 10_000
"""Calls of one `for_each`."""
_READY, _EXPANDED = S.READY, S.EXPANDED
"""Looked at for every step; through the class it costs more than making an event does."""
_IDLE = frozenset({S.READY, S.PREPARED, S.APPROVED, S.EXPANDED})
_NO_ANSWERS: dict[str, str] = {}


def dispatch_all(d: Decision) -> None:
    for step in list(d.state.steps.values()):
        dispatch(d, step)


def look_at_due(d: Decision) -> None:
    """Take along what the end of steps has made possible or impossible."""
    for step, because in d.due:
        if because is None:
            dispatch(d, step)
        elif step.status not in TERMINAL:
            _give_up_for(d, step, because)
    d.due.clear()


def _give_up_for(d: Decision, step: StepState, because: str) -> None:
    name = step.step.id
    if d.state.steps[because].status is S.BYPASSED:
        close(d, step, ev.StepBypassed(step=name, because=because))
    else:
        close(d, step, ev.StepSkipped(step=name, because=because))


def dispatch(d: Decision, step: StepState) -> None:
    """Order what a step that is ready needs next."""
    state = d.state
    if step.status not in _IDLE or step.busy or state.paused or state.ending:
        return
    if state.status != "RUNNING":
        return
    if step.status is _EXPANDED:
        feed(d, step)
    else:
        start(d, step)


def start(d: Decision, step: StepState) -> None:
    planned = step.step
    if step.status is _READY:
        flow = planned.when or planned.for_each is not None or planned.deadline_s is not None
        if flow and not _is_entered(d, step):
            return
    arguments = resolved_arguments(d, step)
    if arguments is None:
        return
    if planned.prepares and step.arguments is None and not _lacks(d, arguments):
        step.busy = True
        d.order(
            cmd.PrepareCall(
                step=step.step,
                arguments=arguments,
                attempt=step.attempt + 1,
                answers=dict(step.answers or {}),
            )
        )
    else:
        run(d, step, arguments)


def _lacks(d: Decision, arguments: dict[str, Any]) -> bool:
    """Whether, in a dry run, something isn't known that a call before it would have given."""
    return d.state.dry_run and has_gap(arguments)


def foresee(d: Decision, step: StepState, arguments: dict[str, Any]) -> None:
    """In a dry run, have it said what the step's call would be."""
    step.busy = True
    d.order(
        cmd.ForeseeCall(
            step=step.step,
            arguments=arguments,
            attempt=step.attempt + 1,
            answers=dict(step.answers or {}),
            untrusted=untrusted_arguments(d.state, step, arguments),
        )
    )


def run(d: Decision, step: StepState, arguments: dict[str, Any]) -> None:
    step.busy = True
    state, planned = d.state, step.step
    if state.dry_run and is_caught(planned, arguments):
        foresee(d, step, arguments)
        return
    command = cmd.RunCall(
        step=planned,
        arguments=arguments,
        attempt=step.attempt + 1,
        answers=step.answers or _NO_ANSWERS,
        approved_key=step.approved_key,
        budget=state.budget,
        raised=state.raised,
    )
    if command.approved_key is not None or planned.control:
        command = _with_consent(state, step, command)
    d.commands.append(command)


def _with_consent(state: State, step: StepState, command: cmd.RunCall) -> cmd.RunCall:
    """What the policy goes by: who has agreed, and what comes from those who may not be trusted."""
    gate = None if step.approved_key is None or step.gate is None else state.gates[step.gate]
    return structs.replace(
        command,
        terms=None if gate is None else gate.terms,
        signers=() if gate is None else gate.signers(step.approved_key or ""),
        untrusted=untrusted_arguments(state, step, command.arguments),
    )


def go_on_held(d: Decision, step: StepState) -> None:
    """Have another try at what the step was held for."""
    if step.status is S.HELD and not (step.busy or d.state.paused or d.state.ending):
        start(d, step)


def _is_entered(d: Decision, step: StepState) -> bool:
    """Whether a step that is ready goes on to a call of its own, by its condition and its list."""
    planned = step.step
    if planned.when and not (step.attempt or _may_hold(d, planned.when)):
        close(d, step, ev.StepBypassed(step=planned.id))
        return False
    if planned.deadline_s is not None:
        watch_step(d, step)
    if planned.for_each is not None:
        _expand(d, step, planned.for_each.items)
        return False
    return True


def _holds_all(conditions: Sequence[Condition], outputs: Mapping[str, Any]) -> bool:
    return all(holds(condition, outputs) for condition in conditions)


def _may_hold(d: Decision, conditions: Sequence[Condition]) -> bool:
    """Whether they hold, or, in a dry run, may."""
    if d.state.dry_run and in_doubt(conditions, d.state.outputs):
        return True
    return _holds_all(conditions, d.state.outputs)


def _expand(d: Decision, step: StepState, given: Any) -> None:
    try:
        items = _looked_up(d, given)
    except DanglingReference as error:
        d.impossible.append((step, str(error)))
        return
    if d.state.dry_run and is_gap(items):
        if (arguments := resolved_arguments(d, step, items)) is not None:
            run(d, step, arguments)
    elif not isinstance(items, (list, tuple)):
        problem = f"it runs for each of a list, but was given a {type(items).__name__}"
        d.impossible.append((step, problem))
    elif len(items) > MAX_ITEMS:
        problem = f"it runs for each of {len(items)} items; at most {MAX_ITEMS} are allowed"
        d.impossible.append((step, problem))
    else:
        d.emit(ev.Expanded(step=step.step.id, count=len(items)))
        feed(d, step)


def feed(d: Decision, parent: StepState) -> None:
    """Dispatch the next calls of a `for_each`, as many as may run at a time; when all have ended,
    end it."""
    each, count = parent.step.for_each, parent.children or 0
    width = count if each is None else each.width
    while parent.fed < count and parent.active < width:
        child = d.state.steps[child_id(parent.step.id, parent.fed)]
        parent.fed += 1
        if child.status not in TERMINAL:
            parent.active += 1
            dispatch(d, child)
    if parent.over == count and parent.status is S.EXPANDED:
        _gather(d, parent, count)


def _gather(d: Decision, parent: StepState, count: int) -> None:
    name = parent.step.id
    calls = [d.state.steps[child_id(name, item)] for item in range(count)]
    failed = [call for call in calls if call.status is S.FAILED]
    if not calls or any(call.status is S.SUCCEEDED for call in calls):
        close(d, parent, ev.Gathered(step=name))
    elif failed:
        _fail_whole(d, parent, f"all {count} items failed; the first: {failed[0].error}", failed)
    else:
        close(d, parent, ev.StepSkipped(step=name, because=calls[0].step.id))


def _fail_whole(d: Decision, parent: StepState, error: str, failed: list[StepState]) -> None:
    """Its policy says what follows; but nobody is asked when it is too late, or when a call may
    have happened: such a one isn't begun anew."""
    asks = parent.step.on_failure is OnFailure.ASK
    if asks and any(call.lost or call.late for call in failed):
        fail(d, parent, error)
    else:
        d.impossible.append((parent, error))


def count_items_anew(d: Decision, parent: StepState) -> None:
    """Which calls of a `for_each` were dispatched, by what the journal says of them."""
    calls = [d.state.steps[child_id(parent.step.id, item)] for item in range(parent.children or 0)]
    begun = [call.item for call in calls if call.status is not S.READY or call.attempt]
    parent.fed = max(begun, default=-1) + 1
    parent.active = sum(call.status not in TERMINAL for call in calls[: parent.fed])


def is_fed(d: Decision, step: StepState) -> bool:
    """Whether it is a step's turn: a call of a `for_each` has to wait for its own."""
    return step.parent is None or step.item < d.state.steps[step.parent].fed


def _looked_up(d: Decision, value: Any, item: Any = None) -> Any:
    """The value without references. Raises `DanglingReference`."""
    look_up = resolved_with_gaps if d.state.dry_run else resolved
    return look_up(value, d.state.outputs, item)


def resolved_arguments(d: Decision, step: StepState, item: Any = None) -> dict[str, Any] | None:
    """The step's arguments without references; None when one dangles: it can't be done. `item` is
    the one of a list that isn't gone through."""
    if step.arguments is not None:
        return step.arguments
    if not step.step.arguments:
        return dict(step.edited or {})
    if step.parent is not None:
        item = d.state.steps[step.parent].items[step.item]
    try:
        planned = step.step.arguments
        if step.edited:
            planned = {name: value for name, value in planned.items() if name not in step.edited}
        arguments: dict[str, Any] = _looked_up(d, planned, item)
    except DanglingReference as error:
        d.impossible.append((step, str(error)))
        return None
    return {**arguments, **step.edited} if step.edited else arguments


def call_prepared(d: Decision, fact: fx.CallPrepared) -> None:
    if step := answered_by(d, fact.step):
        d.emit(ev.Prepared(step=fact.step, arguments=fact.arguments))
        dispatch(d, step)


def may_begin(state: State, step: StepState, at_ms: int) -> bool:
    """Whether nothing stands against a call that is ordered, but for its approval: nor is its time
    over, though its timer may not have fired yet.

    A read that needs none may begin on this word alone: its success is then told with when it
    began, and before anything else that comes of it `CallStarting` is.
    """
    if step.status not in STARTABLE or state.paused or state.ending or step.late:
        return False
    if state.deadline_ms is None and step.step.deadline_s is None:
        return True
    return not (is_over(state, at_ms) or is_over_for(state, step, at_ms))


def call_starting(d: Decision, fact: fx.CallStarting) -> None:
    """The last moment before a call: nothing may stand against it. No event: it must not begin."""
    step = d.state.steps[fact.step]
    if not may_begin(d.state, step, d.at_ms):
        return
    is_approved = step.approved_key == fact.key
    if needs_gate(step.step) and not (is_approved or fact.waived_by):
        return
    if d.state.dry_run and step.step.effect is not Effect.READ:
        return
    d.emit(
        ev.StepStarted(
            step=fact.step,
            attempt=step.attempt + 1,
            key=fact.key,
            approval=step.gate if is_approved else None,
            waived_by="" if is_approved else fact.waived_by,
        )
    )


def reported(d: Decision, fact: fx.Reported) -> None:
    if d.state.steps[fact.step].status not in TERMINAL:
        d.emit(ev.Found(step=fact.step, message=fact.message))
