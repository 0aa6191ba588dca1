"""An execution followed to its end, or until only a human can go on.

Three views of one stream: JSON lines, plain lines, and a live tree that also asks what is open.
All of them end with the execution as it stands and its exit code.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncGenerator, Sequence

from tizmor.cli.beside import beside, first_of
from tizmor.cli.controls import clean
from tizmor.cli.ends import ENDS, exit_code
from tizmor.cli.holders import find_holders
from tizmor.cli.json_lines import closing_line, write_json
from tizmor.cli.library import Library
from tizmor.cli.terminal.desk import Desk
from tizmor.cli.terminal.dry_run_view import write_would_do
from tizmor.cli.terminal.gate import gate_panel, gate_rows
from tizmor.cli.terminal.keyboard import Keyboard
from tizmor.cli.terminal.outcome import write_outcome
from tizmor.cli.terminal.page import Page
from tizmor.cli.terminal.plain import event_line
from tizmor.cli.terminal.progress import Progress
from tizmor.cli.terminal.screen import Screen
from tizmor.cli.terminal.words import Words, words_of
from tizmor.engine.views import ENDED, Execution, Status, StreamEvent, Waiting

_END_TYPES = frozenset(ENDS.values())


async def follow(
    library: Library,
    execution: Execution,
    *,
    as_json: bool,
    past: Sequence[StreamEvent] = (),
    seen: Execution | None = None,
) -> int:
    """Show what happens after `past`, then how it stands; the exit code.

    Of an execution as it was `seen` before, people get only what is new, and at its end the whole.
    Interrupted, it says on standard error how to go on.
    """
    page = Page.on_stdout(library.settings.bidi)
    progress = Progress.from_events(execution, past)
    try:
        if as_json:
            return await _as_json(library, progress)
        if page.is_terminal:
            await _on_screen(library, progress, page)
        else:
            await _as_lines(library, progress, page)
        return await _closed(library, progress, page, seen)
    except (asyncio.CancelledError, BrokenPipeError):
        print(clean(f"To go on:\n{library.command('resume', execution.id)}"), file=sys.stderr)
        raise


async def _as_json(library: Library, progress: Progress) -> int:
    last = None
    async for event in library.stream(progress.execution_id, after=progress.last_id):
        last = event if event.type in _END_TYPES else None
        if last is None:
            write_json(event)
    execution = await library.result(progress.execution_id)
    write_json(closing_line(execution, last))
    return exit_code(execution.status)


async def _as_lines(library: Library, progress: Progress, page: Page) -> None:
    page.write(progress.execution_id)
    async for event in library.stream(progress.execution_id, after=progress.last_id):
        progress.apply(event)
        await find_holders(library, progress)
        step = progress.steps.get(event.step or "")
        by = () if step is None else step.held_by
        if line := event_line(event, words_of(progress.language), by=by):
            page.write(line)


async def _on_screen(library: Library, progress: Progress, page: Page) -> None:
    with Screen(page, progress) as screen:
        async with beside(screen.tick()):
            if sys.stdin.isatty():
                await _with_desk(library, screen)
            async for event in _stream(library, progress, keep_waiting=False):
                screen.show(event)
                await find_holders(library, progress)


async def _with_desk(library: Library, screen: Screen) -> None:
    """Show and ask, until the execution ends or the human leaves what is open for later."""
    desk = Desk(library, screen, Keyboard(sys.stdin.fileno()))
    stream = _stream(library, screen.progress, keep_waiting=True)
    async with contextlib.aclosing(stream), beside(desk.work()) as asking:
        while not asking.done():
            async with beside(anext(stream, None)) as coming:
                await first_of(coming, asking)
                event = coming.result() if coming.done() else None
            if event is None:
                break
            screen.show(event)
            await find_holders(library, screen.progress)
            desk.notice()
        if asking.done():
            asking.result()


async def _stream(
    library: Library, progress: Progress, *, keep_waiting: bool
) -> AsyncGenerator[StreamEvent, None]:
    async for event in library.stream(
        progress.execution_id, after=progress.last_id, keep_waiting=keep_waiting
    ):
        yield event


async def _closed(library: Library, progress: Progress, page: Page, seen: Execution | None) -> int:
    execution = await library.result(progress.execution_id)
    words = words_of(execution.language)
    told = None if seen is None or execution.status in ENDED else seen.result
    write_outcome(execution, words, page, stood_ms=progress.stood_ms, seen=told)
    write_waiting(execution, words, page, seen=seen.waiting_for if seen else ())
    if execution.dry_run and execution.status in ENDED:
        write_would_do(execution, words, page)
    if execution.status in (Status.PAUSED, Status.INTERRUPTED):
        page.verbatim(library.command("resume", execution.id))
    return exit_code(execution.status)


def write_waiting(
    execution: Execution, words: Words, page: Page, *, seen: Sequence[Waiting] = ()
) -> None:
    """Each open approval and question, with the line that decides it ready to paste; of what was
    `seen` before, that line alone."""
    for waiting in execution.waiting_for:
        if waiting in seen:
            page.verbatim(waiting.command)
            continue
        rows = gate_rows(waiting, words)
        page.write()
        if page.is_terminal:
            page.draw(gate_panel(waiting, words, page, rows))
        else:
            page.write(words.question if waiting.kind == "question" else words.approval)
            for row in rows:
                page.write(row)
        page.verbatim(waiting.command)
