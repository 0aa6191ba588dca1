"""All decisions about an execution: which fact leads to which of `tizmor.core.decisions`.

`decide(state, fact)` says what happened (events, already folded into the state when it returns)
and what is to be done (commands). What the caller owes: the events are appended to the journal in
order, before anything that depends on them is shown; each command is performed once; each
`PrepareCall`, `RunCall` and `ProbeCall` is answered by exactly one fact on its step. A fact that
comes too late (the step has ended, the gate is closed) decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tizmor.core import facts as fx
from tizmor.core.decisions.control import (
    call_withdrawn,
    cancel_asked,
    owner_changed,
    pause_asked,
    resume_asked,
)
from tizmor.core.decisions.decision import Decision, end
from tizmor.core.decisions.humans import (
    answer_needed,
    answered,
    approval_given_to_all,
    approved,
    gate_needed,
    rejected,
)
from tizmor.core.decisions.outcomes import (
    call_completed,
    call_failed,
    call_unknown,
    precondition_broken,
    probed,
)
from tizmor.core.decisions.planning import plan_made, plan_making_failed, requested
from tizmor.core.decisions.steps import (
    call_prepared,
    call_starting,
    reported,
    timer_fired,
)
from tizmor.core.state import State
from tizmor.core.transitions import StepStatus

S = StepStatus


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
    end(d, status)


_REACTIONS: dict[type[fx.Fact], Callable[[Decision, Any], None]] = {
    fx.Requested: requested,
    fx.PlanMade: plan_made,
    fx.PlanMakingFailed: plan_making_failed,
    fx.OwnerChanged: owner_changed,
    fx.CallStarting: call_starting,
    fx.CallWithdrawn: call_withdrawn,
    fx.Reported: reported,
    fx.CallPrepared: call_prepared,
    fx.CallCompleted: call_completed,
    fx.GateNeeded: gate_needed,
    fx.AnswerNeeded: answer_needed,
    fx.CallFailed: call_failed,
    fx.CallUnknown: call_unknown,
    fx.PreconditionBroken: precondition_broken,
    fx.Probed: probed,
    fx.TimerFired: timer_fired,
    fx.Approved: approved,
    fx.Rejected: rejected,
    fx.Answered: answered,
    fx.ApprovalGivenToAll: approval_given_to_all,
    fx.PauseAsked: pause_asked,
    fx.ResumeAsked: resume_asked,
    fx.CancelAsked: cancel_asked,
}
