"""From a request to a plan whose steps may start."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from tizmor.core import commands as cmd
from tizmor.core import events as ev
from tizmor.core import facts as fx
from tizmor.core.decisions.deadlines import watch_execution
from tizmor.core.decisions.decision import Decision, ask, end
from tizmor.core.decisions.steps import dispatch_all
from tizmor.core.decisions.talking import take_over
from tizmor.core.plan import Plan
from tizmor.core.settlement import as_answered
from tizmor.core.talk import Told


def requested(d: Decision, fact: fx.Requested) -> None:
    d.emit(
        ev.Created(
            query=fact.query,
            user=fact.user,
            approve_all=fact.approve_all,
            forked_from=fact.forked_from,
            priority=fact.priority,
            seat=fact.seat,
            deadline_ms=None if fact.deadline_s is None else d.at_ms + int(1000 * fact.deadline_s),
            conflicts=fact.conflicts,
            budget=fact.budget,
            traceparent=fact.traceparent,
            origin_traceparent=fact.origin_traceparent,
        )
    )
    if fact.dry_run:
        d.emit(ev.DryRunBegun(recording=fact.recording))
    if fact.given_before is not None:
        d.emit(fact.given_before)
    watch_execution(d)
    if fact.plan is None:
        make_plan(d)
    else:
        _accept_plan(d, fact.plan, fact.kept, fact.told)


def make_plan(d: Decision) -> None:
    d.state.planning = True
    state = d.state
    d.order(
        cmd.MakePlan(query=state.query, answers=dict(state.plan_answers), conflicts=state.conflicts)
    )


def plan_answered(d: Decision) -> None:
    """All that was asked of the plan is answered: it goes on as it was told, or is made anew."""
    state = d.state
    told = None if state.plan is None else as_answered(state.plan, state.plan_answers)
    if told is None:
        make_plan(d)
    else:
        _accept_plan(d, told)


def plan_made(d: Decision, fact: fx.PlanMade) -> None:
    d.state.planning = False
    if d.state.ending:
        end(d, d.state.ending)
    else:
        _accept_plan(d, fact.plan)


def _accept_plan(
    d: Decision,
    plan: Plan,
    kept: Mapping[str, dict[str, Any]] = MappingProxyType({}),
    told: Told | None = None,
) -> None:
    d.emit(ev.Planned(plan=plan))
    for name, output in kept.items():
        d.emit(ev.StepKept(step=name, output=output))
    if told is not None:
        take_over(d, told)
    for question in plan.questions:
        ask(d, question)
    if plan.deadline_s is not None:
        watch_execution(d)
    dispatch_all(d)


def plan_making_failed(d: Decision, fact: fx.PlanMakingFailed) -> None:
    d.state.planning = False
    d.emit(ev.PlanningFailed(error=fact.error))
    end(d, d.state.ending or "FAILED")
