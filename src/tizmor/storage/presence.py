"""Are the database's files still where they were opened?

Who has a file open goes on writing to it after it was moved away or removed: the commit succeeds,
and is gone. So each commit asks first.
"""

from __future__ import annotations

import os
from pathlib import Path

from tizmor.core.errors import StorageFailed


class Presence:
    """The database and its log as this process has them open. See `check`."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._paths = tuple(map(os.fspath, (database, database.with_name(f"{database.name}-wal"))))
        self._opened: list[tuple[int, int]] | None = None

    def check(self) -> None:
        """Raise `StorageFailed` when one of the files is gone, or another stands in its place.

        To be called with a transaction open: from its first call on, these are the files.
        """
        try:
            found = [(stat.st_dev, stat.st_ino) for stat in map(os.stat, self._paths)]
        except OSError as error:
            raise StorageFailed(
                f"{error.filename} is gone ({error.strerror}): put it back where it was"
            ) from error
        if self._opened is None:
            self._opened = found
        if found != self._opened:
            raise StorageFailed(
                f"another file was put in the place of {self._database} or its log: put the one"
                " back that was there, or start again with the new one"
            )
