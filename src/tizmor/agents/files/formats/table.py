"""Rows of cells as a Markdown table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_NUMBER = re.compile(r"[-+−(]?[₪$€£]?\s?\d[\d.,]*\s?[%₪$€£)]?")


def table(rows: Iterable[Sequence[str]]) -> str:
    """The rows as a Markdown table with the first as its header, or, when the first row doesn't
    read like one, as lines of cells. Empty rows are left out."""
    cleaned = [[_one_line(cell) for cell in row] for row in rows]
    filled = [_without_empty_end(row) for row in cleaned if any(row)]
    if not filled:
        return ""
    lines = [f"| {' | '.join(row)} |" for row in filled]
    if len(filled) > 1 and _is_header(filled[0]):
        lines.insert(1, "|" + " --- |" * len(filled[0]))
    return "\n".join(lines)


def _is_header(row: Sequence[str]) -> bool:
    return len(row) > 1 and all(row) and not any(_NUMBER.fullmatch(cell) for cell in row)


def _one_line(cell: str) -> str:
    return " ".join(cell.split()).replace("|", "/")


def _without_empty_end(row: list[str]) -> list[str]:
    while row and not row[-1]:
        row = row[:-1]
    return row
