"""Word documents (docx)."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any
from zipfile import BadZipFile

import docx
from docx.opc.exceptions import OpcError
from docx.table import Table

from tizmor.agents.files.formats.archive import checked_archive
from tizmor.agents.files.formats.extracted import BROKEN, MAX_CHARACTERS, Extracted, Unreadable
from tizmor.agents.files.formats.table import table

_HEADING = re.compile(r"(?:heading|כותרת)\s*(\d)", re.IGNORECASE)
_TEMPLATE_DATE = dt.date(2013, 12, 23)
"""What python-docx's own template says of every document made with it."""


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
    for block in document.iter_inner_content():
        if isinstance(block, Table):
            piece = table([cell.text for cell in row.cells] for row in block.rows) + "\n"
        else:
            piece = _paragraph(block.text.strip(), str(block.style.name if block.style else ""))
        pieces.append(piece)
        length += len(piece)
        if length > MAX_CHARACTERS:
            break
    return "\n".join(pieces)[:MAX_CHARACTERS]


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
