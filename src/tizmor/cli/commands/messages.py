"""`tizmor messages`: what the steps of an execution have told each other."""

from __future__ import annotations

from tizmor.cli.library import Library, within
from tizmor.cli.listing import clipped, write_lines
from tizmor.cli.options import HERE, ExecutionArgument, JsonOption, WorkspaceOption
from tizmor.cli.terminal.words import Words
from tizmor.engine.views import MessageView

_SHOWN = 500


def messages(
    execution_id: ExecutionArgument, workspace: WorkspaceOption = HERE, as_json: JsonOption = False
) -> int:
    """The messages between the steps of an execution, oldest first: who to whom, what, and what
    became of it. A dead letter says why nobody answered it.

    \b
    Examples:
      tizmor messages 38fx0cac15nm7 --workspace work
      tizmor messages 38fx0cac15nm7 --json
    """

    async def work(library: Library) -> int:
        sent = await library.messages(execution_id)
        return await write_lines(library, execution_id, "message", sent, _line, as_json=as_json)

    return within(workspace, work, write=False)


def _line(message: MessageView, words: Words) -> str:
    became = words.letters.get(message.state, message.state)
    parts = (
        became if message.reason is None else f"{became}: {message.reason}",
        words.untrusted_mark if message.untrusted else "",
    )
    kind = words.messages.get(message.kind, message.kind)
    ways = f"{message.id} {message.sent_at} {kind} {message.sender} → {message.to}"
    about = ", ".join(filter(None, parts))
    return f"{ways} ({about}): {clipped(message.payload, _SHOWN)}"
