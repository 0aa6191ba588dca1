"""`tizmor answer`: answer a question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from tizmor.cli.decide import give_order
from tizmor.cli.edits import edited
from tizmor.cli.library import Library
from tizmor.cli.options import HERE, ExecutionArgument, JsonOption, WorkspaceOption
from tizmor.core.errors import UserError


def answer(
    execution_id: ExecutionArgument,
    said: Annotated[
        list[str],
        typer.Argument(
            metavar="[QUESTION] CHOICE",
            help="The answer, or the number of one; before it the question, if several are open.",
        ),
    ],
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="PATH=VALUE",
            help="An argument to try again with, where the answer is to do so.",
        ),
    ] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Answer a question: by an answer's words, its number, or freely where that is asked for.

    If no other process runs the execution, this one goes on with it and ends as `run` does.

    \b
    Examples:
      tizmor answer 06b1x3k8q9r2t 2 --workspace work
      tizmor answer 06b1x3k8q9r2t "Yoav Cohen"
      tizmor answer 06b1x3k8q9r2t who "Yoav Cohen"
      tizmor answer 06b1x3k8q9r2t edit --set minutes=45
    """
    if len(said) > 2:
        raise typer.BadParameter("an answer of several words needs quotes")
    *question, choice = said

    async def order(library: Library) -> str:
        arguments = None
        if changes:
            arguments = await _arguments(library, execution_id, question, changes)
        return await library.answer(
            execution_id, choice, question=question[0] if question else None, arguments=arguments
        )

    return give_order(workspace, execution_id, order, as_json=as_json)


async def _arguments(
    library: Library, execution_id: str, named: Sequence[str], changes: Sequence[str]
) -> dict[str, Any]:
    """The arguments of the step that is asked about, with the changes."""
    execution = await library.get(execution_id)
    for waiting in execution.waiting_for:
        if (
            waiting.kind == "question"
            and waiting.arguments
            and (not named or waiting.id == named[0])
        ):
            return edited(waiting.arguments, changes)
    raise UserError("no open question is about arguments that could be changed")
