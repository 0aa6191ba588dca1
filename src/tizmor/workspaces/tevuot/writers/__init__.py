"""Drafts as the bytes of their formats; the same draft gives the same bytes."""

from __future__ import annotations

import datetime as dt
from pathlib import PurePosixPath

from tizmor.workspaces.tevuot.sources import Draft
from tizmor.workspaces.tevuot.writers import docx, pdf, xlsx

_WRITERS = {".docx": docx.render, ".pdf": pdf.render, ".xlsx": xlsx.render}


def render(draft: Draft, written: dt.datetime) -> bytes:
    """The draft in the format of its path's suffix, its metadata dated `written`.

    Formats that are text (md, txt, html, csv) are the draft's own text in UTF-8.
    """
    writer = _WRITERS.get(PurePosixPath(draft.path).suffix)
    return writer(draft, written) if writer else draft.text.encode()
