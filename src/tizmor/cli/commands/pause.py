"""`tizmor pause`: let running steps end and start none."""

from __future__ import annotations

from tizmor.cli.decide import give_order
from tizmor.cli.library import Library
from tizmor.cli.options import HERE, ExecutionArgument, JsonOption, WorkspaceOption


def pause(
    execution_id: ExecutionArgument, workspace: WorkspaceOption = HERE, as_json: JsonOption = False
) -> int:
    """Let the steps that run end, and start none; `tizmor resume ID` goes on.

    \b
    Examples:
      tizmor pause 38fx0cac15nm7 --workspace work
      tizmor pause 38fx0cac15nm7 --json
    """

    async def order(library: Library) -> str:
        return await library.pause(execution_id)

    return give_order(workspace, execution_id, order, as_json=as_json)
