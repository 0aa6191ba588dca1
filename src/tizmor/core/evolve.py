"""From events to state: `evolve` folds one event, by `tizmor.core.folds`.

The state is changed in place: a copy per event would make a plan of n steps cost n².
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tizmor.core import events as ev
from tizmor.core.folds import executions, gates, humans, lists, plans, steps, talking
from tizmor.core.state import State


def evolve(state: State, event: ev.Event, at_ms: int) -> None:
    """Fold one event. Raises `IllegalMove` when the event can't follow what was before."""
    if state.updated_at_ms != at_ms:  # a struct's field is dear to set, and cheap to look at
        state.updated_at_ms = at_ms
    FOLDS[type(event)](state, event, at_ms)


FOLDS: dict[type[ev.Event], Callable[[State, Any, int], None]] = {
    ev.Created: executions.created,
    ev.DryRunBegun: executions.dry_run_begun,
    ev.CallsApproved: executions.calls_approved,
    ev.Planned: plans.planned,
    ev.PlanningFailed: plans.planning_failed,
    ev.ReplanStarted: plans.replan_started,
    ev.Replanned: plans.replanned,
    ev.ReplanFailed: steps.step_erred,
    ev.Adopted: executions.adopted,
    ev.QuestionAsked: humans.question_asked,
    ev.QuestionAnswered: humans.question_answered,
    ev.Prepared: steps.prepared,
    ev.GateOpened: gates.gate_opened,
    ev.GateSigned: gates.gate_signed,
    ev.GateDelegated: gates.gate_delegated,
    ev.GateReminded: gates.gate_reminded,
    ev.GateEscalated: gates.gate_escalated,
    ev.GateExpired: gates.gate_expired,
    ev.GateLapsed: gates.gate_lapsed,
    ev.GateApproved: gates.gate_approved,
    ev.GateRejected: gates.gate_rejected,
    ev.ApprovalDelegated: humans.approval_delegated,
    ev.StepStarted: steps.step_started,
    ev.Expanded: lists.expanded,
    ev.Gathered: lists.gathered,
    ev.StepBypassed: steps.step_moved,
    ev.AgentReplaced: steps.agent_replaced,
    ev.Found: steps.found,
    ev.Shared: talking.shared,
    ev.Tainted: talking.tainted,
    ev.MessageSent: talking.message_sent,
    ev.WorkHandedOver: talking.work_handed_over,
    ev.MessageTaken: talking.message_taken,
    ev.MessageAnswered: talking.message_answered,
    ev.MessageExpired: talking.message_expired,
    ev.StepSucceeded: steps.step_succeeded,
    ev.CallCharged: steps.call_charged,
    ev.StepKept: steps.step_kept,
    ev.StepForeseen: steps.step_foreseen,
    ev.AttemptFailed: steps.attempt_failed,
    ev.StepHeld: steps.step_held,
    ev.OutcomeLost: steps.outcome_lost,
    ev.ProbeHeld: steps.probe_held,
    ev.OutcomeFound: steps.outcome_found,
    ev.PreconditionLost: steps.precondition_lost,
    ev.StepFailed: steps.step_failed,
    ev.StepSkipped: steps.step_moved,
    ev.StepCancelled: steps.step_moved,
    ev.DeadlinePassed: executions.deadline_passed,
    ev.RollbackStarted: executions.rollback_started,
    ev.CompensationHeld: steps.compensation_held,
    ev.CompensationStarted: steps.compensation_started,
    ev.Compensated: steps.compensated,
    ev.CompensationFailed: steps.compensation_failed,
    ev.CompensationLeft: steps.compensation_left,
    ev.Paused: executions.paused,
    ev.Resumed: executions.resumed,
    ev.CancelRequested: executions.cancel_requested,
    ev.Ended: executions.ended,
}
