"""`tizmor plan`: what would be done."""

from __future__ import annotations

import json
from typing import Annotated, Any

import msgspec
import typer

from tizmor.cli.json_lines import write_json
from tizmor.cli.library import Library, within
from tizmor.cli.options import HERE, ConflictsOption, JsonOption, WorkspaceOption
from tizmor.cli.prose import read_request
from tizmor.cli.terminal.forecast_view import write_forecast
from tizmor.cli.terminal.page import Page
from tizmor.cli.terminal.plan_view import write_plan
from tizmor.cli.terminal.words import words_of
from tizmor.core.forecast import Forecast
from tizmor.core.graph import batches, dependencies
from tizmor.core.plan import Plan
from tizmor.core.plan_schema import plan_schema


def plan(
    request: Annotated[
        str | None,
        typer.Argument(metavar="REQUEST", help="What you want done; - reads standard input."),
    ] = None,
    workspace: WorkspaceOption = HERE,
    conflicts: ConflictsOption = None,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of a plan file, and end.")
    ] = False,
    as_json: JsonOption = False,
) -> int:
    """Show the checked plan of a request and what it would ask; creates nothing.

    \b
    Examples:
      tizmor plan "set a meeting with Yoav tomorrow at 15:00"
      tizmor plan "what did we do in December?" --json > plan.json
      tizmor plan --schema > plan.schema.json
    """
    if schema:
        print(json.dumps(plan_schema(), indent=2, ensure_ascii=False))
        return 0
    text = read_request(request or "")

    async def work(library: Library) -> int:
        made = await library.plan(text, conflicts=conflicts)
        told = await library.forecast(made)
        if as_json:
            write_json(plan_line(made, told))
        else:
            page = Page.on_stdout(library.settings.bidi)
            write_plan(made, page)
            write_forecast(told, page, words_of(made.language))
        return 0

    return within(workspace, work, write=False)


def plan_line(made: Plan, told: Forecast) -> dict[str, Any]:
    """The plan as one JSON line: what is promised of it, and the rest that `--plan` reads."""
    waves, needs = batches(made), dependencies(made)
    steps = [
        msgspec.to_builtins(step)
        | {
            "title": step.title,
            "arguments": step.arguments,
            "dependsOn": needs[step.id],
            "effect": step.effect.value,
            "critical": step.critical,
        }
        for step in made.steps
    ]
    return {
        "type": "plan",
        "goal": made.goal,
        "language": made.language,
        "planner": made.planner,
        "steps": steps,
        "batches": waves,
        "conflicts": made.conflicts,
        "assumptions": made.assumptions,
        "questions": made.questions,
        "forecast": told,
    }
