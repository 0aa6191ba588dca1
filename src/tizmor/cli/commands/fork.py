"""`tizmor fork`: go on from the middle of an execution, as a new one."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tizmor.cli.edits import edited
from tizmor.cli.follow import follow
from tizmor.cli.library import Library, within
from tizmor.cli.options import HERE, ExecutionArgument, JsonOption, WorkspaceOption, YesOption
from tizmor.core.errors import UnknownExecution, UserError
from tizmor.engine.views import Execution, StepView


def fork(
    execution_id: ExecutionArgument,
    step: Annotated[
        str, typer.Option("--from", metavar="STEP", help="The step to go on from, by its id.")
    ],
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="PATH=VALUE",
            help="Change an argument of the step, e.g. minutes=45; a value that is JSON is read as "
            "JSON. May be given several times.",
        ),
    ] = None,
    output_changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set-output",
            metavar="PATH=VALUE",
            help="Don't run the step again: take what it gave, with this changed.",
        ),
    ] = None,
    yes: YesOption = False,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Begin a new execution that keeps what succeeded, and runs a step and all that depends on it
    again. The old one stays as it is; approvals are asked for anew.

    `tizmor show ID --json` tells the ids of the steps, their arguments and what they gave.

    \b
    Examples:
      tizmor fork 06b1x3k8q9r2t --from calendar --set minutes=45 --workspace work
      tizmor fork 06b1x3k8q9r2t --from contact --set-output contacts.0.email=yoav@example.org
    """
    if changes and output_changes:
        raise typer.BadParameter("--set runs the step again, --set-output doesn't: give one")

    async def work(library: Library) -> int:
        old = await library.get(execution_id)
        arguments = edited(_planned(old, step), changes) if changes else None
        output = edited(_given(old, step), output_changes) if output_changes else None
        new = await library.fork(
            execution_id, step, arguments=arguments, output=output, approve_all=yes
        )
        return await follow(library, new, as_json=as_json)

    return within(workspace, work)


def _planned(execution: Execution, step: str) -> dict[str, Any]:
    """The step's arguments as the plan has them, references and all."""
    for planned in execution.plan.steps if execution.plan else ():
        if planned.id == step:
            return planned.arguments
    raise _unknown(execution, step)


def _given(execution: Execution, step: str) -> dict[str, Any]:
    view = _view(execution, step)
    if view.output is None:
        raise UserError(f"the step {step!r} gave nothing that could be changed: it is {view.state}")
    return view.output


def _view(execution: Execution, step: str) -> StepView:
    for view in execution.steps:
        if view.id == step:
            return view
    raise _unknown(execution, step)


def _unknown(execution: Execution, step: str) -> UnknownExecution:
    known = ", ".join(view.id for view in execution.steps) or "none"
    return UnknownExecution(f"there is no step {step!r} to fork from (steps: {known})")
