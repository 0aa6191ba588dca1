"""Random plans over every effect class: chains, forks and joins of a few steps each."""

from __future__ import annotations

import random
from typing import Any

import msgspec

from tizmor.core.plan import ITEM, REF, ForEach, OnFailure, Plan, Step

_STEPS = (4, 9)
_AGENTS = ("Glance", "Put", "Book", "Meet", "Send", "Pay")
_WEIGHTS = (2, 2, 3, 1, 3, 3)
_FOR_EACH, _ROLL_BACK = 0.08, 0.3
_ITEMS = (2, 4)


def plan(seed: str) -> Plan:
    """A plan that is the same for the same seed."""
    dice = random.Random(seed)
    policy = OnFailure.ROLL_BACK if dice.random() < _ROLL_BACK else None
    steps: list[Step] = []
    for number in range(dice.randint(*_STEPS)):
        step = _step(dice, f"s{number}", steps)
        steps.append(msgspec.structs.replace(step, on_failure=policy))
    return Plan(goal=seed, steps=tuple(steps))


def _step(dice: random.Random, name: str, before: list[Step]) -> Step:
    """A step that needs up to two of those before it: one's output, and one's end."""
    needs = dice.sample(before, min(len(before), dice.choice((0, 1, 1, 2))))
    after = [step.id for step in needs]
    arguments: dict[str, Any] = {"item": f"item of {name}"}
    if needs and needs[0].for_each is None:
        arguments["after"] = {REF: f"/{after.pop(0)}/key"}
    (agent,) = dice.choices(_AGENTS, _WEIGHTS)
    for_each = None
    if dice.random() < _FOR_EACH:
        items = [f"{name} {number}" for number in range(dice.randint(*_ITEMS))]
        for_each = ForEach(items=items, width=2)
        arguments["item"] = {ITEM: ""}
    return Step(id=name, agent=agent, arguments=arguments, after=tuple(after), for_each=for_each)
