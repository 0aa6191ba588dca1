"""What a format gives, and how it says that it can't."""

from __future__ import annotations

import datetime as dt

import msgspec

MAX_CHARACTERS = 1_000_000
"""How much text of one document is read; the rest is left."""


class Extracted(msgspec.Struct, frozen=True, kw_only=True):
    """The text of a document as light Markdown; `title` and `date` as its metadata say."""

    text: str
    title: str = ""
    date: dt.date | None = None


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """Why a document can't be read, in both languages."""

    en: str
    he: str


class Unreadable(Exception):
    """A document that can't be read."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.en)
        self.reason = reason


ENCRYPTED = Reason(en="it is encrypted", he="הקובץ מוצפן")
EMPTY = Reason(en="it holds no text", he="אין בו טקסט")
BROKEN = Reason(en="the file is damaged", he="הקובץ פגום")
TOO_LARGE = Reason(en="it is too large", he="הקובץ גדול מדי")
TOO_DEEP = Reason(en="its parts are nested too deeply", he="חלקיו מקוננים עמוק מדי")
NOT_TEXT = Reason(en="it is not text", he="זה אינו קובץ טקסט")
ZIP_BOMB = Reason(
    en="it unpacks to far more than a document holds (a zip bomb?)",
    he="הוא נפרס להרבה יותר ממה שיש במסמך (פצצת zip?)",
)
