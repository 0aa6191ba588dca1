"""`tizmor cache`: what is kept of agents' answers, and how often it served."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Annotated

import typer

from tizmor.cli.json_lines import write_json
from tizmor.cli.library import Library, within
from tizmor.cli.listing import require_agent, write_objects
from tizmor.cli.options import HERE, JsonOption, WorkspaceOption
from tizmor.cli.terminal.page import Page
from tizmor.ports.cache import CacheUse


class Action(enum.StrEnum):
    """What to do with what is kept."""

    SHOW = "show"
    CLEAR = "clear"


def cache(
    action: Annotated[Action, typer.Argument(help="Look, or remove.")] = Action.SHOW,
    agent: Annotated[str | None, typer.Option(metavar="NAME", help="Of this agent only.")] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """What is kept of agents' answers, and how often it was given instead of a call.

    Hits "alike" were asked in other words; a sample of them is verified: the call is made all the
    same. "False" are those that gave something else.

    \b
    Examples:
      tizmor cache show
      tizmor cache show --agent DriveSearch --json
      tizmor cache clear --agent DriveSearch
      tizmor cache clear
    """

    async def work(library: Library) -> int:
        page = Page.on_stdout(library.settings.bidi)
        kept = await library.cache()
        if agent is not None and agent not in [use.agent for use in kept]:
            await require_agent(library, agent)
        if action is Action.CLEAR:
            removed = await library.clear_cache(agent)
            if as_json:
                write_json({"type": "cache", "agent": agent, "removed": removed})
            else:
                page.write(f"Removed {removed:,} kept answer{'' if removed == 1 else 's'}.")
            return 0
        uses = [use for use in kept if agent in (None, use.agent)]
        if as_json:
            write_objects("cache", uses)
        else:
            _draw(uses, page, library.settings.cache_mb)
        return 0

    return within(workspace, work, write=False)


def _draw(uses: Sequence[CacheUse], page: Page, most_mb: int) -> None:
    if not uses:
        page.write("Nothing is kept here, and nothing was asked that could be.")
        return
    page.table([_row(use) for use in uses])
    total = sum(use.bytes for use in uses) / 1e6
    page.write(f"{total:.1f} MB of at most {most_mb} MB (cache_mb).")


def _row(use: CacheUse) -> tuple[str, ...]:
    asked = use.hits + use.misses
    return (
        use.agent,
        f"{use.entries:,} kept",
        f"{use.bytes / 1e6:.1f} MB",
        f"{use.hits:,} of {asked:,} served",
        f"{use.alike:,} alike",
        f"{use.verified + use.false_hits:,} verified",
        f"{use.false_hits:,} false",
    )
