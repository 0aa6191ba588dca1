"""`tizmor migrate`: bring the database to this version."""

from __future__ import annotations

from tizmor.cli.json_lines import write_json
from tizmor.cli.library import Library, within
from tizmor.cli.options import HERE, JsonOption, WorkspaceOption
from tizmor.cli.terminal.page import Page


def migrate(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> int:
    """Bring the workspace's database to this version, after a copy of it is kept.

    \b
    Examples:
      tizmor migrate --workspace work
      tizmor migrate --json
    """

    async def work(library: Library) -> int:
        sentence = await library.migrate()
        if as_json:
            write_json({"type": "done", "message": sentence})
        else:
            Page.on_stdout(library.settings.bidi).write(sentence)
        return 0

    return within(workspace, work)
