"""Calendar files parsed, and kept as long as they stay as they are.

One request reads the calendar several times: to search, to find a time, to check it again.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from pathlib import Path

import icalendar
import msgspec

from tizmor.agents.files.guarded import read_bounded

MAX_BYTES = 4_000_000
_MAX_KEPT_BYTES = 8_000_000
"""Of files; parsed, a calendar takes many times the room of its file."""

_Key = tuple[str, int, int, int]


class ParsedFile(msgspec.Struct, frozen=True, kw_only=True):
    """The calendars of one file, which nobody changes, and its size in bytes."""

    calendars: tuple[icalendar.Calendar, ...]
    size: int


class _Kept:
    """The files parsed last, by path, inode, time of change and size; bounded by their bytes."""

    def __init__(self, max_bytes: int) -> None:
        self._max = max_bytes
        self._bytes = 0
        self._lock = threading.Lock()
        self._files: OrderedDict[_Key, ParsedFile] = OrderedDict()

    def get(self, key: _Key) -> ParsedFile | None:
        with self._lock:
            if key in self._files:
                self._files.move_to_end(key)
            return self._files.get(key)

    def put(self, key: _Key, file: ParsedFile) -> None:
        with self._lock:
            if key in self._files:
                return
            self._files[key] = file
            self._bytes += file.size
            while self._bytes > self._max and len(self._files) > 1:
                self._bytes -= self._files.popitem(last=False)[1].size


_kept = _Kept(_MAX_KEPT_BYTES)


def parsed(path: Path) -> ParsedFile:
    """The calendars in a file of at most `MAX_BYTES`.

    Raises `ValueError` or `OSError` when it is no regular file, not iCalendar or too large. Blocks;
    safe in threads.
    """
    status = os.lstat(path)
    key = (str(path), status.st_ino, status.st_mtime_ns, status.st_size)
    file = _kept.get(key)
    if file is None:
        file = _parse(read_bounded(path, MAX_BYTES))
        _kept.put(key, file)
    return file


def _parse(content: bytes) -> ParsedFile:
    try:
        components = icalendar.Calendar.from_ical(content, multiple=True)
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise ValueError(f"not iCalendar: {str(error) or type(error).__name__}") from error
    calendars = tuple(c for c in components if isinstance(c, icalendar.Calendar))
    if not calendars:
        raise ValueError("no calendar in it")
    return ParsedFile(calendars=calendars, size=len(content))
