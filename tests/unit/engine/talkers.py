"""Agents that do what a test says, and plans of them."""

from __future__ import annotations

from typing import Any

import msgspec

from tizmor.core.plan import Step
from tizmor.ports.agent import Agent, AgentContext, agent


class Out(msgspec.Struct):
    value: Any = None


def doing(name: str, act: Any, **declared: Any) -> Agent:
    """An agent that does `act(ctx)`."""

    @agent(name=name, **declared)
    async def do(text: str = "", *, ctx: AgentContext) -> Out:
        """Do something."""
        return Out(value=await act(ctx))

    return do


def step(name: str, agent_name: str, **more: Any) -> Step:
    return Step(id=name, agent=agent_name, **more)


def gave(execution: Any) -> list[Any]:
    """What each step gave, None for one that gave nothing."""
    return [None if s.output is None else s.output["value"] for s in execution.steps]
