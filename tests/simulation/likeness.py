"""Whether two states, or a state and how it was shown, are alike."""

from __future__ import annotations

from typing import Any

from tizmor.core.state import State
from tizmor.engine.present import Presenter
from tizmor.engine.views import Execution


def same_view(view: Execution, presenter: Presenter, state: State) -> bool:
    """Whether that is how a state is shown."""
    now = presenter.execution(state, interrupted=False)
    return (now.steps, now.waiting_for, now.result) == (view.steps, view.waiting_for, view.result)


def difference(folded: State, live: State) -> str | None:
    """In what two states differ; None when they don't."""
    one, other = slots(folded), slots(live)
    if one == other:
        return None
    differing = [name for name in one if one[name] != other[name]]
    return "; ".join(f"{name}: {one[name]} against {other[name]}" for name in differing)[:2000]


_NOT_JOURNALED = frozenset({"busy", "in_line", "planning", "fed", "active", "tainted"})


def slots(value: Any) -> Any:
    """All that a state holds, as plain values that can be compared."""
    if isinstance(value, dict):
        return {name: slots(inner) for name, inner in value.items()}
    if type(value).__module__ != State.__module__:
        return value
    names = getattr(value, "__struct_fields__", None) or vars(value)
    return {n: slots(getattr(value, n)) for n in names if n not in _NOT_JOURNALED}
