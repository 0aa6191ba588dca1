"""Word documents by python-docx, Hebrew ones from right to left."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import docx
from docx.enum.table import WD_TABLE_DIRECTION
from docx.oxml import OxmlElement

from tizmor.workspaces.tevuot.sources import Draft
from tizmor.workspaces.tevuot.writers.archive import dated
from tizmor.workspaces.tevuot.writers.blocks import Block, blocks

_STYLES = {"title": "Title", "heading": "Heading 1", "bullet": "List Bullet", "paragraph": "Normal"}


def render(draft: Draft, written: dt.datetime) -> bytes:
    """The draft as a Word document."""
    content = blocks(draft.text)
    document = docx.Document()
    for block in content:
        if block.kind == "table":
            _add_table(document, block)
        else:
            document.add_paragraph(block.text, style=_STYLES[block.kind])
    if draft.language == "he":
        _turn_right_to_left(document)
    _describe(document.core_properties, content[0].text, draft.language, written)
    output = io.BytesIO()
    document.save(output)
    return dated(output.getvalue(), written)


def _add_table(document: Any, block: Block) -> None:
    table = document.add_table(rows=len(block.rows), cols=len(block.rows[0]), style="Table Grid")
    for row, texts in zip(table.rows, block.rows, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text


def _turn_right_to_left(document: Any) -> None:
    tables = document.tables
    for table in tables:
        table.table_direction = WD_TABLE_DIRECTION.RTL
    cells = [cell for table in tables for row in table.rows for cell in row.cells]
    for holder in (document, *cells):
        for paragraph in holder.paragraphs:
            paragraph.paragraph_format.element.get_or_add_pPr().append(OxmlElement("w:bidi"))
            for run in paragraph.runs:
                run.font.rtl = True


def _describe(properties: Any, title: str, language: str, written: dt.datetime) -> None:
    properties.title = title
    properties.author = "Orot"
    properties.last_modified_by = "Orot"
    properties.language = language
    # The library writes these as UTC, without an offset of their own.
    properties.created = properties.modified = written.astimezone(dt.UTC).replace(tzinfo=None)
