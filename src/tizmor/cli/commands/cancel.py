"""`tizmor cancel`: stop an execution for good."""

from __future__ import annotations

from typing import Annotated

import typer

from tizmor.cli.decide import give_order
from tizmor.cli.library import Library
from tizmor.cli.options import HERE, ExecutionArgument, JsonOption, WorkspaceOption


def cancel(
    execution_id: ExecutionArgument,
    roll_back: Annotated[
        bool,
        typer.Option("--roll-back", help="Take back what was done, the last thing first."),
    ] = False,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Stop an execution for good; what running steps with an effect did is found out first.

    With --roll-back, what has been done is then taken back as far as it can be; what can't is said.

    \b
    Examples:
      tizmor cancel 06b1x3k8q9r2t --workspace work
      tizmor cancel 06b1x3k8q9r2t --roll-back
    """

    async def order(library: Library) -> str:
        return await library.cancel(execution_id, roll_back=roll_back)

    return give_order(workspace, execution_id, order, as_json=as_json)
