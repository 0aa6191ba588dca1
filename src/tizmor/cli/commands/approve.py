"""`tizmor approve`: approve what asks for approval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from tizmor.cli.commands.run import carry_out
from tizmor.cli.decide import give_order
from tizmor.cli.edits import edited
from tizmor.cli.library import Library
from tizmor.cli.options import (
    HERE,
    AsOption,
    ExecutionArgument,
    JsonOption,
    SetOption,
    WorkspaceOption,
)
from tizmor.core.errors import AmbiguousChoice, UnknownExecution, UserError


def approve(
    execution_id: ExecutionArgument,
    approval: Annotated[
        str | None,
        typer.Argument(metavar="APPROVAL", help="Which one; needed when several are open."),
    ] = None,
    changes: SetOption = None,
    comment: Annotated[str | None, typer.Option(help="Kept with the decision.")] = None,
    planned: Annotated[
        bool,
        typer.Option(
            "--planned",
            help="ID is a dry run: approve exactly the calls that it showed, and make them.",
        ),
    ] = False,
    by: AsOption = None,
    seen: Annotated[
        str | None,
        typer.Option(
            metavar="KEY",
            help="The key that was shown, or its beginning: refused when another who must agree "
            "has changed something since.",
        ),
    ] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Approve what asks for approval, as it is shown or with arguments changed.

    Where a policy wants several people to agree, each does so once, and it is done when all have.
    If no other process runs the execution, this one goes on with it and ends as `run` does.

    \b
    Examples:
      tizmor approve 38fx0cac15nm7 --workspace work
      tizmor approve 38fx0cac15nm7 --set minutes=45 --set attendees.0.email=yoav@example.org
      tizmor approve 38fx0cac15nm7 a1 --comment "agreed by phone"
      tizmor approve 38fx0cac15nm7 --planned
    """
    if planned:
        if approval or changes or comment:
            raise typer.BadParameter("--planned approves what the dry run showed, as it stands")
        return carry_out(execution_id, workspace=workspace, as_json=as_json)

    async def order(library: Library) -> str:
        arguments = None
        if changes:
            arguments = await _arguments(library, execution_id, approval, changes)
        return await library.approve(
            execution_id, approval, arguments=arguments, comment=comment, by=by, seen=seen
        )

    return give_order(workspace, execution_id, order, as_json=as_json)


async def _arguments(
    library: Library, execution_id: str, approval: str | None, changes: Sequence[str]
) -> dict[str, Any]:
    """The arguments of the approval that is meant, with the changes."""
    execution = await library.get(execution_id)
    gates = [w for w in execution.waiting_for if w.kind == "approval"]
    ids = [gate.id for gate in gates]
    meant = [gate for gate in gates if approval in (None, gate.id)]
    if not gates:
        raise UserError("no approval is open")
    if not meant:
        raise UnknownExecution(f"there is no approval {approval!r} (open: {', '.join(ids)})")
    if len(meant) > 1:
        raise AmbiguousChoice(
            f"several approvals are open, name one: {', '.join(ids)}", options=ids
        )
    return edited(meant[0].arguments or {}, changes)
