"""Fields that an output leaves out because they have their default value.

What an agent returns may be stored without them. A plan may refer to them all the same: when it is
completed, each step is told the defaults that others ask it for, and when the step's output comes,
these are put in. What nobody asks for stays left out.

Places are JSON Pointers (RFC 6901) into the output of one call; `*` stands for each item of a list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tizmor.core import schema
from tizmor.core.agents import AgentSpec
from tizmor.core.events import as_stored
from tizmor.core.graph import INDEX, is_item, is_reference, references, tokens
from tizmor.core.plan import ITEM, REF, Plan, Step

_EACH = "*"


def asked_for(plan: Plan) -> dict[str, list[Sequence[str]]]:
    """The places that a plan refers to in what a single call gives, by the step that gives it. A
    reference that leads nowhere is the check's to tell."""
    steps = {step.id: step for step in plan.steps}
    places: dict[str, list[Sequence[str]]] = {}
    for way in _ways(plan):
        target, *inside = way
        if target in steps and steps[target].for_each is not None:
            inside = inside[2:] if inside[:1] == ["results"] else []
        if inside:
            places.setdefault(target, []).append(inside)
    return places


def _ways(plan: Plan) -> Iterator[Sequence[str]]:
    for step in plan.steps:
        for call in (step, *step.alternatives):
            for pointer in references([call.arguments, _flow(call)]):
                if pointer.startswith("/"):
                    yield tokens(pointer)
            yield from _item_ways(call)


def _flow(step: Step) -> list[Any]:
    values = [value for c in step.when for value in (c.value, c.operand)]
    return values if step.for_each is None else [*values, step.for_each.items]


def _item_ways(step: Step) -> Iterator[Sequence[str]]:
    """The ways that pointers into an item take from where the list comes from."""
    if step.for_each is None or not is_reference(step.for_each.items):
        return
    source = step.for_each.items[REF]
    for pointer in _item_pointers(step.arguments):
        if source.startswith("/") and pointer.startswith("/"):
            yield [*tokens(source), _EACH, *tokens(pointer)]


def _item_pointers(value: Any) -> Iterator[str]:
    if is_item(value):
        yield value[ITEM]
    elif isinstance(value, dict):
        for part in value.values():
            yield from _item_pointers(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _item_pointers(part)


def defaults(spec: AgentSpec, places: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Those of the places, and of what is on the way to them, that the agent declares a default
    for; what is further out comes first."""
    found: dict[str, Any] = {}
    for way in places:
        declared: schema.Schema = spec.output
        for depth, token in enumerate(way, 1):
            declared = schema.resolve(declared, spec.defs)
            if declared.get("type") == "array" and (token == _EACH or INDEX.fullmatch(token)):
                declared = declared.get("items") or {}
            elif token in (fields := declared.get("properties") or {}):
                declared = fields[token]
                if "default" in declared:
                    found[_pointer(way[:depth])] = as_stored(declared["default"])
            else:
                break
    return found


def _pointer(way: Sequence[str]) -> str:
    return "".join("/" + token.replace("~", "~0").replace("/", "~1") for token in way)


def filled(output: dict[str, Any], missing: Mapping[str, Any]) -> dict[str, Any]:
    """The output with the defaults of what it leaves out put in; it stays as it is itself."""
    for pointer, default in missing.items():
        way = tokens(pointer)
        if len(way) > 1 or way[0] not in output:
            output = _filled(output, way, default)
    return output


def _filled(value: Any, way: Sequence[str], default: Any) -> Any:
    token, *rest = way
    if isinstance(value, list):
        return [
            _filled(item, rest, default) if token in (_EACH, str(place)) else item
            for place, item in enumerate(value)
        ]
    if not isinstance(value, dict):
        return value
    if rest:
        return {**value, token: _filled(value[token], rest, default)} if token in value else value
    return value if token in value else {**value, token: default}
