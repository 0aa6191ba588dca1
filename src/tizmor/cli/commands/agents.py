"""`tizmor agents`: what can be asked for."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tizmor.cli.json_lines import write_json
from tizmor.cli.library import Library, within
from tizmor.cli.options import HERE, JsonOption, WorkspaceOption
from tizmor.cli.terminal.page import Page
from tizmor.core.agents import AgentSpec
from tizmor.ports.breakers import CLOSED


def agents(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> int:
    """What can be asked for: each agent with its effect, whether it asks first, and the state of
    the circuit breaker before it, if anything that it calls has failed.

    \b
    Examples:
      tizmor agents
      tizmor agents --json
    """

    async def work(library: Library) -> int:
        known = await library.agents()
        breakers = {breaker.name: breaker.state for breaker in await library.breakers()}
        if as_json:
            for spec in known:
                declared = {"effect": spec.effect.value, "critical": spec.critical}
                write_json(
                    {
                        "type": "agent",
                        **msgspec.to_builtins(spec),
                        **declared,
                        **_breaker(spec, breakers),
                    }
                )
            return 0
        rows = [
            (
                s.name,
                s.effect.value,
                "asks first" if s.critical else "",
                _breaker(s, breakers).get("breaker", ""),
                s.description,
            )
            for s in known
        ]
        Page.on_stdout(library.settings.bidi).table(rows)
        return 0

    return within(workspace, work, write=False)


def _breaker(spec: AgentSpec, states: Mapping[str, str]) -> dict[str, str]:
    """Whether an agent's calls are held back just now: the state of its breaker, or its API's."""
    for name in (f"agent:{spec.name}", f"api:{spec.api}"):
        if states.get(name, CLOSED) != CLOSED:
            return {"breaker": states[name]}
    return {"breaker": CLOSED} if f"agent:{spec.name}" in states else {}
