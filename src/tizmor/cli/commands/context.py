"""`tizmor context`: what the steps of an execution have shared."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from tizmor.cli.json_lines import write_json
from tizmor.cli.library import Library, within
from tizmor.cli.options import HERE, ExecutionArgument, JsonOption, WorkspaceOption
from tizmor.cli.terminal.page import Page
from tizmor.cli.terminal.words import Words, words_of
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
        if as_json:
            for each in shown:
                write_json({"type": "shared", **msgspec.to_builtins(each)})
            return 0
        page = Page.on_stdout(library.settings.bidi)
        words = words_of((await library.get(execution_id)).language)
        for each in shown:
            page.write(_line(each, words), at_left=True)
        return 0

    return within(workspace, work, write=False)


def _line(made: SharedVersion, words: Words) -> str:
    value = msgspec.json.encode(made.value).decode()
    if len(value) > _SHOWN:
        value = f"{value[:_SHOWN]}…"
    mark = f" ({words.untrusted_mark})" if made.untrusted else ""
    return f"{made.key} {made.version} {made.at} {made.step}{mark}: {value}"
