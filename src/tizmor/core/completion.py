"""A plan with what the agents declare copied into its steps, so that it means the same for ever."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import structs

from tizmor.core import schema
from tizmor.core.absent import asked_for, defaults
from tizmor.core.agents import AgentSpec
from tizmor.core.approval import needs_gate
from tizmor.core.plan import Access, Effect, OnFailure, Plan, Resource, RetryPolicy, Step
from tizmor.core.resources import filled_in

_SEVERITY = list(Effect)
MAX_ALTERNATIVES = 5


def completed(
    plan: Plan, agents: Mapping[str, AgentSpec], capable: Iterable[AgentSpec] = ()
) -> Plan:
    """The plan with what its `agents` declare, and with the alternatives that `capable`, in order
    of preference, offer where the plan names none.

    A plan may ask for more care than an agent declares (a graver effect, a gate), never for less.
    """
    known = list(capable)
    steps = tuple(
        _with_alternatives(_completed(step, agents[step.agent]), step.resources, agents, known)
        if step.agent in agents
        else step
        for step in plan.steps
    )
    return _with_defaults(structs.replace(plan, steps=steps), {**agents, **_by_name(known)})


def _by_name(specs: Iterable[AgentSpec]) -> dict[str, AgentSpec]:
    return {spec.name: spec for spec in specs}


def _with_defaults(plan: Plan, agents: Mapping[str, AgentSpec]) -> Plan:
    """The plan with each step told what others ask it for and its agent may leave out."""
    asked = asked_for(plan)
    return structs.replace(
        plan,
        steps=tuple(
            structs.replace(
                _told(step, agents, asked[step.id]),
                alternatives=tuple(_told(o, agents, asked[step.id]) for o in step.alternatives),
            )
            if step.id in asked
            else step
            for step in plan.steps
        ),
    )


def _told(step: Step, agents: Mapping[str, AgentSpec], places: Sequence[Sequence[str]]) -> Step:
    spec = agents.get(step.agent)
    missing = {} if spec is None else defaults(spec, places)
    return structs.replace(step, output_defaults=missing) if missing else step


def _completed(step: Step, spec: AgentSpec) -> Step:
    effect = max(step.effect, spec.effect, key=_SEVERITY.index)
    return structs.replace(
        step,
        title=step.title or spec.name,
        effect=effect,
        critical=step.critical or spec.critical,
        prepares=spec.prepares,
        probes=spec.probes,
        compensates=spec.compensates,
        undoes_by_key=spec.undoes_by_key,
        output_defaults={},
        receives=spec.receives,
        hands_over=spec.hands_over,
        untrusted=step.untrusted or spec.untrusted,
        control=tuple(dict.fromkeys((*spec.control, *step.control))),
        resources=_resources_of(step, spec),
        retry=spec.retry if step.retry == RetryPolicy() else step.retry,
        timeout_s=spec.timeout_s if step.timeout_s is None else step.timeout_s,
        costs=spec.costs,
        on_failure=step.on_failure or _default_policy(effect),
    )


def _default_policy(effect: Effect) -> OnFailure:
    """A human is asked about what was to be changed outside; of a read it is enough to say that it
    failed."""
    asks = effect in (Effect.COMPENSATABLE, Effect.IRREVERSIBLE)
    return OnFailure.ASK if asks else OnFailure.FAIL


def _resources_of(step: Step, spec: AgentSpec) -> tuple[Resource, ...]:
    """Each once; exclusive where the plan or the agent says so."""
    joined: dict[str, Resource] = {}
    for declared in (*step.resources, *spec.resources):
        resource = filled_in(declared, step.arguments)
        if resource.name not in joined or resource.access is Access.EXCLUSIVE:
            joined[resource.name] = resource
    return tuple(joined.values())


def _with_alternatives(
    step: Step,
    declared: Sequence[Resource],
    agents: Mapping[str, AgentSpec],
    capable: Iterable[AgentSpec],
) -> Step:
    """Another agent never does more to the world than the step's own: a graver effect, or a gate
    that the user hasn't met in the plan, is no alternative. It uses what the plan has `declared`
    that the step uses, and what it needs itself."""
    uses = tuple(filled_in(resource, step.arguments) for resource in declared)
    if step.alternatives:
        return structs.replace(
            step,
            alternatives=tuple(
                _completed(_standing_in(other, step.id, uses), agents[other.agent])
                if other.agent in agents
                else other
                for other in step.alternatives
            ),
        )
    found = (
        _completed(structs.replace(_bare(step), agent=spec.name, resources=uses), spec)
        for spec in capable
        if _can_stand_in(spec, step, agents[step.agent])
    )
    return structs.replace(step, alternatives=tuple(found)[:MAX_ALTERNATIVES])


def _standing_in(other: Step, name: str, uses: tuple[Resource, ...]) -> Step:
    return structs.replace(other, id=name, resources=(*uses, *other.resources))


def _bare(step: Step) -> Step:
    """What a plan says of a step, whoever does it."""
    return Step(
        id=step.id,
        agent=step.agent,
        title=step.title,
        arguments=step.arguments,
        critical=step.critical,
        after=step.after,
        when=step.when,
        for_each=step.for_each,
        deadline_s=step.deadline_s,
        budget=step.budget,
        on_failure=step.on_failure,
    )


def _can_stand_in(spec: AgentSpec, step: Step, own: AgentSpec) -> bool:
    if not own.capability or spec.capability != own.capability or spec.name == own.name:
        return False
    if _SEVERITY.index(spec.effect) > _SEVERITY.index(step.effect):
        return False
    if spec.critical and not needs_gate(step):
        return False
    takes = {p.name: p for p in spec.parameters}
    needed = {p.name for p in spec.parameters if p.required}
    if not needed <= set(step.arguments) <= set(takes):
        return False
    fitting = all(
        schema.fits(mine.schema, takes[name].schema)
        for name in step.arguments
        if (mine := own.parameter(name)) is not None
    )
    given, wanted = schema.fields(spec.output, spec.defs), schema.fields(own.output, own.defs)
    return fitting and all(
        name in given and schema.fits(given[name], field) for name, field in wanted.items()
    )
