"""`tizmor show`: one execution as it stands."""

from __future__ import annotations

import msgspec

from tizmor.cli.follow import write_waiting
from tizmor.cli.holders import find_holders
from tizmor.cli.json_lines import write_json
from tizmor.cli.library import Library, within
from tizmor.cli.options import HERE, ExecutionArgument, JsonOption, WorkspaceOption
from tizmor.cli.terminal.dry_run_view import write_would_do
from tizmor.cli.terminal.outcome import write_outcome
from tizmor.cli.terminal.page import Page
from tizmor.cli.terminal.progress import Progress
from tizmor.cli.terminal.tree import step_text, step_tree
from tizmor.cli.terminal.words import words_of


def show(
    execution_id: ExecutionArgument, workspace: WorkspaceOption = HERE, as_json: JsonOption = False
) -> int:
    """One execution as it stands: its steps, what waits for you, the result so far.

    \b
    Examples:
      tizmor show 38fx0cac15nm7 --workspace work
      tizmor show 38fx0cac15nm7 --json
    """

    async def work(library: Library) -> int:
        execution = await library.get(execution_id)
        if as_json:
            write_json({"type": "execution", **msgspec.to_builtins(execution)})
            return 0
        page = Page.on_stdout(library.settings.bidi)
        words = words_of(execution.language)
        page.write(execution.query, "bold")
        page.write(execution.created_at, "dim")
        progress = Progress.from_execution(execution)
        await find_holders(library, progress)
        if page.is_terminal:
            page.draw(step_tree(progress, words, page))
        else:
            for step in progress.steps.values():
                page.write(step_text(step, words))
        stood_ms = Progress.from_events(execution, await library.logs(execution_id)).stood_ms
        write_outcome(execution, words, page, stood_ms=stood_ms)
        write_waiting(execution, words, page)
        if execution.dry_run:
            write_would_do(execution, words, page)
        return 0

    return within(workspace, work, write=False)
