"""`tizmor serve`: the HTTP API."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from tizmor.api import server
from tizmor.cli.exits import ExitCode
from tizmor.cli.json_lines import write_json
from tizmor.cli.library import opened
from tizmor.cli.options import HERE, JsonOption, WorkspaceOption
from tizmor.cli.shown_log import shown_log
from tizmor.drivers.embedded.process import allow_files, run
from tizmor.observability.console import Style
from tizmor.settings import Settings, checks

_IN_CLEAR = (
    "tokens and all else are sent in clear here: put a server that speaks TLS in front, and name it"
    " with --origin https://…"
)


def serve(
    host: Annotated[
        str,
        typer.Option(
            help="The address to listen on; one that others can reach, such as 0.0.0.0, wants a"
            " token from whoever asks."
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="The port; 0 takes any that is free.")
    ] = 3000,
    require_token: Annotated[
        bool,
        typer.Option("--require-token", help="Want a token from who asks on this machine, too."),
    ] = False,
    origin: Annotated[
        list[str] | None,
        typer.Option(
            metavar="URL",
            help="What the server is known as elsewhere, e.g. https://tizmor.example.org; may be"
            " given several times.",
        ),
    ] = None,
    log: Annotated[
        Style | None, typer.Option(help="Show the log on standard error, as text or as JSON lines.")
    ] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Serve the HTTP API of a workspace, and go on with all that no process runs any more.

    Ctrl+C ends it in order: streams end, requests that have begun are answered, what runs is left
    for the next start. On this machine alone it asks nobody who they are, and refuses what web
    pages from elsewhere ask; elsewhere it wants tokens (tizmor token).

    \b
    Examples:
      tizmor serve --workspace work
      tizmor serve --port 8080 --json
      tizmor serve --require-token
      tizmor serve --host 0.0.0.0 --origin https://tizmor.example.org
      tizmor serve --log json 2>> tizmor.log
    """
    origins = _checked(origin or [])
    sock = server.listen(host, port)

    async def work() -> int:
        async with opened(workspace, write=True, interface="http", serves=True) as library:
            settings: Settings = library.settings
            wants_token = require_token or settings.require_token or not server.is_loopback(sock)
            if wants_token:
                await server.refuse_without_tokens(library, server.url_of(sock))
            taken = await library.resume_all()
            _tell(server.url_of(sock), taken, as_json=as_json)
            known_as = (*origins, *settings.origins)
            if not server.is_loopback(sock) and not any(o.startswith("https:") for o in known_as):
                print(_IN_CLEAR, file=sys.stderr)
            async with shown_log(library, log):
                await server.serve(library, sock, wants_token=wants_token, origins=known_as)
        return ExitCode.DONE

    allow_files()
    with sock:
        return run(work())


def _checked(given: list[str]) -> tuple[str, ...]:
    try:
        return checks.origins(given)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--origin") from error


def _tell(url: str, taken: int, *, as_json: bool) -> None:
    """Say that it serves, and how many executions it has taken on."""
    if as_json:
        write_json({"type": "serving", "url": url, "takenOn": taken})
        return
    if taken:
        print(f"goes on with {taken:,} {'execution' if taken == 1 else 'executions'}")
    print(f"{url} is served; Ctrl+C ends it", flush=True)
