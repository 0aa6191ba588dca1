"""`tizmor resume`: go on with an execution."""

from __future__ import annotations

from tizmor.cli.follow import follow
from tizmor.cli.library import Library, within
from tizmor.cli.options import HERE, ExecutionArgument, JsonOption, WorkspaceOption, YesOption


def resume(
    execution_id: ExecutionArgument,
    workspace: WorkspaceOption = HERE,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> int:
    """Go on with a paused, interrupted or waiting execution, and show it as `run` does.

    If another process runs it, this one follows; of a finished one the result is shown.

    \b
    Examples:
      tizmor resume 38fx0cac15nm7 --workspace work
      tizmor resume 38fx0cac15nm7 --yes --json
    """

    async def work(library: Library) -> int:
        past = await library.logs(execution_id)
        execution = await library.resume(execution_id, approve_all=yes)
        return await follow(library, execution, as_json=as_json, past=past)

    return within(workspace, work)
