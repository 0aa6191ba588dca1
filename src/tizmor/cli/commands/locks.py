"""`tizmor locks`: who has and who waits for which resource."""

from __future__ import annotations

import datetime as dt
from functools import partial

from tizmor.cli.library import Library, within
from tizmor.cli.listing import age, write_table
from tizmor.cli.options import HERE, JsonOption, WorkspaceOption
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
        row = partial(_row, now=dt.datetime.now(dt.UTC))
        empty = "Nobody has anything locked."
        return write_table(library, "lock", found, row, empty=empty, as_json=as_json)

    return within(workspace, work, write=False)


def _row(lock: LockView, now: dt.datetime) -> tuple[str, ...]:
    since = f"for {age(lock.since, now)}"
    return lock.resource, lock.state, lock.access, since, lock.execution_id, lock.step
