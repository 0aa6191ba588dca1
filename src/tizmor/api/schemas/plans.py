"""A plan as it goes out: all that its file may hold, and what readers want beside that."""

from __future__ import annotations

from typing import Any

from tizmor.api.schemas.replies import Reply
from tizmor.core.forecast import Forecast
from tizmor.core.graph import batches, dependencies
from tizmor.core.plan import Budget, Conflict, Plan, Question, Step


class PlannedStep(Step, frozen=True, kw_only=True, omit_defaults=False):
    """A step as it was checked. `dependsOn` are the steps whose end it waits for."""

    depends_on: tuple[str, ...] = ()


class PlanReply(Reply, frozen=True):
    """The checked plan of a request; it may be given back as the `plan` of POST /api/orchestrate.

    `batches` are the steps that could run at the same time, one batch after the other, for people
    to read: a step starts as soon as those are done that it depends on. `assumptions` are what was
    taken for granted where the request left it open, `questions` what is asked before anything
    runs, `conflicts` steps that are at odds, and how that is settled, `forecast` what it will take.
    """

    goal: str
    language: str
    planner: str
    steps: tuple[PlannedStep, ...]
    batches: tuple[tuple[str, ...], ...]
    conflicts: tuple[Conflict, ...]
    assumptions: tuple[str, ...]
    questions: tuple[Question, ...]
    forecast: Forecast
    deadline_s: float | None = None
    budget: Budget | None = None


def plan_reply(plan: Plan, forecast: Forecast) -> PlanReply:
    """A plan as it goes out."""
    needs = dependencies(plan)
    return PlanReply(
        goal=plan.goal,
        language=plan.language,
        planner=plan.planner,
        steps=tuple(_step(step, tuple(needs[step.id])) for step in plan.steps),
        batches=tuple(tuple(wave) for wave in batches(plan)),
        conflicts=plan.conflicts,
        assumptions=plan.assumptions,
        questions=plan.questions,
        forecast=forecast,
        deadline_s=plan.deadline_s,
        budget=plan.budget,
    )


def _step(step: Step, needs: tuple[str, ...]) -> PlannedStep:
    fields: dict[str, Any] = {name: getattr(step, name) for name in Step.__struct_fields__}
    return PlannedStep(**fields, depends_on=needs)
