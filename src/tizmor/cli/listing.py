"""What verbs that list things share: one JSON object a line, or a table or lines for people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import msgspec

from tizmor.cli.json_lines import write_json
from tizmor.cli.library import Library
from tizmor.cli.terminal.page import Page
from tizmor.cli.terminal.words import Words, words_of
from tizmor.core.errors import UserError

_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60))

Listed = TypeVar("Listed", bound=msgspec.Struct)
Row = tuple[str, ...]


def write_objects(kind: str, found: Iterable[msgspec.Struct]) -> None:
    """One JSON object a line, `kind` as its type."""
    for each in found:
        write_json({"type": kind, **msgspec.to_builtins(each)})


def write_table(
    library: Library,
    kind: str,
    found: Sequence[Listed],
    row: Callable[[Listed], Row],
    *,
    empty: str,
    as_json: bool,
    head: Row | None = None,
) -> int:
    """A row for each under `head`, or the sentence that says that there is none; exit code 0."""
    if as_json:
        write_objects(kind, found)
        return 0
    page = Page.on_stdout(library.settings.bidi)
    if found:
        page.table([*([head] if head else ()), *map(row, found)])
    else:
        page.write(empty)
    return 0


async def write_lines(
    library: Library,
    execution_id: str,
    kind: str,
    found: Iterable[Listed],
    line: Callable[[Listed, Words], str],
    *,
    as_json: bool,
) -> int:
    """A line for each of what is told of an execution, in its words; exit code 0."""
    if as_json:
        write_objects(kind, found)
        return 0
    page = Page.on_stdout(library.settings.bidi)
    words = words_of((await library.get(execution_id)).language)
    for each in found:
        page.write(line(each, words), at_left=True)
    return 0


def clipped(value: Any, most: int) -> str:
    """A value as JSON, of at most so many characters."""
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= most else f"{text[:most]}…"


def age(created_at: str, now: dt.datetime) -> str:
    """How long ago, in the largest unit that fits: `3 h`."""
    seconds = max(0, int((now - dt.datetime.fromisoformat(created_at)).total_seconds()))
    for unit, length in _UNITS:
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


async def require_agent(library: Library, name: str) -> None:
    """Raises `UserError`, which names those that there are."""
    known = [spec.name for spec in await library.agents()]
    if name not in known:
        raise UserError(f"there is no agent {name!r}; there are {', '.join(known)}")
