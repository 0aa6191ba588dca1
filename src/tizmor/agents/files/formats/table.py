"""Rows of cells as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_NUMBER = re.compile(r"[-+−(]?[₪$€£]?\s?\d[\d.,]*\s?[%₪$€£)]?")
_WIDE = 3
_MOST_PAIRS = 5


def table(rows: Iterable[Sequence[str]]) -> str:
    """The rows as Markdown: tables, each with its first row as header when it reads like one.

    Sheets often begin with a title and a few `name, value` rows: a lone cell becomes a line, and
    pairs above a wider table become `name: value` lines. Empty rows part one table from the next.
    """
    parts = _parts([_without_empty_end([_one_line(c) for c in row]) for row in rows])
    widest = max((len(row) for part in parts for row in part), default=0)
    return "\n\n".join(_part(part, beside_wider=widest >= _WIDE) for part in parts)


def _parts(rows: Iterable[list[str]]) -> list[list[list[str]]]:
    parts: list[list[list[str]]] = [[]]
    for row in rows:
        if not row:
            parts.append([])
        elif parts[-1] and _shape(parts[-1][-1]) < _shape(row):
            parts.append([row])
        else:
            parts[-1].append(row)
    return [part for part in parts if part]


def _shape(row: Sequence[str]) -> int:
    return min(len(row), _WIDE)


def _part(rows: list[list[str]], *, beside_wider: bool) -> str:
    width = max(map(len, rows))
    if width == 1 or (width < _WIDE and beside_wider and len(rows) <= _MOST_PAIRS):
        return "\n".join(": ".join(filter(None, row)) for row in rows)
    lines = [f"| {' | '.join(row)} |" for row in rows]
    if len(rows) > 1 and _is_header(rows[0]):
        lines.insert(1, "|" + " --- |" * len(rows[0]))
    return "\n".join(lines)


def _is_header(row: Sequence[str]) -> bool:
    return len(row) > 1 and all(row) and not any(_NUMBER.fullmatch(cell) for cell in row)


def _one_line(cell: str) -> str:
    return " ".join(cell.split()).replace("|", "/")


def _without_empty_end(row: list[str]) -> list[str]:
    length = next((place for place in range(len(row), 0, -1) if row[place - 1]), 0)
    return row[:length]
