"""Another plan for a request whose first one failed in the middle.

The request is planned again without the agents that failed. What the old plan has done already
keeps its steps; what was to come of the failed step must come of another agent, or there is no
other way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import structs

from tizmor.core.agents import AgentSpec
from tizmor.core.errors import PlanRefused
from tizmor.core.graph import is_reference
from tizmor.core.plan import REF, Plan
from tizmor.core.schema import fields, type_name
from tizmor.ports.planner import Failure

_PLAIN = frozenset({"any", "string", "integer", "number", "boolean", "object", "array"})


def check_replaced(plan: Plan, failure: Failure, specs: Mapping[str, AgentSpec]) -> None:
    """Raises `PlanRefused` unless other agents of the plan make all that the failed ones made."""
    made = {kind for step in plan.steps for kind in _makes(specs[step.agent])}
    for name in failure.agents:
        wanted = _makes(specs[name]) if name in specs else frozenset({name})
        if not wanted or wanted - made:
            raise PlanRefused([f"no other agent can do what {name} was to do"])


def aligned(plan: Plan, failure: Failure) -> Plan:
    """The plan with the old plan's ids for the steps that are the same call, and for the others
    ids that the old plan doesn't have."""
    old = failure.plan
    same = {(step.agent, _text(step.arguments)): step.id for step in old.steps}
    taken = {step.id for step in old.steps}
    names: dict[str, str] = {}
    steps = []
    for step in plan.steps:
        arguments = _renamed(step.arguments, names)
        name = same.get((step.agent, _text(arguments))) or _free(step.id, taken)
        taken.add(name)
        names[step.id] = name
        after = tuple(names[other] for other in step.after)
        steps.append(structs.replace(step, id=name, arguments=arguments, after=after))
    return structs.replace(plan, steps=tuple(steps))


def without(specs: Iterable[AgentSpec], names: Iterable[str]) -> tuple[AgentSpec, ...]:
    left_out = frozenset(names)
    return tuple(spec for spec in specs if spec.name not in left_out)


def _makes(spec: AgentSpec) -> frozenset[str]:
    """The named types of an agent's output."""
    kinds = (type_name(field).removesuffix("[]") for field in _outputs(spec))
    return frozenset(kind for kind in kinds if kind not in _PLAIN)


def _outputs(spec: AgentSpec) -> Iterable[Mapping[str, Any]]:
    return (f for name, f in fields(spec.output, spec.defs).items() if name not in _BESIDE)


_BESIDE = frozenset({"sources", "warnings"})
"""What every agent may say beside what it makes."""


def _text(arguments: Mapping[str, Any]) -> str:
    return repr(sorted(arguments.items()))


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if is_reference(value):
        _, step, *rest = value[REF].split("/")
        return {**value, REF: "/".join(["", names[step], *rest])}
    if isinstance(value, dict):
        return {key: _renamed(part, names) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_renamed(part, names) for part in value]
    return value


def _free(name: str, taken: set[str]) -> str:
    if name not in taken:
        return name
    return next(f"{name}_{i}" for i in range(2, len(taken) + 3) if f"{name}_{i}" not in taken)
