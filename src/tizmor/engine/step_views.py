"""Steps as users see them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tizmor.core.graph import dependencies, needs
from tizmor.core.plan import Plan
from tizmor.core.remembered import remembered
from tizmor.core.state import State, StepState
from tizmor.core.transitions import TERMINAL, StepStatus
from tizmor.engine.projections import queue_ms
from tizmor.engine.views import StepView

_SHOWN = {status: status.value for status in StepStatus} | {
    StepStatus.READY: "pending",
    StepStatus.PREPARED: "pending",
    StepStatus.APPROVED: "pending",
    StepStatus.GATED: "waiting",
    StepStatus.ASKED: "waiting",
    StepStatus.UNSETTLED: "unknown",
    StepStatus.EXPANDED: "running",
    StepStatus.REPLANNING: "retrying",
    StepStatus.BYPASSED: "skipped",
    StepStatus.REPLACED: "skipped",
    StepStatus.LEFT: "succeeded",
}
_UNBEGUN = frozenset({StepStatus.PENDING, StepStatus.READY})

Time = Callable[[int], str]
"""How a wall time in ms is said."""


def shown_status(step: StepState) -> str:
    return "foreseen" if step.foreseen is not None else _SHOWN[step.status]


def step_views(state: State, time: Time) -> tuple[StepView, ...]:
    """All steps of an execution, in its plan's order."""
    if state.plan is None:
        return ()
    known, untouched = dependencies(state.plan), _untouched(state.plan)
    return tuple(
        [
            (untouched.get(name) if _is_untouched(step) else None)
            or _view(step, state, known, time)
            for name, step in state.steps.items()
        ]
    )


@remembered
def _untouched(plan: Plan) -> dict[str, StepView]:
    """The steps of a plan as long as nothing was done for them: whoever starts an execution is
    shown all of them so."""
    known = dependencies(plan)
    return {
        step.id: StepView(
            id=step.id,
            agent=step.agent,
            title=step.title,
            state=_SHOWN[StepStatus.PENDING],
            depends_on=known[step.id],
        )
        for step in plan.steps
    }


def _is_untouched(step: StepState) -> bool:
    """Whether a step is shown as its plan alone says: it may also have come back to be ready."""
    return step.status in _UNBEGUN and not (
        step.attempt
        or step.error is not None
        or step.alternative is not None
        or step.foreseen is not None
        or step.messages
        or step.held_on
        or step.waited_ms
        or step.asked_ms
        or step.tokens
        or step.cost_usd
        or step.cached
    )


def _view(
    step: StepState, state: State, known: Mapping[str, tuple[str, ...]], time: Time
) -> StepView:
    planned = step.step
    began_ms = step.started_at_ms
    ended_ms = step.ended_at_ms if step.status in TERMINAL else None
    needed = known.get(planned.id) if step.alternative is None else None
    return StepView(
        id=planned.id,
        agent=planned.agent,
        title=planned.title,
        state=shown_status(step),
        attempt=step.attempt,
        messages=step.messages,
        held_on=step.held_on,
        held_until=time(step.held_until_ms) if step.held_until_ms else None,
        cached=step.cached,
        error=step.error,
        depends_on=needs(planned) if needed is None else needed,
        started_at=None if began_ms is None else time(began_ms),
        ended_at=None if ended_ms is None else time(ended_ms),
        queue_ms=0 if began_ms == step.ready_at_ms else queue_ms(step),
        wait_ms=step.waited_ms,
        asked_ms=step.asked_ms,
        run_ms=step.run_ms,
        tokens=step.tokens,
        cost_usd=step.cost_usd,
        output=state.outputs.get(planned.id),
    )
