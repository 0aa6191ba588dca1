"""What isn't known before a call is made, and how a dry run goes on without it.

A gap, `{"$later": "/STEP/field", "type": "string"}`, stands in a dry run for a value that only the
call itself will give. Whatever takes it takes the gap, so that each call shows what of its
arguments is known, and a call with a gap is never made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tizmor.core import schema
from tizmor.core.agents import AgentSpec
from tizmor.core.approval import needs_gate
from tizmor.core.graph import (
    DanglingReference,
    index,
    is_item,
    is_reference,
    needs,
    order,
    resolved,
    tokens,
)
from tizmor.core.plan import ITEM, REF, Condition, Effect, Plan, Step
from tizmor.core.state import State
from tizmor.core.transitions import StepStatus

LATER = "$later"
_DEPTH = 8


def is_caught(step: Step, arguments: Any) -> bool:
    """Whether a dry run leaves a call out: it changes something, a human would be asked first, or
    not all of its arguments are known."""
    return step.effect is not Effect.READ or needs_gate(step) or has_gap(arguments)


def gap(place: str, kind: str = "any") -> dict[str, Any]:
    """What stands for a value of this type that `place`, a pointer into all outputs, leads to."""
    return {LATER: place, "type": kind}


def is_gap(value: Any) -> bool:
    return isinstance(value, dict) and LATER in value


def gaps(value: Any) -> Iterator[str]:
    """The places that the gaps in a value stand for."""
    if is_gap(value):
        yield str(value[LATER])
    elif isinstance(value, dict):
        for part in value.values():
            yield from gaps(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from gaps(part)


def has_gap(value: Any) -> bool:
    return any(True for _ in gaps(value))


def foreseen_output(step: Step, spec: AgentSpec, known: Any = None) -> dict[str, Any]:
    """What a call will give, as far as it is known: the fields of its output, each as in `known`
    (which may leave some out) or as a gap."""
    place = f"/{step.id.replace('.', '/')}"
    if step.for_each is not None:
        return {"results": gap(f"{place}/results", "array"), "failed": []}
    outline = _outline(spec.output, spec.defs, place, _DEPTH)
    output = _joined(known, outline) if isinstance(known, dict) else outline
    return output if not is_gap(output) else {}


def _outline(wanted: schema.Schema, defs: Mapping[str, Any], place: str, depth: int) -> Any:
    fields = schema.fields(wanted, defs)
    if not fields or depth == 0:
        return gap(place, schema.type_name(wanted))
    return {
        name: _outline(part, defs, f"{place}/{name}", depth - 1) for name, part in fields.items()
    }


def _joined(known: Any, outline: Any) -> Any:
    if not isinstance(known, dict) or not isinstance(outline, dict) or is_gap(outline):
        return known
    rest = {name: part for name, part in outline.items() if name not in known}
    return {name: _joined(part, outline.get(name)) for name, part in known.items()} | rest


def resolved_with_gaps(value: Any, outputs: Mapping[str, Any], item: Any = None) -> Any:
    """As `graph.resolved`, but what lies within a gap is that gap. Raises `DanglingReference`."""
    if is_reference(value) or is_item(value):
        try:
            return resolved(value, outputs, item)
        except DanglingReference:
            within = _gap_on_the_way(value, outputs, item)
            if within is None:
                raise
            return within
    if isinstance(value, dict):
        return {name: resolved_with_gaps(part, outputs, item) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [resolved_with_gaps(part, outputs, item) for part in value]
    return value


def _gap_on_the_way(value: Mapping[str, Any], outputs: Mapping[str, Any], item: Any) -> Any:
    pointer = value[REF] if REF in value else value[ITEM]
    source: Any = outputs if REF in value else item
    for token in tokens(pointer) if pointer else ():
        if is_gap(source):
            break
        try:
            source = source[index(token) if isinstance(source, (list, tuple)) else token]
        except (KeyError, IndexError, ValueError, TypeError):
            return None
    return source if is_gap(source) else None


def in_doubt(conditions: Sequence[Condition], outputs: Mapping[str, Any]) -> bool:
    """Whether it isn't known yet if conditions hold."""
    for condition in conditions:
        try:
            if has_gap(resolved_with_gaps([condition.value, condition.operand], outputs)):
                return True
        except DanglingReference:
            continue
    return False


def recorded_outputs(plan: Plan, recorded: State) -> dict[str, dict[str, Any]]:
    """What the reads of a plan gave in an execution that was run before: of those that asked for
    the same there, with all that they read recorded, too."""
    before = {} if recorded.plan is None else {step.id: step for step in recorded.plan.steps}
    steps = {step.id: step for step in plan.steps}
    known: dict[str, dict[str, Any]] = {}
    for name in order(plan):
        step, old = steps[name], before.get(name)
        if old is None or is_caught(step, {}) or not _was_given(recorded, name):
            continue
        same = (old.agent, old.arguments, old.for_each, old.when)
        if same != (step.agent, step.arguments, step.for_each, step.when):
            continue
        if all(other in known or is_caught(steps[other], {}) for other in needs(step)):
            known[name] = recorded.outputs[name]
    return known


def _was_given(recorded: State, name: str) -> bool:
    step = recorded.steps.get(name)
    if step is None or step.status is not StepStatus.SUCCEEDED or step.foreseen is not None:
        return False
    return not has_gap(recorded.outputs.get(name))
