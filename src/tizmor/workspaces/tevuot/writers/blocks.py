"""The little Markdown that sources of docx and pdf documents are written in, as blocks."""

from __future__ import annotations

from itertools import groupby
from typing import NamedTuple


class Block(NamedTuple):
    """`title`, `heading`, `bullet` or `paragraph` with its text, or a `table` with its rows."""

    kind: str
    text: str = ""
    rows: tuple[tuple[str, ...], ...] = ()


_MARKS = {"# ": "title", "## ": "heading", "- ": "bullet"}


def blocks(text: str) -> list[Block]:
    """A block for each line; lines of a table, which begin with `|`, are one block together."""
    lines = (line.strip() for line in text.splitlines() if line.strip())
    found: list[Block] = []
    for is_table, group in groupby(lines, key=lambda line: line.startswith("|")):
        if is_table:
            found.append(Block("table", rows=tuple(_cells(line) for line in group)))
        else:
            found += [_line(line) for line in group]
    return found


def _line(line: str) -> Block:
    for mark, kind in _MARKS.items():
        if line.startswith(mark):
            return Block(kind, line.removeprefix(mark))
    return Block("paragraph", line)


def _cells(line: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in line.strip("|").split("|"))
