"""`tizmor budget`: what may be used, is reserved and was spent."""

from __future__ import annotations

from typing import Annotated

import typer

from tizmor.cli.library import Library, within
from tizmor.cli.listing import write_table
from tizmor.cli.options import HERE, JsonOption, WorkspaceOption
from tizmor.engine.views import BudgetView

_HEAD = ("budget", "spent", "reserved", "limit")
_EMPTY = (
    "Nothing is bounded, and nothing was counted. A budget is set in tizmor.toml:"
    ' budgets = { "day.usd" = 5 }'
)
_UNITS = {"usd": " USD", "time": " s"}


def budget(
    execution: Annotated[
        str | None,
        typer.Argument(metavar="ID", help="Of this execution and its steps.", show_default=False),
    ] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """What may be used, what running calls have reserved of it, and what was spent.

    Without an execution: the workspace's budgets and today's. Budgets are set in tizmor.toml, by a
    plan, or by `tizmor run --budget`.

    \b
    Examples:
      tizmor budget
      tizmor budget 38fx0cac15nm7
      tizmor budget --json
    """

    async def work(library: Library) -> int:
        found = await library.budgets(execution)
        return write_table(
            library, "budget", found, _row, head=_HEAD, empty=_EMPTY, as_json=as_json
        )

    return within(workspace, work, write=False)


def _row(view: BudgetView) -> tuple[str, str, str, str]:
    unit = _UNITS.get(view.measure, "")
    limit = "none" if view.limit is None else f"{view.limit:,.10g}{unit}"
    return (
        f"{view.scope}.{view.measure}",
        f"{view.spent:,.10g}{unit}",
        f"{view.reserved:,.10g}{unit}",
        limit,
    )
