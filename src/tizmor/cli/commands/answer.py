"""`tizmor answer`: answer a question."""

from __future__ import annotations

from typing import Annotated

import typer

from tizmor.cli.decide import give_order
from tizmor.cli.library import Library
from tizmor.cli.options import HERE, ExecutionArgument, JsonOption, WorkspaceOption


def answer(
    execution_id: ExecutionArgument,
    said: Annotated[
        list[str],
        typer.Argument(
            metavar="[QUESTION] CHOICE",
            help="The answer, or the number of one; before it the question, if several are open.",
        ),
    ],
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
    """
    if len(said) > 2:
        raise typer.BadParameter("an answer of several words needs quotes")
    *question, choice = said

    async def order(library: Library) -> str:
        return await library.answer(
            execution_id, choice, question=question[0] if question else None
        )

    return give_order(workspace, execution_id, order, as_json=as_json)
