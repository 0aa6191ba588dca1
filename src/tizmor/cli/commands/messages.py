"""`tizmor messages`: what the steps of an execution have told each other."""

from __future__ import annotations

import msgspec

from tizmor.cli.json_lines import write_json
from tizmor.cli.library import Library, within
from tizmor.cli.options import HERE, ExecutionArgument, JsonOption, WorkspaceOption
from tizmor.cli.terminal.page import Page
from tizmor.cli.terminal.words import Words, words_of
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
        if as_json:
            for message in sent:
                write_json({"type": "message", **msgspec.to_builtins(message)})
            return 0
        page = Page.on_stdout(library.settings.bidi)
        words = words_of((await library.get(execution_id)).language)
        for message in sent:
            page.write(_line(message, words), at_left=True)
        return 0

    return within(workspace, work, write=False)


def _line(message: MessageView, words: Words) -> str:
    payload = msgspec.json.encode(message.payload).decode()
    if len(payload) > _SHOWN:
        payload = f"{payload[:_SHOWN]}…"
    became = words.letters.get(message.state, message.state)
    parts = (
        became if message.reason is None else f"{became}: {message.reason}",
        words.untrusted_mark if message.untrusted else "",
    )
    kind = words.messages.get(message.kind, message.kind)
    ways = f"{message.id} {message.sent_at} {kind} {message.sender} → {message.to}"
    return f"{ways} ({', '.join(part for part in parts if part)}): {payload}"
