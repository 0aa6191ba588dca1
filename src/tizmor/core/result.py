"""What an execution delivers: the parts of its steps' outputs that a user asked for.

Agents say what they deliver by the names of their output's fields; the result joins these over
all steps in the plan's order. Nothing is invented: a field that no step gave is left out.
"""

from __future__ import annotations

from typing import Any

from tizmor.core.graph import needs
from tizmor.core.state import State, StepState
from tizmor.core.transitions import StepStatus

SINGLE = ("summary", "answer", "meeting", "agenda")
"""Of these the last step's value counts."""
JOINED = (
    "slots",
    "contacts",
    "events",
    "checks",
    "citations",
    "texts",
    "sources",
    "warnings",
)
"""Of these all steps' values count, each once."""


_MISSED = (StepStatus.FAILED, StepStatus.SKIPPED)


def result(state: State) -> dict[str, Any]:
    """The result so far: of a failed execution, what it could still deliver, and why not more."""
    joined: dict[str, Any] = {}
    for name in state.steps:
        output = state.outputs.get(name, {})
        for field in SINGLE:
            if output.get(field) is not None:
                joined[field] = output[field]
        for field in JOINED:
            if output.get(field):
                _extend(joined.setdefault(field, []), output[field])
    if undelivered := [_undelivered(s, state) for s in state.steps.values() if s.status in _MISSED]:
        _extend(joined.setdefault("warnings", []), undelivered)
    return joined


def _extend(values: list[Any], more: list[Any]) -> None:
    values.extend(value for value in more if value not in values)


def _undelivered(step: StepState, state: State) -> str:
    title = step.step.title or step.step.agent
    if step.status is StepStatus.FAILED:
        return f"{title}: {step.error}"
    missing = ", ".join(
        state.steps[name].step.title or name
        for name in needs(step.step)
        if state.steps[name].status is not StepStatus.SUCCEEDED
    )
    if state.plan is not None and state.plan.language == "he":
        return f"{title}: לא בוצע, כי חסר: {missing}"
    return f"{title}: not done, for want of: {missing}"
