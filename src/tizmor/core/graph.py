"""References between steps, and the graph that they are.

A reference is `{"$ref": "/STEP/field/0"}`: a JSON Pointer (RFC 6901) into the object of all
outputs by step id.
"""

from __future__ import annotations

import graphlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tizmor.core.plan import REF, Plan, Step

INDEX = re.compile(r"0|[1-9][0-9]*")
"""A place in an array (RFC 6901, section 4)."""


class DanglingReference(LookupError):
    """A pointer leads nowhere."""


def tokens(pointer: str) -> list[str]:
    """The unescaped tokens of a JSON Pointer (RFC 6901, section 4). Raises `ValueError`."""
    if not pointer.startswith("/"):
        raise ValueError(f"{pointer!r} is not a JSON Pointer: it must start with /")
    return [t.replace("~1", "/").replace("~0", "~") for t in pointer[1:].split("/")]


def is_reference(value: Any) -> bool:
    return isinstance(value, dict) and len(value) == 1 and isinstance(value.get(REF), str)


def references(value: Any) -> Iterator[str]:
    """The pointers of all references in a JSON value, in order."""
    if is_reference(value):
        yield value[REF]
    elif isinstance(value, dict):
        for item in value.values():
            yield from references(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from references(item)


def index(token: str) -> int:
    """The place in an array that a token means (RFC 6901, section 4). Raises `ValueError`."""
    if not INDEX.fullmatch(token):
        raise ValueError(f"{token!r} is no place in an array")
    return int(token)


def look_up(outputs: Mapping[str, Any], pointer: str) -> Any:
    """What a pointer leads to. Raises `DanglingReference`."""
    value: Any = outputs
    for token in tokens(pointer):
        try:
            value = value[index(token)] if isinstance(value, (list, tuple)) else value[token]
        except (KeyError, IndexError, ValueError, TypeError) as error:
            raise DanglingReference(f"{pointer} leads nowhere (at {token!r})") from error
    return value


def resolved(value: Any, outputs: Mapping[str, Any]) -> Any:
    """The value with every reference replaced by what it leads to. Raises `DanglingReference`."""
    if is_reference(value):
        return look_up(outputs, value[REF])
    if isinstance(value, dict):
        return {k: resolved(v, outputs) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [resolved(v, outputs) for v in value]
    return value


def needs(step: Step) -> tuple[str, ...]:
    """The steps that a step waits for, each once, in order of mention."""
    mentioned = (tokens(p)[0] for p in references(step.arguments))
    return tuple(dict.fromkeys((*mentioned, *step.after)))


def dependencies(plan: Plan) -> dict[str, tuple[str, ...]]:
    """What each step waits for, by step id, in the plan's order."""
    return {step.id: needs(step) for step in plan.steps}


def batches(plan: Plan) -> list[list[str]]:
    """The steps in the waves in which they could start, for people to read; the engine starts a
    step as soon as its own needs are met. Raises `graphlib.CycleError`."""
    order = {step.id: i for i, step in enumerate(plan.steps)}
    sorter = graphlib.TopologicalSorter(dependencies(plan))
    sorter.prepare()
    waves = []
    while sorter.is_active():
        wave = sorted(sorter.get_ready(), key=order.__getitem__)
        waves.append(wave)
        sorter.done(*wave)
    return waves


def ordered_before(plan: Plan) -> dict[str, set[str]]:
    """For each step all those that surely end before it starts."""
    edges = dependencies(plan)
    before: dict[str, set[str]] = {}
    for wave in batches(plan):
        for step in wave:
            before[step] = set(edges[step]).union(*(before[n] for n in edges[step]))
    return before
