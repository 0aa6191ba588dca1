"""`tizmor run`: do what is asked."""

from __future__ import annotations

import datetime as dt
import os
import sys
from pathlib import Path
from typing import Annotated, TypedDict

import typer

from tizmor.cli.follow import follow
from tizmor.cli.library import Library, within
from tizmor.cli.options import HERE, ConflictsOption, JsonOption, WorkspaceOption, YesOption
from tizmor.cli.plan_file import read_plan
from tizmor.cli.prose import read_budget, read_duration, read_request
from tizmor.core.plan import Budget, Plan, Strategy
from tizmor.observability.trace_context import VARIABLE

RequestArgument = Annotated[
    str | None,
    typer.Argument(metavar="REQUEST", help="What you want done; - reads standard input."),
]
PlanOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Run this plan, as `tizmor plan --json` writes it."),
]
DeadlineOption = Annotated[
    str | None,
    typer.Option(
        metavar="TIME", help="Stop what has not ended after this long, e.g. 90s, 10m, 2h, 1d, 2w."
    ),
]
BudgetOption = Annotated[
    str | None,
    typer.Option(
        metavar="AMOUNTS",
        help="The most it may use, e.g. usd=1,tokens=20000,time=10m,calls=50; what follows when"
        " it doesn't suffice: exhausted=stop, ask, cheaper, or cheaper+ask.",
    ),
]
PriorityOption = Annotated[
    int, typer.Option(help="Of what could go on, the higher number does first.")
]
DryRunOption = Annotated[
    bool,
    typer.Option(
        "--dry-run", help="Read, change nothing, and end with the list of what would be done."
    ),
]
RecordingOption = Annotated[
    str | None,
    typer.Option(
        metavar="ID",
        help="With --dry-run: take what was read in this execution, instead of reading.",
    ),
]
FromDryRunOption = Annotated[
    str | None,
    typer.Option(
        metavar="ID",
        help="Do what this dry run showed; that approves exactly those calls, each once.",
    ),
]


class Wish(TypedDict):
    """What `start` and `dry_run` take beside the request."""

    plan: Plan | None
    priority: int
    deadline: dt.timedelta | None
    conflicts: Strategy | None
    budget: Budget | None
    traceparent: str | None


def run(
    request: RequestArgument = None,
    workspace: WorkspaceOption = HERE,
    yes: YesOption = False,
    plan: PlanOption = None,
    deadline: DeadlineOption = None,
    budget: BudgetOption = None,
    priority: PriorityOption = 0,
    conflicts: ConflictsOption = None,
    dry_run: DryRunOption = False,
    recording: RecordingOption = None,
    from_dry_run: FromDryRunOption = None,
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
      tizmor run "set a meeting with Yoav tomorrow at 15:00" --dry-run
      tizmor run --from-dry-run 38fx0cac15nm7
      tizmor run "summarise the Tevuot documents" --budget usd=0.50,exhausted=ask
    \b
    Exit codes: 0 done, 1 failed, 2 wrong input, 3 waits for a human, 4 rejected or cancelled,
    130 interrupted.

    With TRACEPARENT in the environment (W3C Trace Context) its trace is a part of the caller's.
    """
    if from_dry_run is not None:
        if request or plan or dry_run or recording or deadline or priority or conflicts or budget:
            raise typer.BadParameter("--from-dry-run brings all but --yes with it")
        return carry_out(from_dry_run, workspace=workspace, yes=yes, as_json=as_json)
    if recording is not None and not dry_run:
        raise typer.BadParameter("--recording is for a dry run: add --dry-run")
    wish = Wish(
        plan=read_plan(plan) if plan else None,
        priority=priority,
        deadline=read_duration(deadline) if deadline else None,
        conflicts=conflicts,
        budget=read_budget(budget) if budget else None,
        traceparent=_caller(),
    )
    if request is None:
        request = wish["plan"].goal if wish["plan"] else ""
    text = "" if recording is not None and not request else read_request(request)

    async def work(library: Library) -> int:
        await _name_interrupted(library)
        if dry_run:
            execution = await library.dry_run(text, recording=recording, **wish)
        else:
            execution = await library.start(text, approve_all=yes, **wish)
        return await follow(library, execution, as_json=as_json)

    return within(workspace, work)


def carry_out(dry_run: str, *, workspace: Path, yes: bool = False, as_json: bool) -> int:
    """Start an execution that does what a dry run showed, and follow it as `run` does."""

    async def work(library: Library) -> int:
        execution = await library.carry_out(dry_run, approve_all=yes, traceparent=_caller())
        return await follow(library, execution, as_json=as_json)

    return within(workspace, work)


def _caller() -> str | None:
    """The span of who started this process, where it handed one over."""
    return os.environ.get(VARIABLE)


async def _name_interrupted(library: Library) -> None:
    interrupted = await library.interrupted()
    if interrupted:
        ids = ", ".join(summary.execution_id for summary in interrupted[:5])
        more = f" and {len(interrupted) - 5} more" if len(interrupted) > 5 else ""
        print(f"Interrupted earlier: {ids}{more}; `tizmor resume ID` goes on.", file=sys.stderr)
