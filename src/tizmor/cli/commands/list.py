"""`tizmor list`: the newest executions."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import msgspec
import typer

from tizmor.cli.json_lines import write_json
from tizmor.cli.library import Library, within
from tizmor.cli.options import HERE, JsonOption, WorkspaceOption
from tizmor.cli.terminal.page import Page
from tizmor.engine.views import ExecutionSummary, Status

_QUERY_SHOWN = 80
_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60))


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
        if as_json:
            for summary in found:
                write_json({"type": "execution", **msgspec.to_builtins(summary)})
            return 0
        page = Page.on_stdout(library.settings.bidi)
        now = dt.datetime.now(dt.UTC)
        page.table([_row(summary, now) for summary in found])
        if not found:
            page.write('Nothing has run here yet. Begin with: tizmor run "…"')
        return 0

    return within(workspace, work, write=False)


def _row(summary: ExecutionSummary, now: dt.datetime) -> tuple[str, str, str, str]:
    kind = "(dry run) " if summary.dry_run else ""
    query = kind + " ".join(summary.query.split())
    shown = query if len(query) <= _QUERY_SHOWN else query[: _QUERY_SHOWN - 1] + "…"
    mark = "! " if summary.status is Status.INTERRUPTED else "  "
    return mark + summary.status.value, age(summary.created_at, now), summary.execution_id, shown


def age(created_at: str, now: dt.datetime) -> str:
    """How long ago, in the largest unit that fits: `3 h`."""
    seconds = max(0, int((now - dt.datetime.fromisoformat(created_at)).total_seconds()))
    for unit, length in _UNITS:
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"
