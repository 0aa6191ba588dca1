"""`tizmor logs`: all that happened in one execution."""

from __future__ import annotations

from tizmor.cli.json_lines import write_json
from tizmor.cli.library import Library, within
from tizmor.cli.options import HERE, ExecutionArgument, JsonOption, WorkspaceOption
from tizmor.cli.terminal.page import Page
from tizmor.cli.terminal.plain import event_line
from tizmor.cli.terminal.words import ENGLISH
from tizmor.engine.views import StreamEvent


def logs(
    execution_id: ExecutionArgument, workspace: WorkspaceOption = HERE, as_json: JsonOption = False
) -> int:
    """All that happened in one execution so far, one event a line, oldest first.

    \b
    Examples:
      tizmor logs 38fx0cac15nm7 --workspace work
      tizmor logs 38fx0cac15nm7 --json | tail -1
    """

    async def work(library: Library) -> int:
        await write_log(library, execution_id, as_json=as_json)
        return 0

    return within(workspace, work, write=False)


async def write_log(library: Library, execution_id: str, *, as_json: bool) -> None:
    """All events so far, one a line."""
    page = Page.on_stdout(library.settings.bidi)
    for event in await library.logs(execution_id):
        if as_json:
            write_json(event)
        elif event.id is not None:
            page.write(log_line(event), at_left=True)


def log_line(event: StreamEvent) -> str:
    """The event with its place in the journal and its time."""
    said = event_line(event, ENGLISH) or " ".join(filter(None, (event.type, event.status)))
    return f"{event.id or '-'} {event.at} {said}"
