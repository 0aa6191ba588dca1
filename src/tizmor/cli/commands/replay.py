"""`tizmor replay`: an execution folded anew from its journal."""

from __future__ import annotations

import msgspec

from tizmor.cli.commands.logs import write_log
from tizmor.cli.exits import ExitCode
from tizmor.cli.json_lines import write_json
from tizmor.cli.library import Library, within
from tizmor.cli.options import HERE, ExecutionArgument, JsonOption, WorkspaceOption
from tizmor.cli.terminal.page import Page
from tizmor.engine.views import Replay, Status


def replay(
    execution_id: ExecutionArgument, workspace: WorkspaceOption = HERE, as_json: JsonOption = False
) -> int:
    """Go through an execution again, event by event, from its journal alone.

    Nothing is called and nothing changed. At the end it says whether the journal leads to what is
    shown of the execution; if not, it says what differs and ends with exit code 1.

    \b
    Examples:
      tizmor replay 06b1x3k8q9r2t --workspace work
      tizmor replay 06b1x3k8q9r2t --json | tail -1
    """

    async def work(library: Library) -> int:
        await write_log(library, execution_id, as_json=as_json)
        told = await library.replay(execution_id)
        shown = await library.get(execution_id)
        if as_json:
            write_json({"type": "replay", **msgspec.to_builtins(told)})
        else:
            page = Page.on_stdout(library.settings.bidi)
            page.write(_verdict(told, shown.status))
            for difference in told.differences:
                page.write(f"But: {difference}")
        return ExitCode.FAILED if told.differences else ExitCode.DONE

    return within(workspace, work, write=False)


def _verdict(told: Replay, shown: Status) -> str:
    """Where the journal leads. That a process has gone stands in no journal, so an interrupted
    execution is shown otherwise than it leads to."""
    led = f"{told.events} events lead to {told.status}"
    if told.differences:
        return f"{led}."
    if shown is Status.INTERRUPTED:
        return f"{led}; it is shown as {shown}, since no process runs it."
    return f"{led}, as it is shown."
