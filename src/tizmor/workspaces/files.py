"""A file that is still to be written, and what an example has to say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import NamedTuple
from zoneinfo import ZoneInfo


class NewFile(NamedTuple):
    """A file's path in the workspace, its bytes, and when it was last changed (None: now)."""

    path: str
    content: bytes
    modified: dt.datetime | None = None


class Example(NamedTuple):
    """A workspace with content: whose it is, where they live, and its files on a given day."""

    me: str
    timezone: str
    files: Callable[[dt.date, ZoneInfo], list[NewFile]]
