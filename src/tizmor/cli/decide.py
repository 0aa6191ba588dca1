"""What approve, reject, answer, resume, pause and cancel share: an order, and what follows it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from tizmor.cli.follow import follow
from tizmor.cli.json_lines import write_json
from tizmor.cli.library import Library, within
from tizmor.cli.terminal.page import Page
from tizmor.engine.views import ENDED

Order = Callable[[Library], Awaitable[str]]


def give_order(workspace: Path, execution_id: str, order: Order, *, as_json: bool) -> int:
    """Give an order to an execution and say what came of it.

    If nobody ran the execution, this process now does: it goes on with it as `run` does, and ends
    with its exit code. So it does, too, when the order has ended the execution. A result that was
    there before is told again only at the end, and what was asked before by its line alone.
    """

    async def work(library: Library) -> int:
        seen = await library.get(execution_id)
        past = await library.logs(execution_id)
        sentence = await order(library)
        if as_json:
            write_json({"type": "done", "executionId": execution_id, "message": sentence})
        else:
            Page.on_stdout(library.settings.bidi).write(sentence)
        execution = await library.get(execution_id)
        if execution.status not in ENDED and not library.owns(execution_id):
            return 0
        return await follow(library, execution, as_json=as_json, past=past, seen=seen)

    return within(workspace, work)
