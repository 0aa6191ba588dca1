"""A plan is checked before it runs, like a program.

Every problem names the step and says what to do. What is found here: ids, unknown agents,
arguments and references of a wrong type, cycles, and two steps that use one resource with no
order between them.
"""

from __future__ import annotations

import graphlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import structs

from tizmor.core import schema
from tizmor.core.agents import AgentSpec, Parameter
from tizmor.core.graph import is_reference, needs, ordered_before, references, tokens
from tizmor.core.plan import REF, Access, Effect, Plan, Resource, RetryPolicy, Step

MAX_STEPS = 100_000
_ID = re.compile(r"[a-z][a-z0-9_]{0,63}")
_SEVERITY = list(Effect)


def completed(plan: Plan, agents: Mapping[str, AgentSpec]) -> Plan:
    """The plan with what the agents declare copied into its steps.

    A plan may ask for more care than an agent declares (a graver effect, a gate), never for less.
    """
    return structs.replace(
        plan,
        steps=tuple(
            _completed(step, agents[step.agent]) if step.agent in agents else step
            for step in plan.steps
        ),
    )


def _completed(step: Step, spec: AgentSpec) -> Step:
    return structs.replace(
        step,
        title=step.title or spec.name,
        effect=max(step.effect, spec.effect, key=_SEVERITY.index),
        critical=step.critical or spec.critical,
        prepares=spec.prepares,
        probes=spec.probes,
        untrusted=step.untrusted or spec.untrusted,
        control=tuple(dict.fromkeys((*spec.control, *step.control))),
        resources=_resources_of(step, spec),
        retry=spec.retry if step.retry == RetryPolicy() else step.retry,
        timeout_s=spec.timeout_s if step.timeout_s is None else step.timeout_s,
    )


def _resources_of(step: Step, spec: AgentSpec) -> tuple[Resource, ...]:
    """Each once; exclusive where the plan or the agent says so."""
    joined: dict[str, Resource] = {}
    for resource in (*step.resources, *spec.resources):
        if resource.name not in joined or resource.access is Access.EXCLUSIVE:
            joined[resource.name] = resource
    return tuple(joined.values())


def check(plan: Plan, agents: Mapping[str, AgentSpec]) -> list[str]:
    """All problems of a plan, empty when it may run. Linear in steps and edges, but for steps that
    share a resource, which are compared pair by pair."""
    if len(plan.steps) > MAX_STEPS:
        return [f"the plan has {len(plan.steps)} steps; at most {MAX_STEPS} are allowed"]
    problems = [*_ids(plan)]
    if problems:
        return problems
    steps = {step.id: step for step in plan.steps}
    for step in plan.steps:
        problems += _step(step, steps, agents)
    if not problems:
        problems += _cycle(plan)
    if not problems:
        problems += _resources(plan)
    return problems


def _ids(plan: Plan) -> Iterator[str]:
    seen: set[str] = set()
    for step in plan.steps:
        if not _ID.fullmatch(step.id):
            yield (
                f"step {step.id!r}: an id is a lower-case letter, then letters, digits or _, "
                "at most 64 in all"
            )
        if step.id in seen:
            yield f"step {step.id!r}: the id is used twice; rename one"
        seen.add(step.id)


def _step(step: Step, steps: Mapping[str, Step], agents: Mapping[str, AgentSpec]) -> Iterator[str]:
    spec = agents.get(step.agent)
    if spec is None:
        yield f"step {step.id!r}: there is no agent {step.agent!r}; `tizmor agents` lists them"
        return
    known = {p.name for p in spec.parameters}
    for name in step.arguments:
        if name not in known:
            yield (
                f"step {step.id!r}: {step.agent} takes no argument {name!r} "
                f"(it takes {', '.join(sorted(known)) or 'none'})"
            )
    for parameter in spec.parameters:
        if parameter.name in step.arguments:
            yield from _argument(step, parameter, spec, steps, agents)
        elif parameter.required:
            yield f"step {step.id!r}: {step.agent} needs the argument {parameter.name!r}"
    for pointer in references(step.arguments):
        yield from _reference(step, pointer, steps, agents)
    for other in step.after:
        if other not in steps:
            yield f"step {step.id!r}: waits for {other!r}, which is not in the plan"


def _argument(
    step: Step,
    parameter: Parameter,
    spec: AgentSpec,
    steps: Mapping[str, Step],
    agents: Mapping[str, AgentSpec],
) -> Iterator[str]:
    value = step.arguments[parameter.name]
    if not is_reference(value):
        yield from (
            f"step {step.id!r}: argument {parameter.name!r}: {problem}"
            for problem in _literal(value, parameter.schema, spec.defs)
        )
        return
    source = _source_schema(value[REF], steps, agents)
    if source is not None and not schema.fits(source, parameter.schema):
        yield (
            f"step {step.id!r}: argument {parameter.name!r} wants "
            f"{schema.type_name(parameter.schema)}, but {value[REF]} is "
            f"{schema.type_name(source)}"
        )


_JSON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list, tuple),
    "object": (dict,),
}


def _literal(value: Any, wanted: schema.Schema, defs: Mapping[str, Any]) -> Iterator[str]:
    """Whether a literal has the right JSON type and fields; its agent checks the rest."""
    if value is None and "anyOf" in wanted:
        return
    wanted = schema.resolve(wanted, defs)
    kind = wanted.get("type")
    types = _JSON_TYPES.get(kind) if isinstance(kind, str) else None
    if types is None:
        return
    if not isinstance(value, types) or (isinstance(value, bool) and kind != "boolean"):
        yield f"wants {kind}, got {type(value).__name__}"
    elif isinstance(value, dict):
        yield from (f"lacks {name!r}" for name in wanted.get("required", ()) if name not in value)


def _reference(
    step: Step, pointer: str, steps: Mapping[str, Step], agents: Mapping[str, AgentSpec]
) -> Iterator[str]:
    try:
        target = tokens(pointer)[0]
    except ValueError as error:
        yield f"step {step.id!r}: {error}"
        return
    if target not in steps:
        yield f"step {step.id!r}: refers to {pointer}, but there is no step {target!r}"
    elif target == step.id:
        yield f"step {step.id!r}: refers to itself by {pointer}"
    elif steps[target].agent in agents and _source_schema(pointer, steps, agents) is None:
        spec = agents[steps[target].agent]
        names = ", ".join(schema.fields(spec.output, spec.defs)) or "nothing"
        yield f"step {step.id!r}: {pointer} leads nowhere; {spec.name} returns {names}"


def _source_schema(
    pointer: str, steps: Mapping[str, Step], agents: Mapping[str, AgentSpec]
) -> schema.Schema | None:
    try:
        target, *rest = tokens(pointer)
    except ValueError:
        return None
    spec = agents.get(steps[target].agent) if target in steps else None
    return schema.at(spec.output, spec.defs, rest) if spec else None


def _cycle(plan: Plan) -> Iterator[str]:
    try:
        graphlib.TopologicalSorter({s.id: needs(s) for s in plan.steps}).prepare()
    except graphlib.CycleError as error:
        path = " -> ".join(reversed(error.args[1]))
        yield f"the steps wait for each other in a circle: {path}; remove one reference"


def _resources(plan: Plan) -> Iterator[str]:
    users: dict[str, list[tuple[Step, Access]]] = {}
    for step in plan.steps:
        for resource in step.resources:
            users.setdefault(resource.name, []).append((step, resource.access))
    shared = {name: who for name, who in users.items() if len(who) > 1}
    if not shared:
        return
    before = ordered_before(plan)
    for name, who in shared.items():
        for i, (first, access) in enumerate(who):
            for second, other in who[i + 1 :]:
                ordered = first.id in before[second.id] or second.id in before[first.id]
                if not ordered and Access.EXCLUSIVE in (access, other):
                    yield (
                        f"steps {first.id!r} and {second.id!r} both use {name} with no order "
                        f"between them; put {first.id!r} into {second.id!r}'s `after`"
                    )
