"""References between steps, and the graph that they are.

A reference is `{"$ref": "/STEP/field/0"}`: a JSON Pointer (RFC 6901) into the object of all
outputs by step id.
"""

from __future__ import annotations

import graphlib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, NamedTuple

from tizmor.core.plan import DEFAULT, ITEM, REF, Plan, Step
from tizmor.core.remembered import remembered

INDEX = re.compile(r"0|[1-9][0-9]*")
"""A place in an array (RFC 6901, section 4)."""


class DanglingReference(LookupError):
    """A pointer leads nowhere."""


@lru_cache(maxsize=4096)
def tokens(pointer: str) -> tuple[str, ...]:
    """The unescaped tokens of a JSON Pointer (RFC 6901, section 4). Raises `ValueError`."""
    if not pointer.startswith("/"):
        raise ValueError(f"{pointer!r} is not a JSON Pointer: it must start with /")
    return tuple(t.replace("~1", "/").replace("~0", "~") for t in pointer[1:].split("/"))


def is_reference(value: Any) -> bool:
    """Whether a value stands for a part of another step's output."""
    if not isinstance(value, dict) or REF not in value or not isinstance(value[REF], str):
        return False
    return len(value) == 1 or (len(value) == 2 and DEFAULT in value)


def is_item(value: Any) -> bool:
    """Whether a value stands for (a part of) the item that a call of a `for_each` is for."""
    return isinstance(value, dict) and len(value) == 1 and isinstance(value.get(ITEM), str)


def references(value: Any) -> Iterator[str]:
    """The pointers of all references in a JSON value, in order."""
    for reference in _references(value):
        yield reference[REF]


def takes_item(value: Any) -> bool:
    """Whether an item pointer stands anywhere in a JSON value."""
    if is_item(value):
        return True
    if isinstance(value, dict):
        return any(takes_item(part) for part in value.values())
    return isinstance(value, (list, tuple)) and any(takes_item(part) for part in value)


def _references(value: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    _gather(value, found)
    return found


def _gather(value: Any, found: list[dict[str, Any]]) -> None:
    if isinstance(value, dict):
        if is_reference(value):
            found.append(value)
        else:
            for item in value.values():
                _gather(item, found)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _gather(item, found)


def index(token: str) -> int:
    """The place in an array that a token means (RFC 6901, section 4). Raises `ValueError`."""
    if not INDEX.fullmatch(token):
        raise ValueError(f"{token!r} is no place in an array")
    return int(token)


def look_up(outputs: Mapping[str, Any], pointer: str) -> Any:
    """What a pointer leads to. Raises `DanglingReference`."""
    return _walk(outputs, tokens(pointer), pointer)


def _walk(value: Any, way: Sequence[str], pointer: str) -> Any:
    for token in way:
        try:
            value = value[index(token)] if isinstance(value, (list, tuple)) else value[token]
        except (KeyError, IndexError, ValueError, TypeError) as error:
            raise DanglingReference(f"{pointer} leads nowhere (at {token!r})") from error
    return value


def resolved(value: Any, outputs: Mapping[str, Any], item: Any = None) -> Any:
    """The value with every reference, and every pointer into `item`, replaced by what it leads to.

    Raises `DanglingReference` where there is neither that nor a default.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        if REF in value and is_reference(value):
            return _referenced(value, outputs)
        if ITEM in value and is_item(value):
            pointer = value[ITEM]
            return _walk(item, tokens(pointer) if pointer else (), pointer)
        return {k: resolved(v, outputs, item) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [resolved(v, outputs, item) for v in value]
    return value


def resolvable(arguments: Mapping[str, Any], outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the arguments that can be resolved."""
    found = {}
    for name, value in arguments.items():
        with suppress(DanglingReference):
            found[name] = resolved(value, outputs)
    return found


def _referenced(reference: dict[str, Any], outputs: Mapping[str, Any]) -> Any:
    pointer = reference[REF]
    try:
        return _walk(outputs, tokens(pointer), pointer)
    except DanglingReference:
        if DEFAULT in reference:
            return reference[DEFAULT]
        raise


class Needs(NamedTuple):
    """The other steps that a step waits for, each once, in order of mention.

    It takes data from `read` and is impossible without it, waits for `watched` to end in whatever
    way, and comes after `followed`, which must not have failed. What an alternative needs counts as
    the step's own: it may have to take over at any time.
    """

    read: tuple[str, ...]
    watched: tuple[str, ...]
    followed: tuple[str, ...]


def edges(step: Step) -> Needs:
    """What a step waits for, by kind. A step in several kinds stands in the strictest."""
    required: dict[str, None] = {}
    mentioned: dict[str, None] = {}
    if step.arguments:
        for reference in _references(step.arguments):
            target = tokens(reference[REF])[0]
            (mentioned if DEFAULT in reference else required)[target] = None
    if step.when or step.for_each is not None:
        _add_conditions(step, required, mentioned)
    followed: tuple[str, ...] = ()
    if step.after:
        followed = tuple(dict.fromkeys(n for n in step.after if n not in required))
    if not mentioned:
        return Needs(tuple(required), (), followed)
    watched = tuple(n for n in mentioned if n not in required and n not in followed)
    return Needs(tuple(required), watched, followed)


def _add_conditions(step: Step, required: dict[str, None], mentioned: dict[str, None]) -> None:
    for condition in step.when:
        for pointer in references([condition.value, condition.operand]):
            mentioned[tokens(pointer)[0]] = None
    if step.for_each is not None:
        for pointer in references(step.for_each.items):
            required[tokens(pointer)[0]] = None


class Ties(NamedTuple):
    """One step among the others: what it waits for, and who takes data from it, waits for its end,
    or comes after it; `dependents` are all of these, each of them once."""

    needs: Needs
    readers: tuple[str, ...]
    watchers: tuple[str, ...]
    followers: tuple[str, ...]
    dependents: tuple[str, ...]


UNTIED = Ties(Needs((), (), ()), (), (), (), ())


def tied(steps: Mapping[str, Step]) -> dict[str, Ties]:
    """Steps by id tied together, and what they need besides them."""
    needed = {name: edges(step) for name, step in steps.items()}
    waiting: dict[str, tuple[list[str], list[str], list[str]]] = {n: ([], [], []) for n in needed}
    for name, kinds in needed.items():
        for kind, others in enumerate(kinds):
            for other in others:
                waiting.setdefault(other, ([], [], []))[kind].append(name)
    return {
        name: Ties(
            needs=needed.get(name, UNTIED.needs),
            readers=tuple(readers),
            watchers=tuple(watchers),
            followers=tuple(followers),
            dependents=(*readers, *followers, *watchers),
        )
        for name, (readers, watchers, followers) in waiting.items()
    }


@remembered
def ties(plan: Plan) -> dict[str, Ties]:
    """A plan's steps tied together."""
    return tied({step.id: step for step in plan.steps})


def needs(step: Step) -> tuple[str, ...]:
    """The steps that a step waits for, each once."""
    return sum(edges(step), ())


@remembered
def dependencies(plan: Plan) -> Mapping[str, tuple[str, ...]]:
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


def order(plan: Plan) -> list[str]:
    """The steps so that each comes after all that it waits for. Raises `graphlib.CycleError`."""
    return [step for wave in batches(plan) for step in wave]


def descendants(plan: Plan, step: str) -> set[str]:
    """All steps that wait, directly or not, for `step`."""
    dependents: dict[str, list[str]] = {s.id: [] for s in plan.steps}
    for name, required in dependencies(plan).items():
        for other in required:
            dependents[other].append(name)
    found: set[str] = set()
    queue = [step]
    while queue:
        for other in dependents[queue.pop()]:
            if other not in found:
                found.add(other)
                queue.append(other)
    return found
