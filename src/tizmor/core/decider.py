"""All decisions about an execution: which fact leads to which of `tizmor.core.decisions`.

`decide(state, fact)` says what happened (events, already folded into the state when it returns)
and what is to be done (commands). What the caller owes: the events are appended to the journal in
order, before anything that depends on them is shown; each command is performed once; each
`Replan`, `PrepareCall`, `RunCall`, `ForeseeCall`, `ProbeCall` and `CompensateCall` is answered by
exactly one fact on its step. A fact that comes too late (the step has ended, the gate is closed)
decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tizmor.core import facts as fx
from tizmor.core.decisions.budgets import budget_exhausted, charged
from tizmor.core.decisions.control import (
    call_withdrawn,
    cancel_asked,
    owner_changed,
    pause_asked,
    planning_withdrawn,
    resume_asked,
    timer_fired,
    woken,
)
from tizmor.core.decisions.decision import Decision, end
from tizmor.core.decisions.gates import (
    approval_given_to_all,
    approved,
    delegated,
    gate_needed,
    rejected,
)
from tizmor.core.decisions.holding import (
    call_must_wait,
    give_back_late,
    probe_must_wait,
    wait_over,
)
from tizmor.core.decisions.humans import answer_needed, answered
from tizmor.core.decisions.ladder import is_final, replan_impossible, replan_made, resort
from tizmor.core.decisions.messages import (
    look_at_mail,
    message_answering,
    message_sending,
    message_taking,
)
from tizmor.core.decisions.outcomes import (
    call_completed,
    call_failed,
    call_unknown,
    precondition_broken,
    probed,
)
from tizmor.core.decisions.planning import plan_made, plan_making_failed, requested
from tizmor.core.decisions.rehearsing import call_foreseen
from tizmor.core.decisions.rollback import (
    compensated,
    compensation_failed,
    compensation_must_wait,
    compensation_starting,
    undo_next,
)
from tizmor.core.decisions.steps import (
    call_prepared,
    call_starting,
    look_at_due,
    reported,
)
from tizmor.core.decisions.talking import untrusted_read, value_shared
from tizmor.core.decisions.work import work_given
from tizmor.core.state import State, StepState, is_work
from tizmor.core.transitions import TERMINAL, StepStatus

S = StepStatus
_SUCCEEDED = S.SUCCEEDED


def decide(state: State, fact: fx.Fact) -> Decision:
    """The consequences of a fact; `state` is changed in place."""
    decision = Decision(state, fact.at_ms)
    if state.ended_at_ms is None:
        _REACTIONS[type(fact)](decision, fact)
        if decision.due or decision.impossible or decision.over:
            _follow_up(decision)
        if not state.unfinished:
            _end_if_done(decision)
    elif isinstance(fact, fx.CallMustWait | fx.ProbeMustWait | fx.CallWithdrawn):
        give_back_late(decision, fact.step)
    return decision


def _follow_up(d: Decision) -> None:
    """Take along all that has become possible, and what is to follow what is not."""
    while d.due or d.impossible or d.over:
        look_at_due(d)
        look_at_mail(d)
        while d.impossible:
            step, error = d.impossible.pop()
            if step.status not in TERMINAL and (step.status is not S.ASKED or is_final(step)):
                resort(d, step, error)


def _end_if_done(d: Decision) -> None:
    state = d.state
    if state.plan is None or state.ended or state.planning:
        return
    if state.rolling_back and undo_next(d):
        return
    if state.questions and state.open_questions() and not state.ending:
        return
    end(d, state.ending or _outcome(state))


def _outcome(state: State) -> str:
    """How an execution ends whose steps have all ended. What failed within a `for_each` is its
    step's to judge, and what a new plan does without is no failure of the execution."""
    outcome = "COMPLETED"
    for step in state.steps.values():
        if step.status is _SUCCEEDED:
            continue
        if step.status is S.REJECTED:
            outcome = "REJECTED"
        elif step.status is S.FAILED and _is_counted(state, step):
            return "FAILED"
    return outcome


def _is_counted(state: State, step: StepState) -> bool:
    return step.parent is None and not step.left_out and not is_work(state, step.step.id)


_REACTIONS: dict[type[fx.Fact], Callable[[Decision, Any], None]] = {
    fx.Requested: requested,
    fx.PlanMade: plan_made,
    fx.PlanMakingFailed: plan_making_failed,
    fx.PlanningWithdrawn: planning_withdrawn,
    fx.ReplanMade: replan_made,
    fx.ReplanImpossible: replan_impossible,
    fx.OwnerChanged: owner_changed,
    fx.Woken: woken,
    fx.CallStarting: call_starting,
    fx.CallWithdrawn: charged(call_withdrawn),
    fx.Reported: reported,
    fx.ValueShared: value_shared,
    fx.UntrustedRead: untrusted_read,
    fx.MessageSending: message_sending,
    fx.WorkGiven: work_given,
    fx.MessageTaking: message_taking,
    fx.MessageAnswering: message_answering,
    fx.CallPrepared: charged(call_prepared),
    fx.CallForeseen: charged(call_foreseen),
    fx.CallCompleted: call_completed,
    fx.GateNeeded: gate_needed,
    fx.AnswerNeeded: charged(answer_needed),
    fx.CallFailed: charged(call_failed),
    fx.CallMustWait: call_must_wait,
    fx.WaitOver: wait_over,
    fx.BudgetExhausted: budget_exhausted,
    fx.CallUnknown: charged(call_unknown),
    fx.PreconditionBroken: charged(precondition_broken),
    fx.ProbeMustWait: probe_must_wait,
    fx.Probed: charged(probed),
    fx.CompensationMustWait: compensation_must_wait,
    fx.CompensationStarting: compensation_starting,
    fx.Compensated: charged(compensated),
    fx.CompensationFailed: charged(compensation_failed),
    fx.TimerFired: timer_fired,
    fx.Approved: approved,
    fx.Rejected: rejected,
    fx.Delegated: delegated,
    fx.Answered: answered,
    fx.ApprovalGivenToAll: approval_given_to_all,
    fx.PauseAsked: pause_asked,
    fx.ResumeAsked: resume_asked,
    fx.CancelAsked: cancel_asked,
}
