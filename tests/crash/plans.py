"""Random plans over every effect class: chains, forks and joins of a few steps each."""

from __future__ import annotations

import random
from typing import Any

from tests.crash.recorder import ODDS

from tizmor.core.plan import REF, Plan, Step

_STEPS = (4, 9)
_AGENTS = tuple(ODDS)
_WEIGHTS = (2, 2, 2, 1, 3, 3)


def plan(seed: str) -> Plan:
    """A plan that is the same for the same seed."""
    dice = random.Random(seed)
    steps: list[Step] = []
    for number in range(dice.randint(*_STEPS)):
        steps.append(_step(dice, f"s{number}", [step.id for step in steps]))
    return Plan(goal=seed, steps=tuple(steps))


def _step(dice: random.Random, name: str, before: list[str]) -> Step:
    """A step that needs up to two of those before it: one's output, and one's end."""
    needs = dice.sample(before, min(len(before), dice.choice((0, 1, 1, 2))))
    arguments: dict[str, Any] = {"item": f"item of {name}"}
    if needs:
        arguments["after"] = {REF: f"/{needs[0]}/key"}
    (agent,) = dice.choices(_AGENTS, _WEIGHTS)
    return Step(id=name, agent=agent, arguments=arguments, after=tuple(needs[1:]))
