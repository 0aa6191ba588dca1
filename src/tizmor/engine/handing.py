"""Work that a call hands over, held to what a plan is held to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tizmor.core.check import check
from tizmor.core.completion import completed
from tizmor.core.errors import TalkError
from tizmor.core.plan import Plan, Step
from tizmor.ports.agent import Agent

_ID = "work"


def work_for(
    agents: Mapping[str, Agent], agent: str, arguments: dict[str, Any], title: str
) -> Step:
    """A piece of work as a step with all that its agent declares. Raises `TalkError` with each
    problem that the check of a plan finds in it."""
    specs = {agent: agents[agent].spec} if agent in agents else {}
    plan = Plan(goal=_ID, steps=(Step(id=_ID, agent=agent, arguments=arguments, title=title),))
    if problems := check(plan, specs):
        prefix = f"step {_ID!r}: "
        raise TalkError("; ".join(problem.removeprefix(prefix) for problem in problems))
    return completed(plan, specs).steps[0]
