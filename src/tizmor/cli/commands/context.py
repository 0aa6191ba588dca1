"""`tizmor context`: what the steps of an execution have shared."""

from __future__ import annotations

from typing import Annotated

import typer

from tizmor.cli.library import Library, within
from tizmor.cli.listing import clipped, write_lines
from tizmor.cli.options import HERE, ExecutionArgument, JsonOption, WorkspaceOption
from tizmor.cli.terminal.words import Words
from tizmor.core.errors import UserError
from tizmor.engine.views import SharedVersion

_SHOWN = 2000


def context(
    execution_id: ExecutionArgument,
    key: Annotated[str | None, typer.Argument(metavar="[KEY]", help="Only this key.")] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
    versions: Annotated[
        bool, typer.Option("--versions", help="All versions, not only the newest.")
    ] = False,
) -> int:
    """What the steps of an execution have shared with each other: who, when, and which version.

    \b
    Examples:
      tizmor context 38fx0cac15nm7 --workspace work
      tizmor context 38fx0cac15nm7 topics --versions
      tizmor context 38fx0cac15nm7 --json
    """

    async def work(library: Library) -> int:
        made = await library.context(execution_id, key)
        if key is not None and not made:
            raise UserError(f"nothing was shared under {key!r} in {execution_id}")
        shown = made if versions else list({each.key: each for each in made}.values())
        return await write_lines(library, execution_id, "shared", shown, _line, as_json=as_json)

    return within(workspace, work, write=False)


def _line(made: SharedVersion, words: Words) -> str:
    mark = f" ({words.untrusted_mark})" if made.untrusted else ""
    return f"{made.key} {made.version} {made.at} {made.step}{mark}: {clipped(made.value, _SHOWN)}"
