"""`tizmor list`: the newest executions."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Annotated

import typer

from tizmor.cli.library import Library, within
from tizmor.cli.listing import age, write_table
from tizmor.cli.options import HERE, JsonOption, WorkspaceOption
from tizmor.engine.views import ExecutionSummary, Status

_QUERY_SHOWN = 80


def list_executions(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 50,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """The newest executions: status, age, id and request.

    An interrupted one (its process is gone) goes on with `tizmor resume ID`.

    \b
    Examples:
      tizmor list --workspace work
      tizmor list --limit 5 --json
    """

    async def work(library: Library) -> int:
        found = await library.list(limit=limit)
        row = partial(_row, now=dt.datetime.now(dt.UTC))
        empty = 'Nothing has run here yet. Begin with: tizmor run "…"'
        return write_table(library, "execution", found, row, empty=empty, as_json=as_json)

    return within(workspace, work, write=False)


def _row(summary: ExecutionSummary, now: dt.datetime) -> tuple[str, str, str, str]:
    kind = "(dry run) " if summary.dry_run else ""
    query = kind + " ".join(summary.query.split())
    shown = query if len(query) <= _QUERY_SHOWN else query[: _QUERY_SHOWN - 1] + "…"
    mark = "! " if summary.status is Status.INTERRUPTED else "  "
    return mark + summary.status.value, age(summary.created_at, now), summary.execution_id, shown
