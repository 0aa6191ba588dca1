"""The user's folder and what its settings say, as agents and planners see it."""

from __future__ import annotations

import datetime as dt
import enum
import os
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from tizmor.core.errors import Permanent


class Day(enum.IntEnum):
    """Days of the week, numbered as `datetime.date.weekday()` does."""

    MON = 0
    TUE = 1
    WED = 2
    THU = 3
    FRI = 4
    SAT = 5
    SUN = 6


class Workspace(msgspec.Struct, frozen=True, kw_only=True):
    """A folder with its owner's name, zone and working time."""

    root: Path
    me_name: str = ""
    me_email: str = ""
    timezone: str = "UTC"
    working_days: tuple[Day, ...] = (Day.SUN, Day.MON, Day.TUE, Day.WED, Day.THU)
    working_start: dt.time = dt.time(8, 30)
    working_end: dt.time = dt.time(18, 0)
    meeting_minutes: int = 30
    language: str = ""
    """`he`, `en`, or empty: the request's own."""

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def path(self, relative: str) -> Path:
        """The absolute path of a file in the workspace.

        Raises `Permanent` when it would lie outside, by `..`, an absolute path or a link.
        """
        if "\0" in relative:
            raise Permanent("a path holds a NUL byte")
        root = self.root.resolve()
        path = Path(os.path.normpath(root / relative))
        try:
            inside = path.is_relative_to(root) and path.resolve().is_relative_to(root)
        except (OSError, RuntimeError) as error:  # links that lead to one another
            raise Permanent(f"{relative!r} leads nowhere") from error
        if not inside:
            raise Permanent(f"{relative!r} lies outside the workspace")
        return path
