"""What an execution delivers: the parts of its steps' outputs that a user asked for.

Agents say what they deliver by the names of their output's fields; the result joins these over
all steps in the plan's order. Nothing is invented: a field that no step gave is left out, and what
was taken back isn't delivered.
"""

from __future__ import annotations

from collections.abc import Iterator
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


_BESIDE = frozenset({"sources", "warnings"})
"""What goes with a result, and is none by itself."""


def result(state: State) -> dict[str, Any]:
    """The result so far: of a failed execution, what it could still deliver, and why not more."""
    joined: dict[str, Any] = {}
    for name, step in state.steps.items():
        if step.status is StepStatus.COMPENSATED or step.foreseen is not None:
            continue
        output = state.outputs.get(name, {})
        if step.parent is None:  # a call of a list speaks for one item, not for the whole
            joined |= {field: output[field] for field in SINGLE if output.get(field) is not None}
        for field in JOINED:
            if output.get(field):
                _extend(joined.setdefault(field, []), output[field])
    he = state.plan is not None and state.plan.language == "he"
    if warnings := [w for s in state.steps.values() if (w := _warning(s, state, he=he))]:
        _extend(joined.setdefault("warnings", []), warnings)
    return joined


def delivered(output: dict[str, Any]) -> dict[str, Any]:
    """What of one step's output a user asked for."""
    return {
        field: output[field]
        for field in (*SINGLE, *JOINED)
        if field not in _BESIDE and output.get(field)
    }


def _extend(values: list[Any], more: list[Any]) -> None:
    values.extend(value for value in more if value not in values)


def _warning(step: StepState, state: State, *, he: bool) -> str | None:
    """What the user has to know of a step that is not simply done; None when there is nothing."""
    title = step.step.title or step.step.agent
    if step.parent is not None:
        title = f"{title} ({step.item + 1})"
    match step.status:
        case StepStatus.FAILED:
            needless = " (כבר לא היה נחוץ)" if he else " (it was not needed any more)"
            return f"{title}: {step.error}{needless if step.left_out else ''}"
        case StepStatus.SKIPPED:
            missing = ", ".join(_missing(step, state))
            return (
                f"{title}: לא בוצע, כי חסר: {missing}"
                if he
                else (f"{title}: not done, for want of: {missing}")
            )
        case StepStatus.COMPENSATED:
            return f"{title}: בוטל" if he else f"{title}: taken back"
        case StepStatus.LEFT:
            return (
                f"{title}: נשאר כפי שהוא ({step.error})"
                if he
                else (f"{title}: stays as it is ({step.error})")
            )
        case _:
            return None


def _missing(step: StepState, state: State) -> Iterator[str]:
    for name in needs(step.step):
        other = state.steps[name]
        if other.status is not StepStatus.SUCCEEDED:
            yield other.step.title or name
