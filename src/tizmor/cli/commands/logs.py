"""`tizmor logs`: all that happened in one execution, and the lines of the workspace's log."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Annotated

import msgspec
import typer

from tizmor.cli.beside import beside
from tizmor.cli.json_lines import write_json
from tizmor.cli.library import Library, within
from tizmor.cli.options import HERE, JsonOption, WorkspaceOption
from tizmor.cli.terminal.page import Page
from tizmor.cli.terminal.plain import event_line
from tizmor.cli.terminal.words import ENGLISH
from tizmor.engine.views import LogLineView, StreamEvent

_PAGE = 1_000
_FIRST = dt.datetime.min.replace(tzinfo=dt.UTC)
_LAST_S = 1.0
"""How long lines may take to be kept after the execution's end was."""

Said = StreamEvent | LogLineView


def logs(
    execution_id: Annotated[
        str | None,
        typer.Argument(
            metavar="[ID]",
            help="The execution, as `tizmor list` names it; else the lines of all, and of none.",
        ),
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with what comes, until the end.")
    ] = False,
    level: Annotated[
        str | None,
        typer.Option(metavar="LEVEL", help="Lines alone: debug, info, warning or error, and up."),
    ] = None,
    search: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Lines alone: those with this in them.")
    ] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """All that happened in one execution so far, oldest first: its events, and the lines that its
    agents wrote. Without an execution, the last lines of the workspace's log.

    \b
    Examples:
      tizmor logs 38fx0cac15nm7 --workspace work
      tizmor logs 38fx0cac15nm7 --json | tail -1
      tizmor logs 38fx0cac15nm7 --follow
      tizmor logs --level warning
      tizmor logs --follow --search timeout
    """
    wanted = Wanted(execution_id, level or "debug", search or "")

    async def work(library: Library) -> int:
        log = _Log(library, wanted, as_json=as_json)
        if execution_id is not None and level is None and search is None:
            await log.events_so_far()
        await log.lines_so_far()
        log.show_all()
        if follow:
            await log.follow()
        return 0

    return within(workspace, work, write=False)


async def write_log(library: Library, execution_id: str, *, as_json: bool) -> None:
    """All events so far, one a line."""
    log = _Log(library, Wanted(execution_id), as_json=as_json)
    await log.events_so_far()
    log.show_all()


class Wanted(msgspec.Struct, frozen=True):
    """Which lines: of an execution or of all, from a level on, with a text in them."""

    execution_id: str | None
    level: str = "debug"
    search: str = ""


class _Log:
    """What was shown, and how to go on from there."""

    def __init__(self, library: Library, wanted: Wanted, *, as_json: bool) -> None:
        self._library = library
        self._wanted = wanted
        self._page = Page.on_stdout(library.settings.bidi)
        self._write: Callable[[Said], None] = write_said if as_json else self._write_text
        self._events: Sequence[StreamEvent] | None = None
        self._lines: list[LogLineView] = []
        self._last_line = 0

    async def events_so_far(self) -> None:
        self._events = await self._library.logs(self._wanted.execution_id or "")

    async def lines_so_far(self) -> None:
        """All lines of an execution; else the last thousand."""
        if self._wanted.execution_id is None:
            self._lines = list(await self._found(limit=_PAGE))
        else:
            while found := await self._found(after=self._last(), limit=_PAGE):
                self._lines += found
        self._last_line = self._last()

    def show_all(self) -> None:
        """In the order of time."""
        every: list[Said] = [*(self._events or ()), *self._lines]
        for said in sorted(every, key=_time):
            self._write(said)

    async def follow(self) -> None:
        """Show what comes: to the execution's end, or for ever."""
        async with beside(self._follow_lines()) as lines:
            if self._wanted.execution_id is None:
                await lines
                return
            last = max((event.id or 0 for event in self._events or ()), default=0)
            async for event in self._stream(self._wanted.execution_id, last):
                if self._events is not None:
                    self._write(event)
            await asyncio.wait([lines], timeout=_LAST_S)

    def _stream(self, execution_id: str, after: int) -> AsyncIterator[StreamEvent]:
        return self._library.stream(execution_id, after=after, keep_waiting=True)

    async def _follow_lines(self) -> None:
        coming = self._library.follow_log(
            self._wanted.execution_id,
            level=self._wanted.level,
            search=self._wanted.search,
            after=self._last_line,
        )
        async for line in coming:
            self._write(line)

    async def _found(self, *, after: int | None = None, limit: int) -> Sequence[LogLineView]:
        return await self._library.log_lines(
            self._wanted.execution_id,
            level=self._wanted.level,
            search=self._wanted.search,
            after=after,
            limit=limit,
        )

    def _last(self) -> int:
        return self._lines[-1].line_id if self._lines else 0

    def _write_text(self, said: Said) -> None:
        if isinstance(said, LogLineView):
            self._page.write(line_text(said), at_left=True)
        elif said.id is not None:
            self._page.write(event_text(said), at_left=True)


def write_said(said: Said) -> None:
    """As one JSON object."""
    if isinstance(said, LogLineView):
        write_json({"type": "line", **msgspec.to_builtins(said)})
    else:
        write_json(said)


def event_text(event: StreamEvent) -> str:
    """The event with its place in the journal and its time."""
    said = event_line(event, ENGLISH) or " ".join(filter(None, (event.type, event.status)))
    return f"{event.id or '-'} {event.at} {said}"


def line_text(line: LogLineView) -> str:
    """The line with its time and level, and whose it is."""
    whose = line.step or line.execution_id or line.logger
    fields = "".join(f" {name}={_shown(value)}" for name, value in line.fields.items())
    return f"- {line.at} {line.level} {whose}: {_shown(line.message)}{fields}"


def _shown(value: object) -> str:
    plain = isinstance(value, str) and value.isprintable()
    return str(value) if plain else msgspec.json.encode(value).decode()


def _time(said: Said) -> dt.datetime:
    return dt.datetime.fromisoformat(said.at) if said.at else _FIRST
