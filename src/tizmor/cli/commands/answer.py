"""`tizmor answer`: answer a question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from tizmor.cli.decide import give_order
from tizmor.cli.edits import edited, written
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
            help="An argument to try again with, where the answer is to do so; or what a call "
            "gave, where it is that it happened. A value that is JSON is read as JSON.",
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
      tizmor answer 06b1x3k8q9r2t happened --set receipt=2026-118
    """
    if len(said) > 2:
        raise typer.BadParameter("an answer of several words needs quotes")
    *question, choice = said

    async def order(library: Library) -> str:
        arguments = None
        if changes:
            arguments = await _written_beside(library, execution_id, question, changes)
        return await library.answer(
            execution_id, choice, question=question[0] if question else None, arguments=arguments
        )

    return give_order(workspace, execution_id, order, as_json=as_json)


async def _written_beside(
    library: Library, execution_id: str, named: Sequence[str], changes: Sequence[str]
) -> dict[str, Any]:
    """The arguments of the step that is asked about, or what is known of what it gave, with the
    changes."""
    execution = await library.get(execution_id)
    for waiting in execution.waiting_for:
        if (
            waiting.kind == "question"
            and waiting.arguments is not None
            and (not named or waiting.id == named[0])
        ):
            known = waiting.arguments
            return edited(known, changes) if known else written(changes)
    raise UserError("no open question takes values beside its answer")
