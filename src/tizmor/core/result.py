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

_DELIVERED = frozenset({*SINGLE, *JOINED})
_WARNED = frozenset(
    {StepStatus.FAILED, StepStatus.SKIPPED, StepStatus.COMPENSATED, StepStatus.LEFT}
)
"""Of a step that ended so the user has to know."""
_BESIDE = frozenset({"sources", "warnings"})
"""What goes with a result, and is none by itself."""


def result(state: State) -> dict[str, Any]:
    """The result so far: of a failed execution, what it could still deliver, and why not more."""
    joined: dict[str, Any] = {}
    for name, step in state.steps.items():
        output = state.outputs.get(name)
        if not output or _DELIVERED.isdisjoint(output):
            continue
        if step.status is not StepStatus.COMPENSATED and step.foreseen is None:
            _join(joined, output, of_item=step.parent is not None)
    he = state.plan is not None and state.plan.language == "he"
    warned = [s for s in state.steps.values() if s.status in _WARNED]
    if warned:
        _extend(joined.setdefault("warnings", []), [_warning(s, state, he=he) for s in warned])
    return joined


def _join(joined: dict[str, Any], output: dict[str, Any], *, of_item: bool) -> None:
    """Add one step's output; a call of a list speaks for one item, not for the whole."""
    if not of_item:
        joined |= {field: output[field] for field in SINGLE if output.get(field) is not None}
    for field in JOINED:
        if output.get(field):
            _extend(joined.setdefault(field, []), output[field])


def delivered(output: dict[str, Any]) -> dict[str, Any]:
    """What of one step's output a user asked for."""
    return {
        field: output[field]
        for field in (*SINGLE, *JOINED)
        if field not in _BESIDE and output.get(field)
    }


def _extend(values: list[Any], more: list[Any]) -> None:
    values.extend(value for value in more if value not in values)


def _warning(step: StepState, state: State, *, he: bool) -> str:
    """What the user has to know of a step that is not simply done."""
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
        case _:
            return (
                f"{title}: נשאר כפי שהוא ({step.error})"
                if he
                else (f"{title}: stays as it is ({step.error})")
            )


def _missing(step: StepState, state: State) -> Iterator[str]:
    for name in needs(step.step):
        other = state.steps[name]
        if other.status is not StepStatus.SUCCEEDED:
            yield other.step.title or name
