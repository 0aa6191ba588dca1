"""Random plans, and the planner that makes them.

A plan is drawn choice by choice; the plainest of all is one step that reads.
"""

from __future__ import annotations

from typing import Any

from msgspec import structs
from tests.simulation.ways import Way

from tizmor.core.errors import PlanRefused
from tizmor.core.plan import (
    ITEM,
    REF,
    Access,
    Choice,
    Condition,
    Effect,
    ForEach,
    OnFailure,
    Plan,
    Question,
    Resource,
    RetryPolicy,
    Step,
    Test,
)
from tizmor.drivers.simulated.choices import Stream
from tizmor.ports.planner import Failure, PlanRequest
from tizmor.ports.quotas import Quota

MAX_STEPS = 12
_EFFECTS = tuple(Effect)
_RESOURCES = ("calendar", "file")
_POLICIES = (None, OnFailure.FAIL, OnFailure.ASK, OnFailure.ROLL_BACK)
_TESTS = (Test.NOT_EMPTY, Test.EMPTY, Test.EQUALS)


def drawn_plan(stream: Stream, sharing: Stream, *, shares: bool) -> Plan:
    """A graph of up to twelve steps of any effect; each may need any before it. Where it `shares`,
    steps use what others use, too."""
    steps: list[Step] = []
    for _ in range(1 + stream.below(MAX_STEPS)):
        steps.append(_step(stream, steps))
    deadline_s = 2.0 if stream.chance(0.05) else None
    if shares:
        steps = _using(sharing, steps)
    return Plan(goal="simulated", steps=tuple(steps), deadline_s=deadline_s)


def drawn_quotas(stream: Stream) -> dict[str, Quota]:
    """Quotas over all calls, over those of one effect, over both, or none."""
    quotas: dict[str, Quota] = {}
    if stream.chance(0.5):
        quotas["workspace"] = Quota(1 + stream.below(3), 1_000)
    if stream.chance(0.3):
        api = f"api:{stream.pick(_EFFECTS).value}"
        quotas[api] = Quota(1 + stream.below(2), 500)
    return quotas


def _using(stream: Stream, steps: list[Step]) -> list[Step]:
    """The steps with resources, each after those of its plan that it would be in the way of."""
    users: dict[str, list[tuple[str, Access]]] = {}
    using = []
    for step in steps:
        after = dict.fromkeys(step.after)
        used = []
        for name in _RESOURCES:
            if not stream.chance(0.4):
                continue
            access = stream.pick((Access.EXCLUSIVE, Access.SHARED))
            others = users.setdefault(name, [])
            after |= dict.fromkeys(o for o, how in others if Access.EXCLUSIVE in (how, access))
            others.append((step.id, access))
            used.append(Resource(name=name, access=access))
        resources = tuple(used)
        using.append(
            structs.replace(
                step,
                after=tuple(after),
                resources=resources,
                alternatives=tuple(
                    structs.replace(other, resources=resources) for other in step.alternatives
                ),
            )
        )
    return using


def _step(stream: Stream, before: list[Step]) -> Step:
    name = f"s{len(before)}"
    readable = [step.id for step in before if step.for_each is None]
    arguments: dict[str, Any] = {
        f"x{i}": {REF: f"/{other}/value"}
        for i, other in enumerate(_some(stream, readable, at_most=2))
    }
    if stream.chance(0.3):
        arguments["note"] = "n"
    way = _way(stream, stream.pick(_EFFECTS))
    step = Step(
        id=name,
        agent=way.name,
        arguments=arguments,
        after=tuple(_some(stream, [step.id for step in before], at_most=1)),
        retry=RetryPolicy(attempts=1 + stream.below(3), first_delay_s=0.2, max_delay_s=0.5),
        untrusted=stream.chance(0.1),
        on_failure=stream.pick(_POLICIES),
        when=_condition(stream, readable) if stream.chance(0.1) else (),
        deadline_s=0.6 if stream.chance(0.05) else None,
        alternatives=_alternatives(stream, name, way, arguments) if stream.chance(0.15) else (),
    )
    return _for_each(stream, step) if stream.chance(0.1) else step


def _way(stream: Stream, effect: Effect) -> Way:
    return Way(
        effect=effect,
        critical=stream.chance(0.2),
        prepares=stream.chance(0.25),
        probes=stream.chance(0.5) and effect is not Effect.READ,
        compensates=stream.chance(0.7) and effect is Effect.COMPENSATABLE,
        hurries=stream.chance(0.3),
    )


def _alternatives(
    stream: Stream, name: str, own: Way, arguments: dict[str, Any]
) -> tuple[Step, ...]:
    """Another agent with the same effect, asked about no less."""
    other = structs.replace(_way(stream, own.effect), critical=own.critical)
    return (Step(id=name, agent=other.name, arguments=arguments),)


def _for_each(stream: Stream, step: Step) -> Step:
    items = ["a", "b", "c", "d"][: 1 + stream.below(4)]
    each = ForEach(items=items, width=1 + stream.below(3))
    arguments = {**step.arguments, "note": {ITEM: ""}}
    return structs.replace(step, for_each=each, arguments=arguments, alternatives=())


def _condition(stream: Stream, readable: list[str]) -> tuple[Condition, ...]:
    if not readable:
        return ()
    value = {REF: f"/{stream.pick(readable)}/value"}
    return (Condition(value=value, test=stream.pick(_TESTS), operand="s0"),)


def _some(stream: Stream, names: list[str], *, at_most: int) -> list[str]:
    if not names:
        return []
    chosen = [names[-1 - stream.below(len(names))] for _ in range(stream.below(at_most + 1))]
    return list(dict.fromkeys(chosen))


class DrawnPlanner:
    """Gives the plans of a run by their request, now and then after a question, or not at all, and
    sometimes knows another way after a failure."""

    def __init__(self, stream: Stream) -> None:
        self.plans: dict[str, Plan] = {}
        self._asks: dict[str, bool] = {}
        self._stream = stream

    def add(self, request: str, plan: Plan) -> None:
        self.plans[request] = structs.replace(plan, planner="drawn/1")
        self._asks[request] = self._stream.chance(0.3)

    async def plan(self, request: PlanRequest) -> Plan:
        plan = self.plans[request.text]
        if request.failure is not None:
            return self._other(request.failure)
        if self._stream.chance(0.05):
            raise PlanRefused(["nothing matches"])
        if self._asks[request.text] and not request.answers:
            which = Question(id="who", text="Who?", choices=(Choice(value="a", label="A"),))
            return Plan(goal="simulated", questions=(which,), planner="drawn/1")
        return plan

    def _other(self, failure: Failure) -> Plan:
        """What was done, and a single step in place of the rest."""
        if self._stream.chance(0.3):
            raise PlanRefused(["there is no other way"])
        kept = tuple(step for step in failure.plan.steps if step.id in failure.done)
        instead = Step(id=f"r{len(failure.agents)}", agent=Way(effect=Effect.READ).name)
        return Plan(goal="simulated", steps=(*kept, instead), planner="drawn/1")
