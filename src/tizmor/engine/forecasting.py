"""Forecasts from what stands in the journal's read models.

Nothing is kept for them: the newest steps say what calls take today, and looking at these costs the
same whatever the history.
"""

from __future__ import annotations

from collections.abc import Sequence

from tizmor.core.forecast import FEW, Forecast, Measured, forecast
from tizmor.core.plan import Plan
from tizmor.ports.journal import Journal

NEWEST = (5_000, 50_000)
"""Among how many of the newest steps an agent's calls are looked for: first, and then those of
which there are few."""


async def forecast_of(journal: Journal, plan: Plan) -> Forecast:
    """The forecast of a plan by what its agents' calls took lately."""
    wanted = list(dict.fromkeys(step.agent for step in plan.steps))
    measured: dict[str, list[Measured]] = {}
    for among in NEWEST:
        if wanted:
            measured |= await _measured(journal, wanted, among)
        wanted = [agent for agent in wanted if len(measured.get(agent, ())) < FEW]
    return forecast(plan, measured)


async def _measured(
    journal: Journal, agents: Sequence[str], among: int
) -> dict[str, list[Measured]]:
    found: dict[str, list[Measured]] = {}
    for call in await journal.measured(agents, among=among):
        found.setdefault(call.agent, []).append(Measured(call.run_ms, call.tokens, call.microusd))
    return found
