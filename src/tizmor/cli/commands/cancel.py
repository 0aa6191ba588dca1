"""`tizmor cancel`: stop an execution for good."""

from __future__ import annotations

from tizmor.cli.decide import give_order
from tizmor.cli.library import Library
from tizmor.cli.options import HERE, ExecutionArgument, JsonOption, WorkspaceOption


def cancel(
    execution_id: ExecutionArgument, workspace: WorkspaceOption = HERE, as_json: JsonOption = False
) -> int:
    """Stop an execution for good; what running steps with an effect did is found out first.

    \b
    Examples:
      tizmor cancel 06b1x3k8q9r2t --workspace work
      tizmor cancel 06b1x3k8q9r2t --json
    """

    async def order(library: Library) -> str:
        return await library.cancel(execution_id)

    return give_order(workspace, execution_id, order, as_json=as_json)
