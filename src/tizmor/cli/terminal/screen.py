"""The live region of a terminal: the tree while nobody is asked, lines above the prompt else."""

from __future__ import annotations

import asyncio
import time
from types import TracebackType

from rich.cells import cell_len
from rich.live import Live
from rich.tree import Tree

from tizmor.cli.terminal.page import Page
from tizmor.cli.terminal.plain import event_line
from tizmor.cli.terminal.progress import Progress
from tizmor.cli.terminal.tree import FRAME_S, step_tree
from tizmor.cli.terminal.words import Words, words_of
from tizmor.engine.views import StreamEvent

_SHORT_PROMPT = ">"
_ROOM_TO_TYPE = 20
_ERASE_LINE = "\r\x1b[2K"


class Screen:
    """Draws one execution. Entered, it is live; while a prompt is open, events become lines."""

    def __init__(self, page: Page, progress: Progress) -> None:
        self.page = page
        self.progress = progress
        self._live: Live | None = None
        self._prompt: str | None = None
        self._started = time.monotonic()

    @property
    def words(self) -> Words:
        return words_of(self.progress.language)

    def __enter__(self) -> Screen:
        self._go_live()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._prompt is not None:
            self.withdraw()
        self.freeze()

    def show(self, event: StreamEvent) -> None:
        """Take in an event and draw what it changed."""
        self.progress.apply(event)
        if self._live is not None:
            self._live.update(self._tree(), refresh=True)
        elif self._prompt is not None and (line := event_line(event, self.words)):
            self._write_raw(_ERASE_LINE)
            self.page.write(line, "dim", at_left=True)
            self.prompt(self._prompt)

    def prompt(self, text: str) -> None:
        """Ask for a line under what is drawn; the tree stands still until `go_on`."""
        self.freeze()
        if cell_len(text) + _ROOM_TO_TYPE > self.page.console.width:
            # What wraps can't be erased and written again: it stands above a prompt that doesn't.
            self.page.write(text)
            text = _SHORT_PROMPT
        self._prompt = text
        self._write_raw(self.page.inline(text) + " ")

    def answered(self) -> None:
        """The prompt has its line; what happens until `go_on` is drawn then."""
        self._prompt = None

    def withdraw(self) -> None:
        """Take the open prompt away: it isn't asked any more."""
        self._prompt = None
        self._write_raw(_ERASE_LINE)

    def go_on(self) -> None:
        """Draw the tree again, as it stands now."""
        self._prompt = None
        self._go_live()

    def freeze(self) -> None:
        """Leave what is drawn as it is, to write below it."""
        if self._live is not None:
            self._live.update(step_tree(self.progress, self.words, self.page))
            self._live.stop()
            self._live = None

    async def tick(self) -> None:
        """Turn the spinner, for ever."""
        while True:
            await asyncio.sleep(FRAME_S)
            if self._live is not None:
                self._live.update(self._tree(), refresh=True)

    def _go_live(self) -> None:
        if self._live is None:
            self._live = Live(
                self._tree(), console=self.page.console, auto_refresh=False, redirect_stdout=False
            )
            self._live.start(refresh=True)

    def _tree(self) -> Tree:
        elapsed = time.monotonic() - self._started
        return step_tree(self.progress, self.words, self.page, elapsed_s=elapsed)

    def _write_raw(self, text: str) -> None:
        self.page.console.file.write(text)
        self.page.console.file.flush()
