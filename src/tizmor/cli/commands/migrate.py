"""`tizmor migrate`: bring the database to this version."""

from __future__ import annotations

from tizmor.cli.json_lines import write_json
from tizmor.cli.library import Library, within
from tizmor.cli.options import HERE, JsonOption, WorkspaceOption
from tizmor.cli.terminal.page import Page
from tizmor.drivers.embedded.process import run
from tizmor.settings import load


def migrate(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> int:
    """Bring the workspace's database to this version.

    A file is copied first. On PostgreSQL no other verb does it; make a backup before.

    \b
    Examples:
      tizmor migrate --workspace work
      tizmor migrate --json
    """
    settings = load(workspace)

    def tell(sentence: str) -> None:
        if as_json:
            write_json({"type": "done", "message": sentence})
        else:
            Page.on_stdout(settings.bidi).write(sentence)

    async def work(library: Library) -> int:
        tell(await library.migrate())
        return 0

    if not settings.server_url:
        return within(workspace, work)
    # Loaded only where it is used: it takes half a second.
    from tizmor.storage.postgres.migrate import upgrade

    tell(run(upgrade(settings.server_url)))
    return 0
