"""Who has the database open, so that what only one may do is done by one alone.

Each process that has it open holds a shared OS lock on one file for as long; the kernel frees it
when the process dies. Whoever gets the lock exclusively is alone with the database's files.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable
from pathlib import Path


class Usage:
    """One process's use of a database. `file` is made where it can be."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._held: int | None = None

    def begin(self, alone: Callable[[], None]) -> None:
        """Use the database from now on. `alone` is called first if no other process uses it; others
        that begin meanwhile wait until it has returned. What it raises is raised."""
        try:
            held = os.open(self._file, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            if error.errno not in (errno.EROFS, errno.EACCES):
                raise
            alone()  # nobody can write here, so nobody can be disturbed
            return
        try:
            if _is_alone(held):
                alone()
            fcntl.flock(held, fcntl.LOCK_SH)
        except BaseException:
            os.close(held)
            raise
        self._held = held

    def alone(self, work: Callable[[], None]) -> bool:
        """Do the work if no other process uses the database; whether it was done. Others that begin
        meanwhile wait until it has returned."""
        if self._held is None:
            return False
        try:
            if not _is_alone(self._held):
                return False
            work()
        finally:
            # Also when it was refused: asking for the other lock has given this one up.
            fcntl.flock(self._held, fcntl.LOCK_SH)
        return True

    def end(self) -> None:
        if self._held is not None:
            os.close(self._held)
            self._held = None


def _is_alone(held: int) -> bool:
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
