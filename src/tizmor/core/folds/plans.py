"""Plans: the first one, and those that take its place."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import structs

from tizmor.core import events as ev
from tizmor.core.budgets import strictest
from tizmor.core.folds.links import begun, known_before, link
from tizmor.core.folds.steps import move
from tizmor.core.plan import Plan, Step
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
        dropped = step.status in UNBEGUN and _is_dropped(state, step, wanted)
        if name == event.step or (dropped and not step.lost):
            move(state, step, event, at_ms)
    for name, new in wanted.items():
        if name not in state.steps or state.steps[name].status is S.REPLACED:
            state.steps[name] = StepState(step=new, earlier=known_before(state, name))
            state.unfinished += 1
    _take_plan(state, plan)
    link(state, at_ms)


def _is_dropped(state: State, step: StepState, wanted: Mapping[str, Step]) -> bool:
    """Whether a new plan does without a step; work goes with the step that handed it over."""
    name = step.step.id
    if state.talk is not None and (request := state.talk.work.get(name)):
        return state.steps[state.talk.mail[request].step].status is S.REPLACED
    return step.parent is None and name not in wanted


def _with_the_steps_of(old: Plan | None, new: Plan) -> Plan:
    """The new plan; a step that the old one has, too, goes on as it is."""
    known = {} if old is None else {step.id: step for step in old.steps}
    return structs.replace(new, steps=tuple(known.get(step.id, step) for step in new.steps))
