"""Where the arguments of a call come from: what a human who is asked about it has to know."""

from __future__ import annotations

import enum
from typing import Any

import msgspec

from tizmor.core.graph import references, takes_item, tokens
from tizmor.core.state import GateState, State, StepState
from tizmor.core.taint import has_read, tainted


class Source(enum.StrEnum):
    """REQUEST: it stands in the request, or the plan that was given. STEP: another step gave it.
    DOCUMENT: so one did that carries what a document or a stranger said, or the step itself has
    read such. AGENT: the step's own agent worked it out. HUMAN: somebody wrote it at a gate, or
    after a failure."""

    REQUEST = "request"
    STEP = "step"
    DOCUMENT = "document"
    AGENT = "agent"
    HUMAN = "human"


class Origin(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Of one argument; `steps` are those whose output it is made of."""

    source: Source
    steps: tuple[str, ...] = ()


def origins(state: State, gate: GateState) -> dict[str, Origin]:
    """Of each argument that a gate is about, or would be with changes that nobody has made yet."""
    step = state.steps[gate.step]
    before = state.gates[gate.id].arguments
    found = {}
    for name, value in gate.arguments.items():
        is_changed = name not in before or before[name] != value
        if is_changed or name in (step.edited or ()):
            found[name] = Origin(source=Source.HUMAN)
        else:
            found[name] = planned_origin(state, step, name, value)
    return found


def planned_origin(state: State, step: StepState, name: str, value: Any) -> Origin:
    """Of an argument of a call that nobody has changed since it was planned and prepared."""
    planned = step.step.arguments.get(name)
    pointers = list(references(planned))
    if step.parent is not None and takes_item(planned):
        each = state.steps[step.parent].step.for_each
        pointers += references(each.items if each else None)
    steps = tuple(dict.fromkeys(tokens(pointer)[0] for pointer in pointers))
    if steps:
        dirty = any(used in tainted(state) for used in steps)
        return Origin(source=Source.DOCUMENT if dirty else Source.STEP, steps=steps)
    if name in step.step.arguments and planned == value:
        return Origin(source=Source.REQUEST)
    if step.parent is not None and takes_item(planned):
        return Origin(source=Source.REQUEST)
    own = Source.DOCUMENT if has_read(state, step.step.id) else Source.AGENT
    return Origin(source=own)
