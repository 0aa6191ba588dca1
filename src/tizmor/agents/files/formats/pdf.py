"""PDF."""

from __future__ import annotations

import datetime as dt
import io
import logging
import re

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from tizmor.agents.files.formats.extracted import (
    BROKEN,
    ENCRYPTED,
    MAX_CHARACTERS,
    Extracted,
    Unreadable,
)

# What is wrong with a file is said once, with its name, by who asked for it.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)

_MAX_PAGES = 500
_MADE_UP_TITLE = re.compile(
    r"untitled|\(?anonymous\)?|unspecified|microsoft word.*|.*\.\w{2,4}", re.I
)


def extract(content: bytes) -> Extracted:
    """The text of the pages in order. Raises `Unreadable`.

    A damaged PDF fails in as many ways as there are (pypdf lets KeyError, RecursionError and
    others through), all of which mean the same to the reader.
    """
    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            raise Unreadable(ENCRYPTED)
        return Extracted(text=_text(reader), title=_title(reader), date=_date(reader))
    except (
        PyPdfError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        RecursionError,
        ArithmeticError,
        AssertionError,
        NotImplementedError,
        OSError,
        MemoryError,
    ) as error:
        raise Unreadable(BROKEN) from error


def _text(reader: PdfReader) -> str:
    pieces: list[str] = []
    length = 0
    for index in range(min(len(reader.pages), _MAX_PAGES)):
        pieces.append(reader.pages[index].extract_text())
        length += len(pieces[-1])
        if length > MAX_CHARACTERS:
            break
    return "\n\n".join(pieces)[:MAX_CHARACTERS]


def _title(reader: PdfReader) -> str:
    title = " ".join(str((reader.metadata and reader.metadata.title) or "").split())
    return "" if _MADE_UP_TITLE.fullmatch(title) else title


def _date(reader: PdfReader) -> dt.date | None:
    try:
        created = reader.metadata and (
            reader.metadata.creation_date or reader.metadata.modification_date
        )
    except ValueError:
        return None
    return created.date() if created else None
