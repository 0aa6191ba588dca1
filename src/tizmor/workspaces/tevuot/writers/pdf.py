"""PDF by reportlab. Its built-in fonts have Latin letters only, so sources are in English."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Table

from tizmor.workspaces.tevuot.sources import Draft
from tizmor.workspaces.tevuot.writers.blocks import Block, blocks

_STYLES = {"title": "Title", "heading": "Heading2", "bullet": "Bullet", "paragraph": "BodyText"}
_GRID = [
    ("GRID", (0, 0), (-1, -1), 0.5, colors.grey),
    ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
]
_MARGIN = 22 * mm


def render(draft: Draft, written: dt.datetime) -> bytes:
    """The draft as A4 pages."""
    content = blocks(draft.text)
    output = io.BytesIO()
    document = SimpleDocTemplate(
        output,
        pagesize=A4,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        title=content[0].text,
        author="Orot",
        # The file's id comes from its content, and not from the time of day.
        invariant=1,
    )

    def date(canvas: Any, _: Any) -> None:
        canvas.setDateFormatter(lambda *_: _pdf_date(written))

    document.build([_flowable(block) for block in content], onFirstPage=date)
    return output.getvalue()


def _flowable(block: Block) -> Flowable:
    if block.kind == "table":
        return Table(block.rows, hAlign="LEFT", style=_GRID, spaceBefore=6, spaceAfter=6)
    bullet = "-" if block.kind == "bullet" else None
    style = getSampleStyleSheet()[_STYLES[block.kind]]
    return Paragraph(escape(block.text), style, bulletText=bullet)


def _pdf_date(written: dt.datetime) -> str:
    """A date as ISO 32000-1, section 7.9.4, writes it: D:20251203090000+02'00'."""
    offset = written.strftime("%z")
    return f"D:{written:%Y%m%d%H%M%S}{offset[:3]}'{offset[3:]}'"
