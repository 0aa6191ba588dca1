"""Plans: the first one, and those that take its place."""

from __future__ import annotations

from msgspec import structs

from tizmor.core import events as ev
from tizmor.core.budgets import strictest
from tizmor.core.folds.links import begun, link
from tizmor.core.folds.steps import move
from tizmor.core.plan import Plan
from tizmor.core.state import State, StepState
from tizmor.core.transitions import UNBEGUN, StepStatus

S = StepStatus


def planned(state: State, event: ev.Planned, at_ms: int) -> None:
    _take_plan(state, event.plan)
    state.steps = begun(event.plan, at_ms)
    state.unfinished = len(state.steps)
    if state.given_before is not None:
        for name in state.given_before.answers:
            if name in state.steps:
                state.steps[name].answers = state.given_before.answers[name]


def _take_plan(state: State, plan: Plan) -> None:
    state.plan = plan
    state.tainted = None
    state.budget = strictest(state.budget, plan.budget)
    state.status = "PLANNING" if plan.questions else "RUNNING"
    if plan.deadline_s is not None:
        due_ms = state.created_at_ms + int(1000 * plan.deadline_s)
        state.deadline_ms = due_ms if state.deadline_ms is None else min(due_ms, state.deadline_ms)


def planning_failed(state: State, event: ev.PlanningFailed, at_ms: int) -> None:
    state.error = event.error


def replan_started(state: State, event: ev.ReplanStarted, at_ms: int) -> None:
    step = state.steps[event.step]
    step.error = event.error
    state.replans += 1
    state.failed_agents.append(step.step.agent)
    move(state, step, event, at_ms)


def replanned(state: State, event: ev.Replanned, at_ms: int) -> None:
    plan = _with_the_steps_of(state.plan, event.plan)
    wanted = {step.id: step for step in plan.steps}
    for name, step in state.steps.items():
        dropped = step.parent is None and name not in wanted and step.status in UNBEGUN
        if name == event.step or (dropped and not step.lost):
            move(state, step, event, at_ms)
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
