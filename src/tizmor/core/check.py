"""A plan is checked before it runs, like a program.

Every problem names the step and says what to do. What is found here: ids, numbers out of bounds,
unknown agents, arguments and references of a wrong type, conditions and lists that lead nowhere,
and cycles. Steps that are at odds are settled apart (`tizmor.core.settlement`).
"""

from __future__ import annotations

import graphlib
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tizmor.core import schema
from tizmor.core.agents import AgentSpec, Parameter
from tizmor.core.graph import is_item, is_reference, needs, references, takes_item, tokens
from tizmor.core.plan import DEFAULT, ITEM, REF, Budget, Plan, Step

MAX_STEPS = 100_000
MAX_WIDTH = 1_000
"""Calls of one `for_each` at a time."""
MAX_SECONDS = 3650 * 24 * 3600
"""The longest time that a plan may give to anything: ten years."""
MAX_ATTEMPTS = 1_000
"""Of one call."""
MAX_BUDGET = 1_000_000_000
"""Tokens, USD, seconds or calls: beyond it a budget is a slip of the pen."""
MAX_PROBLEMS = 20
"""Problems that are told of one plan."""
_A_TIME = f"a number of seconds above 0, at most {MAX_SECONDS:,}"
ID = r"[a-z][a-z0-9_]{0,63}"
"""What a step's id looks like."""
_ID = re.compile(ID)
_SECRET = re.compile(schema.BY_NAME)


def check(plan: Plan, agents: Mapping[str, AgentSpec]) -> list[str]:
    """The problems of a plan, empty when it may run; of many the first `MAX_PROBLEMS`, and how many
    more there are. Linear in steps and edges."""
    problems = _problems(plan, agents)
    if (more := len(problems) - MAX_PROBLEMS) > 0:
        return [*problems[:MAX_PROBLEMS], f"and {more:,} more"]
    return problems


def _problems(plan: Plan, agents: Mapping[str, AgentSpec]) -> list[str]:
    if len(plan.steps) > MAX_STEPS:
        return [f"the plan has {len(plan.steps)} steps; at most {MAX_STEPS} are allowed"]
    problems = [*_ids(plan), *_numbers(plan)]
    steps = {step.id: step for step in plan.steps}
    for step in plan.steps:
        problems += _step(step, steps, agents)
    if not problems:
        problems += _cycle(plan)
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


def _numbers(plan: Plan) -> Iterator[str]:
    """What can't be reckoned with further on: no number, a negative, or longer than any clock."""
    if plan.deadline_s is not None and not _is_time(plan.deadline_s):
        yield f"the plan: its deadline is {_A_TIME}"
    yield from (f"the plan: {problem}" for problem in budget_problems(plan.budget))
    for step in plan.steps:
        yield from (f"step {step.id!r}: {problem}" for problem in budget_problems(step.budget))
        if step.deadline_s is not None and not _is_time(step.deadline_s):
            yield f"step {step.id!r}: its deadline is {_A_TIME}"
        for call in (step, *step.alternatives):
            yield from (f"step {step.id!r}: {problem}" for problem in _patience(call))


def _patience(call: Step) -> Iterator[str]:
    """How long a call is waited for, and how often it is tried again."""
    retry = call.retry
    if call.timeout_s is not None and not _is_time(call.timeout_s):
        yield f"its time-out is {_A_TIME}"
    if not (isinstance(retry.attempts, int) and 1 <= retry.attempts <= MAX_ATTEMPTS):
        yield f"its attempts are a number from 1 to {MAX_ATTEMPTS:,}"
    for name, delay_s in (("first", retry.first_delay_s), ("longest", retry.max_delay_s)):
        if not (_is_number(delay_s) and 0 <= delay_s <= MAX_SECONDS):
            yield f"its {name} delay is a number of seconds from 0 to {MAX_SECONDS:,}"


def budget_problems(budget: Budget | None) -> Iterator[str]:
    """What of a budget can't be reckoned with."""
    if budget is None:
        return
    for name in ("tokens", "usd", "time_s", "calls"):
        amount = getattr(budget, name)
        if amount is not None and not (_is_number(amount) and 0 <= amount <= MAX_BUDGET):
            yield f"its budget of {name} is a number from 0 to {MAX_BUDGET:,}"


def _is_time(seconds: float) -> bool:
    return _is_number(seconds) and 0 < seconds <= MAX_SECONDS


def _is_number(value: float) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)


def _step(step: Step, steps: Mapping[str, Step], agents: Mapping[str, AgentSpec]) -> Iterator[str]:
    spec = agents.get(step.agent)
    if spec is None:
        yield f"step {step.id!r}: there is no agent {step.agent!r}; `tizmor agents` lists them"
        return
    yield from _call(step, spec, steps, agents)
    yield from _flow(step, steps, agents)
    for other in step.alternatives:
        alternative = agents.get(other.agent)
        if alternative is None:
            yield f"step {step.id!r}: there is no agent {other.agent!r} to stand in"
        else:
            yield from _call(other, alternative, steps, agents)


def _flow(step: Step, steps: Mapping[str, Step], agents: Mapping[str, AgentSpec]) -> Iterator[str]:
    """When the step runs, how often, and what it waits for."""
    for other in step.after:
        if other not in steps:
            yield f"step {step.id!r}: waits for {other!r}, which is not in the plan"
    for condition in step.when:
        for pointer in references([condition.value, condition.operand]):
            yield from _reference(step, pointer, steps, agents)
    if step.for_each is None:
        if takes_item(step.arguments):
            yield f"step {step.id!r}: `{ITEM}` has a meaning only in a step with `forEach`"
        return
    for pointer in references(step.for_each.items):
        yield from _reference(step, pointer, steps, agents)
    if not 1 <= step.for_each.width <= MAX_WIDTH:
        yield f"step {step.id!r}: the width of `forEach` is a number from 1 to {MAX_WIDTH}"
    items = _schema_of(step.for_each.items, steps, agents)
    if items is not None and items.get("type") not in (None, "array"):
        yield f"step {step.id!r}: `forEach` wants a list, got {schema.type_name(items)}"


def _call(
    step: Step, spec: AgentSpec, steps: Mapping[str, Step], agents: Mapping[str, AgentSpec]
) -> Iterator[str]:
    """Whether the arguments fit the agent."""
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


def _argument(
    step: Step,
    parameter: Parameter,
    spec: AgentSpec,
    steps: Mapping[str, Step],
    agents: Mapping[str, AgentSpec],
) -> Iterator[str]:
    value = step.arguments[parameter.name]
    if schema.is_secret(parameter.schema) and not _names_secret(value, parameter.schema):
        yield (
            f"step {step.id!r}: argument {parameter.name!r} is a secret: it is given by name, "
            "as secret:NAME, and by no other step"
        )
        return
    if is_item(value):
        return  # what the items are is known when the list is there: the call checks them
    literal = value.get(DEFAULT) if is_reference(value) and DEFAULT in value else value
    if not is_reference(literal):
        yield from (
            f"step {step.id!r}: argument {parameter.name!r}: {problem}"
            for problem in _literal(literal, parameter.schema, spec.defs)
        )
    source = _schema_of(value, steps, agents)
    if source is not None and not schema.fits(source, parameter.schema):
        yield (
            f"step {step.id!r}: argument {parameter.name!r} wants "
            f"{schema.type_name(parameter.schema)}, but {value[REF]} is "
            f"{schema.type_name(source)}"
        )


def _names_secret(value: Any, wanted: schema.Schema) -> bool:
    """Whether a secret is given by its name, or left out where it may be."""
    if value is None:
        return "anyOf" in wanted
    return isinstance(value, str) and _SECRET.fullmatch(value) is not None


def _schema_of(
    value: Any, steps: Mapping[str, Step], agents: Mapping[str, AgentSpec]
) -> schema.Schema | None:
    """The type of what a reference leads to; None for what is none, or leads nowhere."""
    return _source_schema(value[REF], steps, agents) if is_reference(value) else None


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
        source = steps[target]
        names = ", ".join(schema.fields(*_output(source, agents[source.agent]))) or "nothing"
        yield f"step {step.id!r}: {pointer} leads nowhere; {source.agent} returns {names}"


def _source_schema(
    pointer: str, steps: Mapping[str, Step], agents: Mapping[str, AgentSpec]
) -> schema.Schema | None:
    try:
        target, *rest = tokens(pointer)
    except ValueError:
        return None
    spec = agents.get(steps[target].agent) if target in steps else None
    return schema.at(*_output(steps[target], spec), rest) if spec else None


def _output(step: Step, spec: AgentSpec) -> tuple[schema.Schema, Mapping[str, Any]]:
    """The schema of what a step gives, which for a `forEach` is all that its calls gave."""
    if step.for_each is None:
        return spec.output, spec.defs
    failed = {"type": "array", "items": {"type": "object"}}
    results = {"type": "array", "items": spec.output}
    return {"type": "object", "properties": {"results": results, "failed": failed}}, spec.defs


def _cycle(plan: Plan) -> Iterator[str]:
    try:
        graphlib.TopologicalSorter({s.id: needs(s) for s in plan.steps}).prepare()
    except graphlib.CycleError as error:
        path = " -> ".join(reversed(error.args[1]))
        yield f"the steps wait for each other in a circle: {path}; remove one reference"
