"""`tizmor run`: do what is asked."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from tizmor.cli.commands.plan import plan as show_plan
from tizmor.cli.follow import follow
from tizmor.cli.library import Library, within
from tizmor.cli.options import HERE, JsonOption, WorkspaceOption, YesOption
from tizmor.cli.prose import read_duration, read_plan, read_request


def run(
    request: Annotated[
        str | None,
        typer.Argument(metavar="REQUEST", help="What you want done; - reads standard input."),
    ] = None,
    workspace: WorkspaceOption = HERE,
    yes: YesOption = False,
    plan: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Run this plan, as `tizmor plan --json` writes it."),
    ] = None,
    deadline: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Stop what has not ended after this long, e.g. 90s, 10m, 2h, 1d, 2w.",
        ),
    ] = None,
    priority: Annotated[
        int, typer.Option(help="Of what could go on, the higher number does first.")
    ] = 0,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Show the plan and what would be asked; creates nothing."),
    ] = False,
    as_json: JsonOption = False,
) -> int:
    """Do what is asked, and show it live.

    In a terminal it asks for approvals and answers as they come up. Elsewhere it ends with exit
    code 3 when only a human can go on, and prints the lines that decide.

    \b
    Examples:
      tizmor run "what did we do in December at Tevuot?"
      tizmor run "set a meeting with Yoav tomorrow at 15:00" --workspace work
      tizmor run - --json < request.txt
      tizmor run --plan plan.json --deadline 10m
    \b
    Exit codes: 0 done, 1 failed, 2 wrong input, 3 waits for a human, 4 rejected or cancelled,
    130 interrupted.
    """
    if dry_run and plan:
        raise typer.BadParameter("--dry-run plans a request; --plan brings a plan already")
    given = read_plan(plan) if plan else None
    until = read_duration(deadline) if deadline else None
    if request is None:
        request = given.goal if given else ""
    text = read_request(request)
    if dry_run:
        return show_plan(text, workspace=workspace, as_json=as_json)

    async def work(library: Library) -> int:
        await _name_interrupted(library)
        execution = await library.start(
            text, approve_all=yes, plan=given, priority=priority, deadline=until
        )
        return await follow(library, execution, as_json=as_json)

    return within(workspace, work)


async def _name_interrupted(library: Library) -> None:
    interrupted = await library.interrupted()
    if interrupted:
        ids = ", ".join(summary.execution_id for summary in interrupted[:5])
        more = f" and {len(interrupted) - 5} more" if len(interrupted) > 5 else ""
        print(f"Interrupted earlier: {ids}{more}; `tizmor resume ID` goes on.", file=sys.stderr)
