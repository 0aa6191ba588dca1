"""Standard output: wrapped, coloured and in visual order on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.text import Text

from tizmor.cli.controls import clean
from tizmor.cli.terminal.bidi import is_right_to_left, reorders, visual, visual_text


def styled(*parts: str | tuple[str, str]) -> Text:
    """One text of many styles, freed of control characters: all text of others goes through it."""
    pairs = [(part, "") if isinstance(part, str) else part for part in parts]
    return Text.assemble(*((clean(text), style) for text, style in pairs))


@dataclass(frozen=True)
class Paragraph:
    """Text that is wrapped in reading order and only then put into visual order.

    What reads from right to left stands at the right, unless `at_left`.
    """

    text: Text
    reorder: bool
    at_left: bool = False

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for paragraph in self.text.split("\n", allow_blank=True):
            right_to_left = is_right_to_left(paragraph.plain) and not self.at_left
            lines = list(paragraph.wrap(console, options.max_width))
            for line in visual(lines, right_to_left=right_to_left) if self.reorder else lines:
                if right_to_left:
                    line.pad_left(max(0, options.max_width - line.cell_len))
                line.end = "\n"
                yield line

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement.get(console, options, self.text)


class Page:
    """Where a verb writes for people. `is_terminal` says whether somebody watches."""

    def __init__(self, console: Console, *, is_terminal: bool, reorder: bool) -> None:
        self.console = console
        self.is_terminal = is_terminal
        self.reorder = is_terminal and reorder

    @classmethod
    def on_stdout(cls, bidi: str = "auto") -> Page:
        """`bidi` is the workspace's setting. NO_COLOR and TERM=dumb are respected."""
        console = Console(markup=False, highlight=False, emoji=False, soft_wrap=False)
        return cls(
            console,
            is_terminal=sys.stdout.isatty() and not console.is_dumb_terminal,
            reorder=reorders(bidi, os.environ),
        )

    def paragraph(self, text: str | Text, style: str = "", *, at_left: bool = False) -> Paragraph:
        """What `write` draws, to be put into a panel or a tree."""
        shown = text if isinstance(text, Text) else styled((text, style))
        return Paragraph(shown, self.reorder, at_left)

    def write(self, text: str | Text = "", style: str = "", *, at_left: bool = False) -> None:
        """One paragraph."""
        if self.is_terminal:
            self.console.print(self.paragraph(text, style, at_left=at_left))
        else:
            print(text.plain if isinstance(text, Text) else clean(text), flush=True)

    def inline(self, text: str) -> str:
        """A prompt's text in visual order."""
        text = clean(text).strip()
        return self._ordered(text, right_to_left=is_right_to_left(text))

    def verbatim(self, line: str) -> None:
        """A line that is meant to be copied: neither wrapped nor reordered."""
        print(clean(line), flush=True)

    def draw(self, renderable: RenderableType) -> None:
        """Something that only a terminal can show."""
        self.console.print(renderable)

    def table(self, rows: Sequence[Sequence[str]]) -> None:
        """Rows in columns; on a terminal the last column is wrapped beside the others."""
        if not rows:
            return
        cells = [[" ".join(clean(cell).split()) for cell in row] for row in rows]
        widths = [max(cell_len(row[i]) for row in cells) for i in range(len(cells[0]) - 1)]
        indent = sum(widths) + 2 * len(widths)
        for row in cells:
            start = "".join(
                cell + " " * (width - cell_len(cell) + 2)
                for cell, width in zip(row, widths, strict=False)
            )
            for line in self._beside(start, row[-1], indent):
                print(line.rstrip(), flush=True)

    def _beside(self, start: str, text: str, indent: int) -> Iterable[str]:
        width = self.console.width - indent
        if not self.is_terminal or width < 20:
            return [start + text]
        lines = Text(text).wrap(self.console, width) or [Text()]
        starts = [start] + [" " * indent] * (len(lines) - 1)
        return [
            self._ordered(first) + self._ordered(line.plain.rstrip())
            for first, line in zip(starts, lines, strict=True)
        ]

    def _ordered(self, text: str, *, right_to_left: bool = False) -> str:
        if not self.reorder:
            return text
        return visual_text(text, right_to_left=right_to_left)
