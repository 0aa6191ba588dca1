"""Random plans, and the planner that makes them.

A plan is drawn choice by choice; the plainest of all is one step that reads.
"""

from __future__ import annotations

from typing import Any

from tests.simulation.world import Way

from tizmor.core.errors import PlanRefused
from tizmor.core.plan import Choice, Effect, Plan, Question, RetryPolicy, Step
from tizmor.drivers.simulated.choices import Stream
from tizmor.ports.planner import PlanRequest

MAX_STEPS = 12
_EFFECTS = tuple(Effect)


def drawn_plan(stream: Stream) -> Plan:
    """A graph of up to twelve steps of any effect; each may need any before it."""
    steps: list[Step] = []
    for _ in range(1 + stream.below(MAX_STEPS)):
        steps.append(_step(stream, [step.id for step in steps]))
    return Plan(goal="simulated", steps=tuple(steps))


def _step(stream: Stream, before: list[str]) -> Step:
    effect = stream.pick(_EFFECTS)
    needed = _some(stream, before, at_most=2)
    arguments: dict[str, Any] = {
        f"x{i}": {"$ref": f"/{other}/value"} for i, other in enumerate(needed)
    }
    if stream.chance(0.3):
        arguments["note"] = "n"
    return Step(
        id=f"s{len(before)}",
        agent=Way(
            effect=effect,
            critical=stream.chance(0.2),
            prepares=stream.chance(0.25),
            probes=stream.chance(0.5) and effect is not Effect.READ,
            hurries=stream.chance(0.3),
        ).name,
        arguments=arguments,
        after=tuple(_some(stream, before, at_most=1)),
        retry=RetryPolicy(attempts=1 + stream.below(3), first_delay_s=0.2, max_delay_s=0.5),
        untrusted=stream.chance(0.1),
    )


def _some(stream: Stream, names: list[str], *, at_most: int) -> list[str]:
    if not names:
        return []
    chosen = [names[-1 - stream.below(len(names))] for _ in range(stream.below(at_most + 1))]
    return list(dict.fromkeys(chosen))


class DrawnPlanner:
    """Gives the plans of a run by their request, now and then after a question, or not at all."""

    def __init__(self, stream: Stream) -> None:
        self.plans: dict[str, Plan] = {}
        self._asks: dict[str, bool] = {}
        self._stream = stream

    def add(self, request: str, plan: Plan) -> None:
        self.plans[request] = plan
        self._asks[request] = self._stream.chance(0.3)

    async def plan(self, request: PlanRequest) -> Plan:
        plan = self.plans[request.text]
        if self._stream.chance(0.05):
            raise PlanRefused(["nothing matches"])
        if self._asks[request.text] and not request.answers:
            which = Question(id="who", text="Who?", choices=(Choice(value="a", label="A"),))
            return Plan(goal="simulated", questions=(which,))
        return plan
