"""The options and arguments that verbs share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tizmor.core.plan import Strategy

WorkspaceOption = Annotated[
    Path,
    typer.Option(
        "--workspace",
        "-w",
        envvar="TIZMOR_WORKSPACE",
        metavar="DIR",
        help="The workspace's folder.",
        show_default="the current folder",
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="One JSON object a line on standard output.")
]
ExecutionArgument = Annotated[
    str, typer.Argument(metavar="ID", help="The execution, as `tizmor list` names it.")
]
YesOption = Annotated[
    bool,
    typer.Option(
        "--yes",
        help="Approve what asks for approval, except a recipient, address, path or time that "
        "comes from what was read. Answers no question.",
    ),
]
ConflictsOption = Annotated[
    Strategy | None,
    typer.Option(
        "--conflicts",
        help="What to do with steps that are at odds over one thing or one time: order them, ask, "
        "refuse the plan, or let the last writer have it. The workspace's setting, if not given.",
    ),
]
AsOption = Annotated[
    str | None,
    typer.Option(
        "--as",
        metavar="NAME",
        help="Who decides; needs trust_names = true in tizmor.toml.",
        show_default="your account on this machine",
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="PATH=VALUE",
        help="Change an argument before approving it, e.g. minutes=45 or attendees.0.email=a@b.c; "
        "a value that is JSON is read as JSON. May be given several times.",
    ),
]

HERE = Path()
"""The workspace when none is named."""
