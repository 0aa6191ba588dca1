"""`tizmor trace`: what took how long in one execution."""

from __future__ import annotations

from tizmor.cli.json_lines import write_json
from tizmor.cli.library import Library, within
from tizmor.cli.options import HERE, ExecutionArgument, JsonOption, WorkspaceOption
from tizmor.cli.terminal.page import Page
from tizmor.cli.terminal.waterfall import waterfall
from tizmor.observability.spans import otlp


def trace(
    execution_id: ExecutionArgument, workspace: WorkspaceOption = HERE, as_json: JsonOption = False
) -> int:
    """What took how long in one execution, from the request to each call: its spans, a whole above
    its parts. What goes on ends in ….

    With --json a span a line, in the form of OTLP: ids, names and attributes are OpenTelemetry's.

    \b
    Examples:
      tizmor trace 38fx0cac15nm7 --workspace work
      tizmor trace 38fx0cac15nm7 --json | jq -r .name
    """

    async def work(library: Library) -> int:
        spans = await library.trace(execution_id)
        if as_json:
            for span in spans:
                write_json({"type": "span", **otlp(span)})
            return 0
        page = Page.on_stdout(library.settings.bidi)
        language = (await library.get(execution_id)).language
        page.table(waterfall(spans, language, width=page.console.width))
        return 0

    return within(workspace, work, write=False)
