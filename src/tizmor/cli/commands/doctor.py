"""`tizmor doctor`: check the workspace and the machine."""

from __future__ import annotations

from typing import Annotated

import typer

from tizmor.cli.exits import ExitCode
from tizmor.cli.library import Library, within
from tizmor.cli.listing import write_objects
from tizmor.cli.options import HERE, JsonOption, WorkspaceOption
from tizmor.cli.terminal.page import Page


def doctor(
    deep: Annotated[
        bool,
        typer.Option(
            "--deep", help="Verify that every stored row is what was written, and can be read."
        ),
    ] = False,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Check the workspace and the machine; exit code 1 if a check failed.

    \b
    Examples:
      tizmor doctor --workspace work
      tizmor doctor --deep --json
    """

    async def work(library: Library) -> int:
        checks = await library.doctor(deep=deep)
        if as_json:
            write_objects("check", checks)
        else:
            rows = [(check.state, check.name, check.detail) for check in checks]
            Page.on_stdout(library.settings.bidi).table(rows)
        failed = any(check.state == "failed" for check in checks)
        return ExitCode.FAILED if failed else ExitCode.DONE

    return within(workspace, work, write=False)
