"""`tizmor locks`: who has and who waits for which resource."""

from __future__ import annotations

import datetime as dt

import msgspec

from tizmor.cli.commands.list import age
from tizmor.cli.json_lines import write_json
from tizmor.cli.library import Library, within
from tizmor.cli.options import HERE, JsonOption, WorkspaceOption
from tizmor.cli.terminal.page import Page
from tizmor.engine.views import LockView


def locks(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> int:
    """Who has and who waits for which resource, and since when, in all processes.

    One that a dead process has is given to who is next when somebody asks for it.

    \b
    Examples:
      tizmor locks --workspace work
      tizmor locks --json
    """

    async def work(library: Library) -> int:
        found = await library.locks()
        if as_json:
            for lock in found:
                write_json({"type": "lock", **msgspec.to_builtins(lock)})
            return 0
        page = Page.on_stdout(library.settings.bidi)
        now = dt.datetime.now(dt.UTC)
        page.table([_row(lock, now) for lock in found])
        if not found:
            page.write("Nobody has anything locked.")
        return 0

    return within(workspace, work, write=False)


def _row(lock: LockView, now: dt.datetime) -> tuple[str, ...]:
    since = f"for {age(lock.since, now)}"
    return lock.resource, lock.state, lock.access, since, lock.execution_id, lock.step
