"""Which quotas a call counts against: its agent's own, and those that the settings name.

[limits]
workspace = "600/minute"        # all calls together
"api:gmail" = "60/minute"       # all agents that call it
"api:gmail/key" = "10/minute"   # for each secret that it is called with
"agent:WebRead" = "5/minute"    # instead of the agent's own
"api:llm/tokens" = "90000/minute"

What is counted in tokens takes as many as a call may use (the step's `costs`), and keeps as many as
it has used. What calls an API that nobody has limited counts, too: it may say itself that it takes
no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tizmor.pipeline.call import Call
from tizmor.pipeline.meter import bound
from tizmor.ports.agent import Agent
from tizmor.ports.quotas import UNLIMITED, Quota, Use, quota
from tizmor.ports.secrets import PREFIX

WORKSPACE = "workspace"
_AGENT, _API, _KEY, _TOKENS = "agent:", "api:", "/key", "/tokens"


class QuotaRules:
    """The quotas of a workspace's agents; `limits` are the settings'. The narrowest comes first, in
    one order for all: agent, key, API, workspace."""

    def __init__(self, agents: Iterable[Agent], limits: Mapping[str, Quota]) -> None:
        self._fixed: dict[str, tuple[Use, ...]] = {}
        self._by_key: dict[str, tuple[str, Quota]] = {}
        self._tokens: dict[str, tuple[Use, ...]] = {}
        for agent in agents:
            spec = agent.spec
            own, api = f"{_AGENT}{spec.name}", f"{_API}{spec.api}"
            known = {own: quota(spec.rate_limit)} if spec.rate_limit else {}
            known |= {own: limits[own]} if own in limits else {}
            known |= {api: limits.get(api, UNLIMITED)} if spec.api else {}
            known |= {WORKSPACE: limits[WORKSPACE]} if WORKSPACE in limits else {}
            if known:
                self._fixed[spec.name] = tuple(Use(*each) for each in known.items())
            tokens = [n for n in (f"{own}{_TOKENS}", f"{api}{_TOKENS}") if n in limits]
            if tokens and spec.costs is not None:
                self._tokens[spec.name] = tuple(Use(name, limits[name]) for name in tokens)
            if f"{api}{_KEY}" in limits and agent.secrets:
                self._by_key[spec.name] = (f"{api}{_KEY}", limits[f"{api}{_KEY}"])

    def __call__(self, call: Call) -> Sequence[Use]:
        name = call.step.agent
        uses = self._fixed.get(name, ())
        if name in self._by_key:
            limit, allowed = self._by_key[name]
            by_key = tuple(Use(f"{limit}:{key}", allowed) for key in _keys(call))
            own = bool(uses) and uses[0].name.startswith(_AGENT)
            uses = (*uses[:own], *by_key, *uses[own:])
        if name in self._tokens and (most := bound(call.step.costs).tokens):
            uses = (*(use._replace(amount=most) for use in self._tokens[name]), *uses)
        return uses


def told_by_api(uses: Sequence[Use]) -> str:
    """Of which quota an answer speaks: of the key's that it was called with, else of the API's,
    else of the agent's. Empty when of none: not of all that the workspace calls."""
    for prefix in (_API, _AGENT):
        for use in uses:
            if use.name.startswith(prefix) and not use.name.endswith(_TOKENS):
                return use.name
    return ""


def spent_of(uses: Sequence[Use], tokens: int) -> dict[str, int]:
    """What a call that has used so many tokens has taken of the quotas that count them."""
    return {use.name: tokens for use in uses if use.name.endswith(_TOKENS)}


def _keys(call: Call) -> list[str]:
    """The names of the secrets that a call is given, each once."""
    given = call.agent.secret_defaults | call.arguments
    named = {given.get(argument) for argument in call.agent.secrets}
    return sorted(
        n.removeprefix(PREFIX) for n in named if isinstance(n, str) and n.startswith(PREFIX)
    )
