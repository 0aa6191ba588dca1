"""`tizmor serve`: the HTTP API."""

from __future__ import annotations

from typing import Annotated

import typer

from tizmor.api import server
from tizmor.cli.exits import ExitCode
from tizmor.cli.json_lines import write_json
from tizmor.cli.library import opened
from tizmor.cli.options import HERE, JsonOption, WorkspaceOption
from tizmor.drivers.embedded.process import run


def serve(
    host: Annotated[
        str, typer.Option(help="The address to listen on; of this machine only, for now.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="The port; 0 takes any that is free.")
    ] = 3000,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Serve the HTTP API of a workspace, and go on with all that no process runs any more.

    Ctrl+C ends it in order: streams end, requests that have begun are answered, what runs is left
    for the next start. There is no log-in, so it listens on this machine alone, and refuses what
    web pages from elsewhere ask.

    \b
    Examples:
      tizmor serve --workspace work
      tizmor serve --port 8080 --json
    """
    sock = server.listen(host, port)

    async def work() -> int:
        async with opened(workspace, write=True, interface="http") as library:
            taken = await library.resume_all()
            _tell(server.url_of(sock), taken, as_json=as_json)
            await server.serve(library, sock)
        return ExitCode.DONE

    with sock:
        return run(work())


def _tell(url: str, taken: int, *, as_json: bool) -> None:
    """Say that it serves, and how many executions it has taken on."""
    if as_json:
        write_json({"type": "serving", "url": url, "takenOn": taken})
        return
    if taken:
        print(f"goes on with {taken:,} {'execution' if taken == 1 else 'executions'}")
    print(f"{url} is served; Ctrl+C ends it", flush=True)
