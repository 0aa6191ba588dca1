"""`tizmor metrics`: what each agent's steps took and cost."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from tizmor.cli.json_lines import write_json
from tizmor.cli.library import Library, within
from tizmor.cli.listing import require_agent
from tizmor.cli.options import HERE, JsonOption, WorkspaceOption
from tizmor.cli.terminal.page import Page
from tizmor.ports.journal import AgentFigures

_HEAD = (
    "agent", "steps", "done", "failed", "calls", "cached", "queue", "wait", "run", "tokens", "cost"
)  # fmt: skip


def metrics(
    agent: Annotated[str | None, typer.Option(metavar="NAME", help="Of this agent only.")] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """What the steps of all executions took and cost, by agent.

    Queue, wait and run are the mean of a step: ready before its first call began, held for what
    others used, and running, all its calls together.

    \b
    Examples:
      tizmor metrics
      tizmor metrics --agent DriveSearch --json
    """

    async def work(library: Library) -> int:
        found = [f for f in await library.metrics() if agent in (None, f.agent)]
        if agent is not None and not found:
            await require_agent(library, agent)
        if as_json:
            for figures in found:
                cost_usd = figures.microusd / 1_000_000
                write_json({"type": "metrics", **msgspec.to_builtins(figures), "costUsd": cost_usd})
            return 0
        page = Page.on_stdout(library.settings.bidi)
        if not found:
            page.write("No step has run yet.")
            return 0
        page.table([_HEAD, *(_row(figures) for figures in found)])
        return 0

    return within(workspace, work, write=False)


def _row(figures: AgentFigures) -> tuple[str, ...]:
    counts = (figures.steps, figures.succeeded, figures.failed, figures.attempts, figures.cached)
    times = (figures.queue_ms, figures.wait_ms, figures.run_ms)
    return (
        figures.agent,
        *(f"{count:,}" for count in counts),
        *(f"{ms / figures.steps:,.0f} ms" for ms in times),
        f"{figures.tokens:,}",
        f"${figures.microusd / 1_000_000:.4f}",
    )
