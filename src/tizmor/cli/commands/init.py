"""`tizmor init`: make a workspace."""

from __future__ import annotations

import datetime as dt
import shlex
from pathlib import Path
from typing import Annotated

import typer

from tizmor.cli.json_lines import write_json
from tizmor.cli.options import HERE, JsonOption, WorkspaceOption
from tizmor.cli.program import program
from tizmor.cli.terminal.page import Page
from tizmor.core.errors import UserError
from tizmor.text.counting import files_en
from tizmor.workspaces.create import EXAMPLES, create_workspace


def init(
    directory: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="The folder; made if it is missing.")
    ] = None,
    example: Annotated[
        str | None,
        typer.Option(metavar="NAME", help=f"Fill it with an example: {', '.join(EXAMPLES)}."),
    ] = None,
    me: Annotated[
        str | None, typer.Option(metavar="'NAME <ADDRESS>'", help="Whose workspace it is.")
    ] = None,
    timezone: Annotated[
        str | None, typer.Option(metavar="ZONE", help="IANA name, e.g. Asia/Jerusalem.")
    ] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Make a workspace: its settings file, its folders, and a word on what goes where.

    A folder that holds documents already becomes a workspace around them; nothing in it is
    changed. An example needs an empty folder and is dated relative to today.

    \b
    Examples:
      tizmor init work --me 'Dana Levi <dana@example.org>'
      tizmor init demo --example tevuot
    """
    if directory is None and workspace == HERE:
        raise UserError(f"which folder? A right line: {program()} init DIR --example tevuot")
    today = dt.datetime.now().astimezone().date()
    created = create_workspace(
        directory or workspace, example=example, today=today, me=me, timezone=timezone
    )
    if as_json:
        fields = {"path": str(created.path), "files": created.files, "example": created.example}
        write_json({"type": "created", **fields})
        return 0
    page = Page.on_stdout()
    page.write(f"Made the workspace {created.path} ({files_en(created.files)}).")
    page.write("README in it says what goes where, tizmor.toml holds its settings.")
    page.write("Ask for something:")
    folder = shlex.quote(str(created.path))
    page.verbatim(f'  {program()} run "what is on my calendar this week?" --workspace {folder}')
    return 0
