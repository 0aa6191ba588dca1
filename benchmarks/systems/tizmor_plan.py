"""A workload as Tizmor sees it: one agent, and a plan whose references are the edges."""

from __future__ import annotations

from benchmarks.contract import Site
from benchmarks.workloads import edges
from tizmor import AgentContext, Effect, agent
from tizmor.core.plan import Plan, Step
from tizmor.ports.agent import Agent
from tizmor.ports.vocabulary import Value


class Nothing(Value, frozen=True):
    value: str = ""


_NOTHING = Nothing(value="v")


def agent_of(site: Site) -> Agent:
    effect = Effect.IDEMPOTENT if site.has_effect else Effect.READ

    @agent(name="Nothing", effect=effect)
    async def nothing(value: str = "", *, ctx: AgentContext) -> Nothing:
        """Do what the workload says, as a rule nothing."""
        await site.step(ctx.step_id)
        return _NOTHING

    return nothing


def plan_of(site: Site) -> Plan:
    return Plan(
        goal="nothing",
        steps=tuple(
            Step(
                id=name,
                agent="Nothing",
                arguments={"value": {"$ref": f"/{needs[0]}/value"}} if needs else {},
                after=needs[1:],
            )
            for name, needs in edges(site.shape, site.size).items()
        ),
    )
