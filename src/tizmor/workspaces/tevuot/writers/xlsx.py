"""Workbooks by openpyxl: a sheet for each `# name` line, its rows as CSV (RFC 4180) below."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import zipfile

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import ExcelWriter

from tizmor.workspaces.tevuot.sources import Draft
from tizmor.workspaces.tevuot.writers.archive import dated

_SHEET = re.compile(r"^# (.+)\n", re.MULTILINE)
_WHOLE = re.compile(r"-?\d+")
_FRACTION = re.compile(r"-?\d+\.\d+")
_WIDEST = 48


def render(draft: Draft, written: dt.datetime) -> bytes:
    """The draft as a workbook, Hebrew sheets from right to left."""
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    parts = iter(_SHEET.split(draft.text)[1:])
    for name, rows in zip(parts, parts, strict=True):
        sheet = workbook.create_sheet(name)
        sheet.sheet_view.rightToLeft = draft.language == "he"
        _fill(sheet, rows)
    properties = workbook.properties
    properties.title = workbook.worksheets[0]["A1"].value
    properties.creator = "Orot"
    properties.created = properties.modified = written.astimezone(dt.UTC).replace(tzinfo=None)
    return dated(_saved(workbook), written)


def _fill(sheet: Worksheet, rows: str) -> None:
    for line in csv.reader(rows.strip().splitlines()):
        sheet.append([_value(cell) for cell in line])
    for index, column in enumerate(sheet.columns, 1):
        widest = max(len(str(cell.value or "")) for cell in column)
        sheet.column_dimensions[get_column_letter(index)].width = min(widest + 2, _WIDEST)
    for cell in sheet[1]:
        cell.font = Font(bold=True)


def _value(cell: str) -> str | int | float | None:
    if _WHOLE.fullmatch(cell):
        return int(cell)
    if _FRACTION.fullmatch(cell):
        return float(cell)
    return cell or None


def _saved(workbook: Workbook) -> bytes:
    # `Workbook.save` dates the workbook by the clock; its writer keeps the date that it has.
    output = io.BytesIO()
    ExcelWriter(workbook, zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED)).save()
    return output.getvalue()
