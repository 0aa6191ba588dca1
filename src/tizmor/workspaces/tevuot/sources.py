"""Sources of an example's documents: text with placeholders for dates, under TOML front matter.

    +++
    file = "tevuot/weekly-status-{{iso}}.md"   path in the workspace; its suffix says the format
    language = "en"                             says the writing's direction
    day = 11                                    a day of the story; or `ago`, days before today
    skip_december = true                        with `ago`: never within the last December
    +++

Placeholders: `{{iso}}` 2025-12-03, `{{date}}` 3.12.2025, `{{long}}` 3 December 2025, `{{month}}`
December, `{{year}}`. They stand for the document's own date, moved by `+N` or `-N` (days, or months
or years for those two); a bare number, as in `{{date 17}}`, is a day of the story.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Callable, Iterator
from importlib.resources.abc import Traversable
from typing import NamedTuple

import msgspec

from tizmor.text.calendar_words import MONTHS
from tizmor.workspaces.tevuot.timeline import Timeline

_FENCE = "+++\n"
_PLACEHOLDER = re.compile(r"\{\{(\w+)(?: ([+-]?\d+))?\}\}")
_MONTHS = tuple(
    next(name for name, number in MONTHS.items() if number == wanted).capitalize()
    for wanted in range(1, 13)
)


class Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The front matter of a source."""

    file: str
    language: str
    day: int | None = None
    ago: int | None = None
    skip_december: bool = False


class Draft(NamedTuple):
    """A document with its dates filled in, before it is written in its format."""

    path: str
    language: str
    date: dt.date
    text: str


def drafts(folder: Traversable, timeline: Timeline) -> list[Draft]:
    """Every source in the folder and below it as a draft, in the order of their names."""
    return [_draft(source.read_text(encoding="utf-8"), timeline) for source in _walk(folder)]


def _walk(folder: Traversable) -> Iterator[Traversable]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _walk(entry)
        else:
            yield entry


def _draft(source: str, timeline: Timeline) -> Draft:
    _, front_matter, text = source.split(_FENCE, 2)
    head = msgspec.convert(tomllib.loads(front_matter), Head)
    date = _date(head, timeline)

    def fill(match: re.Match[str]) -> str:
        return _written(match[1], match[2], date, timeline)

    return Draft(
        path=_PLACEHOLDER.sub(fill, head.file),
        language=head.language,
        date=date,
        text=_PLACEHOLDER.sub(fill, text),
    )


def _date(head: Head, timeline: Timeline) -> dt.date:
    if head.day is not None:
        return timeline.story_day(head.day)
    if head.ago is None:
        raise ValueError(f"{head.file} has neither day nor ago")
    return timeline.days_ago(head.ago, outside_december=head.skip_december)


def _written(form: str, argument: str | None, date: dt.date, timeline: Timeline) -> str:
    if form == "month":
        return _month(date.month + int(argument or 0))
    if form == "year":
        return str(date.year + int(argument or 0))
    if argument is not None and argument.isdecimal():
        date = timeline.story_day(int(argument))
    elif argument is not None:
        date += dt.timedelta(days=int(argument))
    return _FORMS[form](date)


def _month(number: int) -> str:
    return _MONTHS[(number - 1) % 12]


_FORMS: dict[str, Callable[[dt.date], str]] = {
    "iso": dt.date.isoformat,
    "date": lambda date: f"{date.day}.{date.month}.{date.year}",
    "long": lambda date: f"{date.day} {_month(date.month)} {date.year}",
}
