"""Bytes of text files as text, when nothing says how they are encoded."""

from __future__ import annotations

import codecs
import re

from tizmor.agents.files.formats.extracted import NOT_TEXT, Unreadable

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HIGH = re.compile(rb"[\x80-\xff]")
_HEBREW_RUN = re.compile(rb"[\xe0-\xfa]{2,}")
_WEB_ENCODINGS = frozenset(
    ("utf-8", "windows-1255", "iso-8859-8", "iso-8859-8-i", "windows-1252", "iso-8859-1")
)
_CODECS = {"iso-8859-8-i": "iso-8859-8", "iso-8859-1": "windows-1252"}


def decode(content: bytes, *, declared: str = "") -> str:
    """The text of `content`.

    A byte order mark goes first, then UTF-8, then what the document itself declares, then
    windows-1255 where the bytes look like Hebrew words and windows-1252 where they don't. Raises
    `Unreadable` for what isn't text.
    """
    for mark, name in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return content.decode(name, errors="replace")
    if b"\0" in content:
        raise Unreadable(NOT_TEXT)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode(_legacy_encoding(content, declared.strip().lower()), errors="replace")


def _legacy_encoding(content: bytes, declared: str) -> str:
    if declared in _WEB_ENCODINGS and declared != "utf-8":
        return _CODECS.get(declared, declared)
    in_words = sum(map(len, _HEBREW_RUN.findall(content)))
    return "windows-1255" if in_words * 2 > len(_HIGH.findall(content)) else "windows-1252"
