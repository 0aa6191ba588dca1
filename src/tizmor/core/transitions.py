"""Where a step can be, and what moves it: the whole life of a step as data.

    PENDING ──needs met──► READY ──Prepared──► PREPARED
       │                     │                    │
    StepSkipped              └──────┬─────────────┤
       ▼                        GateOpened        │
    SKIPPED                         ▼             │
                 REJECTED ◄── GATED ──Approved──► APPROVED
                                                  │
    FAILED ◄── RUNNING ◄───────StepStarted────────┘
                 │ │ └─ AttemptFailed ─► RETRYING ──StepStarted──► RUNNING
                 │ └─── OutcomeLost ──► UNSETTLED ──probe──► SUCCEEDED, or RUNNING once more
                 ▼
             SUCCEEDED

A gate may be signed by some, handed on, called to mind and shown to more people without being
decided. Undecided in time, it has its step REJECTED, or READY again, to be asked about anew. So it
has one that is APPROVED already when the policy has come to say more than was agreed to.

A call that needs what others use (a quota, a resource, another's computation) is HELD by StepHeld,
from wherever it could start, and starts from there; so is one whose preparation has to wait for a
quota, and it is PREPARED from there. A probe that has to wait moves nothing: what may have happened
is UNSETTLED until that is known.

A step that its agent can't go on with until a human says something is ASKED; the answer makes it
READY again, or SUCCEEDED where it was whether a lost call had happened, and it had. ASKED is also
where a failure waits for the human's choice. From RUNNING, `PreconditionLost` leads back to READY:
prepared and approved anew; so does `AgentReplaced`, with another agent. A step whose failure has
the planner look for another way is REPLANNING, and REPLACED once one is found.

A step with `for_each` is EXPANDED from READY and lives no life of its own: its items' steps do;
when all of these have failed, it may be ASKED about, and EXPANDED anew. A step whose condition
doesn't hold is BYPASSED. When an execution is rolled back, what SUCCEEDED, or FAILED and may have
happened all the same, is COMPENSATING, one step at a time, and then COMPENSATED or LEFT as it is; a
compensation waits for what others use as a call does.

Every move is one event; READY alone is reached by arithmetic, when the last need is met. After a
crash the fold of the journal gives the same statuses, and the decider dispatches what is due.
"""

from __future__ import annotations

import enum

from tizmor.core import events as ev


class StepStatus(enum.StrEnum):
    __hash__ = str.__hash__  # an enum's own is no C, and statuses are looked up all the time

    PENDING = "pending"
    READY = "ready"
    PREPARED = "prepared"
    GATED = "gated"
    APPROVED = "approved"
    ASKED = "asked"
    RUNNING = "running"
    HELD = "held"
    RETRYING = "retrying"
    UNSETTLED = "unsettled"
    REPLANNING = "replanning"
    EXPANDED = "expanded"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    BYPASSED = "bypassed"
    REPLACED = "replaced"
    COMPENSATING = "compensating"
    COMPENSATED = "compensated"
    LEFT = "left"


S = StepStatus

UNDOING = frozenset({S.COMPENSATING, S.COMPENSATED, S.LEFT})
"""Statuses of a step that had changed something when the execution was rolled back."""
TERMINAL = UNDOING | {
    S.SUCCEEDED,
    S.FAILED,
    S.SKIPPED,
    S.REJECTED,
    S.CANCELLED,
    S.BYPASSED,
    S.REPLACED,
}
"""Nothing of the step is due any more but its compensation."""
OVER = TERMINAL - {S.COMPENSATING}
"""Nothing of the step is due any more."""
STARTABLE = frozenset({S.READY, S.PREPARED, S.APPROVED, S.HELD, S.RETRYING, S.UNSETTLED, S.RUNNING})
"""RUNNING is startable once more: a read that was cut off by a crash runs again."""
_LIVE = frozenset(S) - TERMINAL
UNBEGUN = _LIVE - {S.RUNNING, S.UNSETTLED, S.EXPANDED, S.REPLANNING}
"""No call of the step is under way: another plan may leave it out."""

MOVES: dict[type[ev.Event], tuple[frozenset[StepStatus], StepStatus]] = {
    ev.Prepared: (frozenset({S.READY, S.HELD, S.RETRYING}), S.PREPARED),
    ev.GateOpened: (
        frozenset({S.READY, S.PREPARED, S.APPROVED, S.HELD, S.RETRYING}),
        S.GATED,
    ),
    ev.GateApproved: (frozenset({S.GATED}), S.APPROVED),
    ev.GateRejected: (frozenset({S.GATED}), S.REJECTED),
    ev.GateExpired: (frozenset({S.GATED}), S.REJECTED),
    ev.GateLapsed: (frozenset({S.GATED}), S.READY),
    ev.StepStarted: (STARTABLE, S.RUNNING),
    ev.StepSucceeded: (STARTABLE, S.SUCCEEDED),
    ev.StepForeseen: (STARTABLE, S.SUCCEEDED),
    ev.StepKept: (frozenset({S.PENDING, S.READY}), S.SUCCEEDED),
    ev.AttemptFailed: (STARTABLE, S.RETRYING),
    ev.StepHeld: (STARTABLE, S.HELD),
    ev.OutcomeLost: (frozenset({S.RUNNING}), S.UNSETTLED),
    ev.PreconditionLost: (STARTABLE, S.READY),
    ev.QuestionAsked: (STARTABLE | {S.EXPANDED}, S.ASKED),
    ev.QuestionAnswered: (frozenset({S.ASKED}), S.READY),
    ev.Expanded: (frozenset({S.READY}), S.EXPANDED),
    ev.Gathered: (frozenset({S.EXPANDED}), S.SUCCEEDED),
    ev.AgentReplaced: (STARTABLE, S.READY),
    ev.ReplanStarted: (STARTABLE, S.REPLANNING),
    ev.ReplanFailed: (frozenset({S.REPLANNING}), S.READY),
    ev.Replanned: (UNBEGUN | {S.REPLANNING}, S.REPLACED),
    ev.StepFailed: (_LIVE, S.FAILED),
    ev.StepSkipped: (_LIVE, S.SKIPPED),
    ev.StepBypassed: (_LIVE, S.BYPASSED),
    ev.StepCancelled: (_LIVE, S.CANCELLED),
    ev.CompensationHeld: (frozenset({S.SUCCEEDED, S.FAILED, S.COMPENSATING}), S.COMPENSATING),
    ev.CompensationStarted: (frozenset({S.SUCCEEDED, S.FAILED, S.COMPENSATING}), S.COMPENSATING),
    ev.CompensationFailed: (frozenset({S.COMPENSATING}), S.COMPENSATING),
    ev.Compensated: (frozenset({S.COMPENSATING}), S.COMPENSATED),
    ev.CompensationLeft: (frozenset({S.SUCCEEDED, S.FAILED, S.COMPENSATING}), S.LEFT),
}
"""For each event that moves a step: where it may come from, and where it leads."""


class IllegalMove(Exception):
    """An event that the step's status does not allow: a bug in the core, or a damaged journal."""


def moved(status: StepStatus, event: ev.Event) -> StepStatus:
    """The status after an event. Raises `IllegalMove`."""
    sources, target = MOVES[type(event)]
    if status not in sources:
        raise IllegalMove(f"{type(event).__name__} can't happen to a step that is {status}")
    return target
