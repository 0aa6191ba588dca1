"""`tizmor delegate`: hand an approval on to somebody else."""

from __future__ import annotations

from typing import Annotated

import typer

from tizmor.cli.decide import give_order
from tizmor.cli.library import Library
from tizmor.cli.options import HERE, AsOption, ExecutionArgument, JsonOption, WorkspaceOption


def delegate(
    execution_id: ExecutionArgument,
    to: Annotated[
        str, typer.Option(metavar="NAME", help="Who decides it in your place from here on.")
    ],
    approval: Annotated[
        str | None,
        typer.Argument(metavar="APPROVAL", help="Which one; needed when several are open."),
    ] = None,
    by: AsOption = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Hand an approval that a policy has you decide on to somebody else.

    If no other process runs the execution, this one goes on with it and ends as `run` does.

    \b
    Examples:
      tizmor delegate 38fx0cac15nm7 --to yoav --workspace work
      tizmor delegate 38fx0cac15nm7 a2 --to yoav
    """

    async def order(library: Library) -> str:
        return await library.delegate(execution_id, approval, to=to, by=by)

    return give_order(workspace, execution_id, order, as_json=as_json)
