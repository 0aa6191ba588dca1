"""`tizmor agents`: what can be asked for."""

from __future__ import annotations

import msgspec

from tizmor.cli.json_lines import write_json
from tizmor.cli.library import Library, within
from tizmor.cli.options import HERE, JsonOption, WorkspaceOption
from tizmor.cli.terminal.page import Page


def agents(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> int:
    """What can be asked for: each agent with its effect and whether it asks first.

    \b
    Examples:
      tizmor agents
      tizmor agents --json
    """

    async def work(library: Library) -> int:
        known = await library.agents()
        if as_json:
            for spec in known:
                declared = {"effect": spec.effect.value, "critical": spec.critical}
                write_json({"type": "agent", **msgspec.to_builtins(spec), **declared})
            return 0
        rows = [
            (s.name, s.effect.value, "asks first" if s.critical else "", s.description)
            for s in known
        ]
        Page.on_stdout(library.settings.bidi).table(rows)
        return 0

    return within(workspace, work, write=False)
