"""Which quotas a call counts against: its agent's own, and those that the settings name.

[limits]
workspace = "600/minute"        # all calls together
"api:gmail" = "60/minute"       # all agents that call it
"api:gmail/key" = "10/minute"   # for each secret that it is called with
"agent:WebRead" = "5/minute"    # instead of the agent's own
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tizmor.pipeline.call import Call
from tizmor.ports.agent import Agent
from tizmor.ports.quotas import Quota, Use, quota
from tizmor.ports.secrets import PREFIX

WORKSPACE = "workspace"
_KEY = "/key"


class QuotaRules:
    """The quotas of a workspace's agents; `limits` are the settings'."""

    def __init__(self, agents: Iterable[Agent], limits: Mapping[str, Quota]) -> None:
        self._fixed: dict[str, tuple[Use, ...]] = {}
        self._by_key: dict[str, tuple[str, Quota]] = {}
        for agent in agents:
            spec = agent.spec
            own = f"agent:{spec.name}"
            known = {own: quota(spec.rate_limit)} if spec.rate_limit else {}
            known |= {n: limits[n] for n in (WORKSPACE, own, f"api:{spec.api}") if n in limits}
            if known:
                self._fixed[spec.name] = tuple(Use(name, known[name]) for name in sorted(known))
            by_key = f"api:{spec.api}{_KEY}"
            if by_key in limits and agent.secrets:
                self._by_key[spec.name] = (by_key, limits[by_key])

    def __call__(self, call: Call) -> Sequence[Use]:
        name = call.step.agent
        uses = self._fixed.get(name, ())
        if name in self._by_key:
            limit, allowed = self._by_key[name]
            uses += tuple(Use(f"{limit}:{key}", allowed) for key in _keys(call))
        return uses


def _keys(call: Call) -> list[str]:
    """The names of the secrets that a call is given."""
    given = call.agent.secret_defaults | call.arguments
    named = (given.get(argument) for argument in sorted(call.agent.secrets))
    return [n.removeprefix(PREFIX) for n in named if isinstance(n, str) and n.startswith(PREFIX)]
