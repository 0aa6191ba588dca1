"""What a dry run would do, as users see it."""

from __future__ import annotations

from tizmor.core.origins import planned_origin
from tizmor.core.resources import all_filled_in
from tizmor.core.state import Foreseen, State, StepState
from tizmor.core.terms import PLAIN
from tizmor.engine.views import PlannedCall, Status

MAY_BE_CARRIED_OUT = (Status.COMPLETED, Status.FAILED)
"""How a dry run has ended that may be carried out."""


def planned_calls(state: State) -> tuple[PlannedCall, ...]:
    """All calls that were foreseen, in the plan's order."""
    return tuple(
        _planned_call(state, step, step.foreseen)
        for step in state.steps.values()
        if step.foreseen is not None
    )


def _planned_call(state: State, step: StepState, foreseen: Foreseen) -> PlannedCall:
    planned, shown = step.step, foreseen.shown
    arguments = step.arguments or {}
    needs = (foreseen.terms or PLAIN).needs
    return PlannedCall(
        step=planned.id,
        agent=planned.agent,
        title=planned.title or planned.agent,
        effect=planned.effect.value,
        asks=foreseen.asks,
        arguments=arguments,
        critical=planned.critical,
        policies=tuple(need.policy for need in needs if need.policy),
        approvers=tuple(dict.fromkeys(name for need in needs for name in need.approvers)),
        quorum=max(need.quorum for need in needs),
        key=foreseen.key,
        action=shown.get("action", ""),
        time=shown.get("time"),
        participants=tuple(shown.get("participants", ())),
        details=shown.get("details", {}),
        warnings=tuple(shown.get("warnings", ())),
        origins={n: planned_origin(state, step, n, value) for n, value in arguments.items()},
        untrusted=foreseen.untrusted,
        resources=tuple(all_filled_in(planned.resources, arguments)),
        can_be_taken_back=planned.compensates,
        unknown=foreseen.unknown,
        maybe=foreseen.maybe,
    )
