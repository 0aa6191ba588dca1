"""The recovery ladder above the retries: what follows a call that failed for good.

    alternative agent ─► another plan from here ─► the step's own policy: ask, roll back, or fail

It is for calls that are known not to have happened. A failed step skips only what needs it.
"""

from __future__ import annotations

from tizmor.core import commands as cmd
from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.approval import failure_question
from tizmor.core.decisions.decision import (
    Decision,
    answered_by,
    ask,
    block,
    close,
    fail,
    give_back,
    is_left_out,
)
from tizmor.core.decisions.rollback import roll_back
from tizmor.core.decisions.steps import dispatch, dispatch_all
from tizmor.core.plan import OnFailure
from tizmor.core.recovery import MAX_REPLANS
from tizmor.core.state import StepState, is_work
from tizmor.core.transitions import TERMINAL, StepStatus

S = StepStatus
FAILURE = "failure"
"""What a question is about that asks what to do about a failure."""


def give_up(d: Decision, step: StepState, error: str) -> None:
    """The step's agent can't do it."""
    name = step.step.id
    alternative = 0 if step.alternative is None else step.alternative + 1
    if step.late:
        resort(d, step, f"its deadline has passed: {error}")
    elif is_left_out(d, step):
        fail(d, step, error)
    elif alternative < len(step.step.alternatives):
        d.emit(ev.AgentReplaced(step=name, alternative=alternative, error=error))
        dispatch(d, step)
    elif _may_replan(d, step):
        d.emit(ev.ReplanStarted(step=name, error=error))
        order_replan(d, step)
    else:
        resort(d, step, error)


def _may_replan(d: Decision, step: StepState) -> bool:
    """A planner's plan may be replaced, a few times, for the sake of a step of its own."""
    plan = d.state.plan
    if plan is None or not plan.planner or d.state.planning or d.state.replans >= MAX_REPLANS:
        return False
    return step.parent is None and not is_work(d.state, step.step.id)


def order_replan(d: Decision, step: StepState) -> None:
    state = d.state
    if state.plan is None:
        return
    step.busy = state.planning = True
    d.order(
        cmd.Replan(
            step=step.step.id,
            query=state.query,
            answers=dict(state.plan_answers),
            failed=tuple(dict.fromkeys(state.failed_agents)),
            plan=state.plan,
            done=frozenset(n for n, s in state.steps.items() if s.status is S.SUCCEEDED),
            conflicts=state.conflicts,
        )
    )


def replan_made(d: Decision, fact: fx.ReplanMade) -> None:
    d.state.planning = False
    step = answered_by(d, fact.step)
    if step is None or step.status is not S.REPLANNING:
        return
    if d.state.ending:
        close(d, step, ev.StepCancelled(step=fact.step))
    else:
        _take_plan(d, fact)
        for ended in d.state.steps.values():
            if ended.status in TERMINAL and ended.status is not S.SUCCEEDED:
                block(d, ended)
        dispatch_all(d)


def _take_plan(d: Decision, fact: fx.ReplanMade) -> None:
    """What the new plan does without gives its place in line to others; what stays keeps its own,
    also the calls of a list that is under way."""
    held = [s for s in d.state.steps.values() if s.status is S.HELD and not s.busy]
    d.emit(ev.Replanned(step=fact.step, plan=fact.plan))
    for step in held:
        if step.status is S.REPLACED:
            d.order(cmd.Release(step=step.step.id))


def replan_impossible(d: Decision, fact: fx.ReplanImpossible) -> None:
    d.state.planning = False
    step = answered_by(d, fact.step)
    if step is None or step.status is not S.REPLANNING:
        return
    error = step.error or fact.error
    if d.state.ending:
        close(d, step, ev.StepCancelled(step=fact.step))
    else:
        d.emit(ev.ReplanFailed(step=fact.step, error=error))
        resort(d, step, error)


def resort(d: Decision, step: StepState, error: str) -> None:
    """The end of the ladder: what the step's own policy says."""
    policy = _policy(d, step)
    if policy is OnFailure.ASK:
        give_back(d, step)
        plan = d.state.plan
        question = failure_question(
            step.step,
            error,
            plan.language if plan else "en",
            can_roll_back=bool(d.state.effects),
        )
        ask(d, question, step, about=FAILURE, error=error)
        return
    fail_for_good(d, step, error)


def fail_for_good(d: Decision, step: StepState, error: str) -> None:
    """A step fails, and nobody is asked about it."""
    policy = _policy(d, step)
    fail(d, step, error)
    if policy is OnFailure.ROLL_BACK and not d.state.ending:
        roll_back(d, reason=f"{step.step.title or step.step.id}: {error}")


def _policy(d: Decision, step: StepState) -> OnFailure | None:
    if step.parent is not None or step.left_out or d.state.dry_run:
        return OnFailure.FAIL
    policy = step.step.on_failure
    return OnFailure.FAIL if policy is OnFailure.ASK and is_final(step) else policy


def is_final(step: StepState) -> bool:
    """Whether nobody is to be asked what to do about a step that can't be done: its time is over,
    or a call of it may have happened, so that nothing may be done in its place."""
    return step.late or step.lost
