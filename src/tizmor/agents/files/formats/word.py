"""Word documents (docx)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any
from zipfile import BadZipFile

import docx
from docx.opc.exceptions import OpcError
from docx.table import Table, _Cell

from tizmor.agents.files.formats.archive import checked_archive
from tizmor.agents.files.formats.extracted import BROKEN, MAX_CHARACTERS, Extracted, Unreadable
from tizmor.agents.files.formats.table import table

_HEADING = re.compile(r"(?:heading|כותרת)\s*(\d)", re.IGNORECASE)
_TEMPLATE_DATE = dt.date(2013, 12, 23)
"""What python-docx's own template says of every document made with it."""
_WIDEST_SPAN = 60
_LONGEST_REPEATED = 200
"""Characters of a merged cell that are said again in every place that it covers."""


def extract(content: bytes) -> Extracted:
    """Paragraphs and tables in order. Raises `Unreadable`."""
    file = checked_archive(content)
    try:
        document = docx.Document(file)
        properties = document.core_properties
        return Extracted(
            text=_text(document),
            title=str(properties.title or "").strip(),
            date=_date(properties.modified or properties.created),
        )
    except (
        OpcError,
        SyntaxError,
        BadZipFile,
        ValueError,
        KeyError,
        AttributeError,
        OSError,
    ) as error:
        raise Unreadable(BROKEN) from error


def _text(document: Any) -> str:
    pieces: list[str] = []
    length = 0
    styles = {style.style_id: str(style.name) for style in document.styles}
    for block in document.iter_inner_content():
        if isinstance(block, Table):
            piece = table(_rows(block)) + "\n"
        else:
            piece = _paragraph(block.text.strip(), styles.get(block._p.style, ""))
        pieces.append(piece)
        length += len(piece)
        if length > MAX_CHARACTERS:
            break
    return "\n".join(pieces)[:MAX_CHARACTERS]


def _rows(block: Table) -> Iterator[list[str]]:
    """The rows with the text of merged cells in every place that they cover.

    python-docx's own rows repeat a merged cell as often as the file says, and look the cells above
    up again and again.
    """
    above: list[str] = []
    for row in block.rows:
        cells: list[str] = []
        for cell in row._tr.tc_lst:
            goes_on = cell.vMerge == "continue" and len(cells) < len(above)
            text = above[len(cells)] if goes_on else _Cell(cell, block).text
            again = text if len(text) <= _LONGEST_REPEATED else ""
            span = min(cell.grid_span, _WIDEST_SPAN)
            cells += [again if goes_on else text, *[again] * (span - 1)]
        above = cells
        yield cells


def _paragraph(text: str, style: str) -> str:
    if not text:
        return ""
    if heading := _HEADING.match(style):
        return f"\n{'#' * int(heading[1] or 1)} {text}\n"
    if style == "Title":
        return f"# {text}\n"
    if "List" in style:
        return f"- {text}"
    return f"\n{text}\n"


def _date(moment: dt.datetime | None) -> dt.date | None:
    return moment.date() if moment and moment.date() != _TEMPLATE_DATE else None
