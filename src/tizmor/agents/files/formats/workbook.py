"""Excel workbooks (xlsx)."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from tizmor.agents.files.formats.archive import checked_archive
from tizmor.agents.files.formats.extracted import BROKEN, MAX_CHARACTERS, Extracted, Unreadable
from tizmor.agents.files.formats.table import table

_MAX_SHEETS = 50
_MAX_ROWS = 20_000
_MAX_COLUMNS = 100
_CURRENCY = re.compile(r"[₪$€£]")


def extract(content: bytes) -> Extracted:
    """Each visible sheet as a heading and a table, values as shown. Raises `Unreadable`."""
    file = checked_archive(content)
    try:
        workbook = openpyxl.load_workbook(file, read_only=True, data_only=True)
        properties = workbook.properties
        moment = properties.modified or properties.created
        return Extracted(
            text=_text(workbook),
            title=str(properties.title or "").strip(),
            date=moment.date() if isinstance(moment, dt.datetime) else None,
        )
    except (
        InvalidFileException,
        BadZipFile,
        ParseError,
        SyntaxError,
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        OSError,
    ) as error:
        raise Unreadable(BROKEN) from error


def _text(workbook: Any) -> str:
    pieces: list[str] = []
    length = 0
    for sheet in workbook.worksheets[:_MAX_SHEETS]:
        if sheet.sheet_state != "visible":
            continue
        rows = sheet.iter_rows(max_row=_MAX_ROWS, max_col=_MAX_COLUMNS)
        if body := table([_shown(cell) for cell in row] for row in rows):
            pieces.append(f"## {sheet.title}\n\n{body}\n")
            length += len(pieces[-1])
        if length > MAX_CHARACTERS:
            break
    return "\n".join(pieces)[:MAX_CHARACTERS]


def _shown(cell: Any) -> str:
    """A cell as a reader sees it: 0.125 in a percent format is 12.5%."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return (
            value.date().isoformat() if value.time() == dt.time.min else f"{value:%Y-%m-%d %H:%M}"
        )
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    number_format = str(cell.number_format or "")
    if "%" in number_format:
        return f"{value * 100:.10g}%"
    currency = _CURRENCY.search(number_format)
    number = (
        f"{value:,.10g}" if isinstance(value, float) else f"{value:,}" if currency else str(value)
    )
    return f"{number} {currency[0]}" if currency else number
