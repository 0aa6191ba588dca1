"""`tizmor limits`: how the quotas stand, and how many calls wait for a place in them."""

from __future__ import annotations

import datetime as dt
from functools import partial

from tizmor.cli.library import Library, within
from tizmor.cli.listing import age, write_table
from tizmor.cli.options import HERE, JsonOption, WorkspaceOption
from tizmor.engine.views import LimitView

_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


def limits(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> int:
    """How often what is outside may be called by all processes together: what of each quota is
    taken, how many calls wait for it and since when, and what an API has said itself.

    Quotas are set in the workspace's tizmor.toml, under [limits].

    \b
    Examples:
      tizmor limits --workspace work
      tizmor limits --json
    """

    async def work(library: Library) -> int:
        found = await library.limits()
        row = partial(_row, now=dt.datetime.now(dt.UTC))
        empty = "Nothing that was called here is limited."
        return write_table(library, "limit", found, row, empty=empty, as_json=as_json)

    return within(workspace, work, write=False)


def _row(limit: LimitView, now: dt.datetime) -> tuple[str, ...]:
    waiting = f"{limit.waiting:,} wait" if limit.waiting else ""
    since = f"for {age(limit.since, now)}" if limit.since else ""
    said = f"the API takes {limit.left} more until {limit.until}" if limit.until else ""
    return limit.name, _taken(limit), waiting, since, said


def _taken(limit: LimitView) -> str:
    if limit.amount is None or limit.window_s is None:
        return f"{limit.taken:,} under way"
    return f"{limit.taken:,} of {limit.amount:,} per {_window(limit.window_s)}"


def _window(seconds: float) -> str:
    for length, unit in _UNITS:
        number, rest = divmod(seconds, length)
        if number and not rest:
            return unit if number == 1 else f"{number:g} {unit}s"
    return "second" if seconds == 1 else f"{seconds:g} seconds"
