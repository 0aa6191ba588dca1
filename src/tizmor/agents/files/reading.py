"""Documents as text: one function for every format that is read."""

from __future__ import annotations

import datetime as dt
import importlib
import os
import re
import stat
import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import cache
from pathlib import Path

import msgspec

from tizmor.agents.files.dating import document_date
from tizmor.agents.files.formats.extracted import (
    BROKEN,
    EMPTY,
    TOO_LARGE,
    Extracted,
    Reason,
    Unreadable,
)

_PACKAGE = "tizmor.agents.files.formats"
_FORMATS = {
    ".md": "plain",
    ".markdown": "plain",
    ".txt": "plain",
    ".html": "web_page",
    ".htm": "web_page",
    ".csv": "delimited",
    ".pdf": "pdf",
    ".docx": "word",
    ".xlsx": "workbook",
}
"""Modules of `formats`. Their libraries take a quarter of a second to load, which only a process
that reads such a document needs."""
_WITHOUT_HEADINGS = (".txt", ".pdf")
SUFFIXES = frozenset(_FORMATS)
MAX_BYTES = 20_000_000
_MAX_CACHED_CHARACTERS = 30_000_000
_LONGEST_TITLE = 120

_FRONT_MATTER = re.compile(r"\A---\n(?P<body>.*?)\n(?:---|\.\.\.)(?:\n|\Z)", re.DOTALL)
_FRONT_TITLE = re.compile(r"^title:(?P<title>.*)$", re.M | re.I)
_HEADING = re.compile(r"^#{1,3}[^\S\n]+(?P<title>[^\s#].*)$", re.MULTILINE)
_FIRST_LINE = re.compile(
    r"\A\W{0,200}(?:(?:subject|re|נושא|הנדון)\s*:\s*)?(?P<title>[^\n|]{3,100}?)[.:]?\n", re.I
)
_NO_TITLE_MATTER = re.compile(r"[*_`]+|\s+")

_GONE = Reason(en="it is not there", he="הקובץ איננו")
_NOT_A_FILE = Reason(en="it is not a regular file", he="זה אינו קובץ רגיל")
_UNKNOWN_FORMAT = Reason(en="files of this type are not read", he="קבצים מסוג זה אינם נקראים")
_REFUSED = Reason(en="the system refuses to open it", he="המערכת מסרבת לפתוח אותו")


class ReadDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A document's text as light Markdown. `date` is what the document says of itself, in its
    text, title, name or metadata; `changed_at` is the file's, in seconds since the epoch."""

    title: str
    text: str
    date: dt.date | None
    changed_at: float


_State = tuple[str, int, int, int, int]
"""A file's path, times, number and size: one that is given its old time after a change is seen."""


class _Cache:
    """The documents read last, by path, time of change and size; bounded by their characters."""

    def __init__(self, max_characters: int) -> None:
        self._max = max_characters
        self._characters = 0
        self._lock = threading.Lock()
        self._entries: OrderedDict[_State, ReadDocument | Reason] = OrderedDict()

    def get(self, key: _State) -> ReadDocument | Reason | None:
        with self._lock:
            if key in self._entries:
                self._entries.move_to_end(key)
            return self._entries.get(key)

    def put(self, key: _State, entry: ReadDocument | Reason) -> None:
        with self._lock:
            if key in self._entries:
                return
            self._entries[key] = entry
            self._characters += _weight(entry)
            while self._characters > self._max and len(self._entries) > 1:
                self._characters -= _weight(self._entries.popitem(last=False)[1])


def _weight(entry: ReadDocument | Reason) -> int:
    return 200 + (len(entry.text) if isinstance(entry, ReadDocument) else 0)


_cache = _Cache(_MAX_CACHED_CHARACTERS)


@cache
def _extract(format_: str) -> Callable[[bytes], Extracted]:
    extract: Callable[[bytes], Extracted] = importlib.import_module(f"{_PACKAGE}.{format_}").extract
    return extract


def read_text(path: Path) -> ReadDocument:
    """The text of the file at `path`, which the caller has found to lie in the workspace.

    At most `MAX_BYTES` are read and a million characters kept. Raises `Unreadable` with the reason
    for what is missing, too large, damaged, encrypted, empty of text or of an unknown format.
    Blocks; safe in threads.
    """
    format_ = _FORMATS.get(path.suffix.lower())
    if format_ is None:
        raise Unreadable(_UNKNOWN_FORMAT)
    content, status = _bytes_of(path, known=_cache)
    if isinstance(content, Reason):
        raise Unreadable(content)
    if isinstance(content, ReadDocument):
        return content
    key = _key(path, status)
    try:
        document = _document(_extracted(_extract(format_), content), path, status)
    except Unreadable as error:
        _cache.put(key, error.reason)
        raise
    _cache.put(key, document)
    return document


def _key(path: Path, status: os.stat_result) -> _State:
    return (str(path), status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_size)


def _bytes_of(path: Path, *, known: _Cache) -> tuple[bytes | ReadDocument | Reason, os.stat_result]:
    """The file's bytes, or what is known of exactly this state of it. The last link isn't
    followed, and a pipe isn't waited for."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError as error:
        raise Unreadable(_GONE) from error
    except OSError as error:
        raise Unreadable(_REFUSED) from error
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise Unreadable(_NOT_A_FILE)
        if status.st_size > MAX_BYTES:
            raise Unreadable(TOO_LARGE)
        if entry := known.get(_key(path, status)):
            return entry, status
        try:
            return file.read(MAX_BYTES + 1)[:MAX_BYTES], status
        except OSError as error:
            raise Unreadable(_REFUSED) from error


def _extracted(extract: Callable[[bytes], Extracted], content: bytes) -> Extracted:
    """What the format's library makes of a stranger's bytes: it may raise anything at all."""
    try:
        return extract(content)
    except Unreadable:
        raise
    except Exception as error:
        raise Unreadable(BROKEN) from error


def _document(extracted: Extracted, path: Path, status: os.stat_result) -> ReadDocument:
    front = _FRONT_MATTER.match(extracted.text)
    text = extracted.text[front.end() :] if front else extracted.text
    if not any(c.isalnum() for c in text):
        raise Unreadable(EMPTY)
    title = _title(extracted, front["body"] if front else "", text, path)
    head = f"{front['body']}\n{text}" if front else text
    return ReadDocument(
        title=title,
        text=text.strip(),
        date=document_date(head, title=title, name=path.stem) or extracted.date,
        changed_at=status.st_mtime,
    )


def _title(extracted: Extracted, front: str, text: str, path: Path) -> str:
    """Front matter, then metadata, then the first heading, then the first line of a format that
    has no headings; else the file's name as words."""
    named = _FRONT_TITLE.search(front)
    heading = _HEADING.search(text)
    if heading is None and path.suffix.lower() in _WITHOUT_HEADINGS:
        heading = _FIRST_LINE.match(text)
    written = (
        (named and _unquoted(named["title"]))
        or extracted.title
        or (heading and heading["title"].rstrip().rstrip("#"))
        or ""
    )
    plain_title = _NO_TITLE_MATTER.sub(" ", written).strip()
    return (plain_title or re.sub(r"[-_\s]+", " ", path.stem).strip() or path.name)[:_LONGEST_TITLE]


def _unquoted(value: str) -> str:
    """A value of front matter without the quotes around it."""
    value = value.strip()
    return value[value[:1] in ("'", '"') : len(value) - (value[-1:] in ("'", '"'))]
