"""`tizmor reject`: reject what asks for approval."""

from __future__ import annotations

from typing import Annotated

import typer

from tizmor.cli.decide import give_order
from tizmor.cli.library import Library
from tizmor.cli.options import HERE, AsOption, ExecutionArgument, JsonOption, WorkspaceOption


def reject(
    execution_id: ExecutionArgument,
    approval: Annotated[
        str | None,
        typer.Argument(metavar="APPROVAL", help="Which one; needed when several are open."),
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Kept with the decision.")] = None,
    by: AsOption = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Reject what asks for approval: what depends on it is skipped, the rest goes on.

    If no other process runs the execution, this one goes on with it and ends as `run` does, with
    exit code 4.

    \b
    Examples:
      tizmor reject 38fx0cac15nm7 --workspace work
      tizmor reject 38fx0cac15nm7 --reason "Yoav is abroad"
    """

    async def order(library: Library) -> str:
        return await library.reject(execution_id, approval, reason=reason, by=by)

    return give_order(workspace, execution_id, order, as_json=as_json)
