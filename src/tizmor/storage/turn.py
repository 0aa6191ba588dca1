"""Letting another process write in between.

SQLite's write lock has no queue: who waits for it sleeps and looks again, and one that commits
batch after batch takes it back before the sleeper looks. So each writer takes an OS lock on a file
for as long as it waits for SQLite's, and no longer: who waits holds it, and the busy one finds it
taken before its next batch.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType

from tizmor.storage.connection import file_errors

_PATIENCE_S = 1.0
_LOOK_S = 0.001


class Turn:
    """A turn at the write lock. A courtesy: after a second without it one goes on all the same,
    lest a process that was stopped while it waited stops all others. Raises `StorageFailed`."""

    def __init__(self, file: Path) -> None:
        self._path = file
        self._file: int | None = None

    def __enter__(self) -> None:
        until = time.monotonic() + _PATIENCE_S
        while not self._taken() and time.monotonic() < until:
            time.sleep(_LOOK_S)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    @property
    def _descriptor(self) -> int:
        if self._file is None:
            with file_errors(self._path):
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return self._file

    def _taken(self) -> bool:
        with file_errors(self._path):
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
        return True
