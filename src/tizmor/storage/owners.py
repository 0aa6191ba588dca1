"""Who is alive: each process that owns executions holds an OS lock on a file of its own.

The kernel frees the lock when the process dies, however it dies, and keeps it while it is stopped
(`SIGSTOP`). So whether an owner lives is never guessed from time.
"""

from __future__ import annotations

import fcntl
import os
import re
from pathlib import Path
from secrets import token_hex

from tizmor.storage.connection import file_errors

_NAME = re.compile(r"[0-9]{1,10}-[0-9a-f]{16}")


def new_owner() -> str:
    """A name that no process ever had: the process id, for people, and 64 random bits."""
    return f"{os.getpid()}-{token_hex(8)}"


class Owners:
    """The folder of lock files, seen by one process whose name is `me`."""

    def __init__(self, folder: Path, me: str) -> None:
        self.folder = folder
        self.me = me
        self._held: int | None = None

    def appear(self) -> None:
        """Be seen as alive until `vanish` or death.

        The file gets its name once it is locked, so that nobody can take it for a dead one's.
        """
        if self._held is not None:
            return
        with file_errors(self.folder):
            self.folder.mkdir(mode=0o700, exist_ok=True)
            self.sweep()
            self._held = self._hold()

    def vanish(self) -> None:
        if self._held is None:
            return
        self.forget(self.me)
        os.close(self._held)
        self._held = None

    def is_alive(self, owner: str) -> bool:
        if owner == self.me:
            return self._held is not None
        return bool(_NAME.fullmatch(owner)) and _is_locked(self._file(owner))

    def forget(self, owner: str) -> None:
        """Remove what a process that is dead, or is this one, left in the folder."""
        if _NAME.fullmatch(owner):
            for file in (self._file(owner), self.socket(owner), self.ears(owner)):
                with file_errors(file):
                    file.unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove what dead processes left in the folder."""
        for owner in self.others():
            if not self.is_alive(owner):
                self.forget(owner)

    def socket(self, owner: str) -> Path:
        return self.folder / f"{owner}.sock"

    def ears(self, owner: str) -> Path:
        """A file that is there while the process wants to be told of every commit."""
        return self.folder / f"{owner}.ears"

    def others(self) -> list[str]:
        """All that have a file here but this process, dead or alive."""
        return sorted(
            file.stem
            for file in self.folder.glob("*.lock")
            if file.stem != self.me and _NAME.fullmatch(file.stem)
        )

    def _hold(self) -> int:
        unborn = self._file(self.me).with_suffix(".new")
        held = os.open(unborn, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(held, fcntl.LOCK_EX)
        os.rename(unborn, self._file(self.me))
        return held

    def _file(self, owner: str) -> Path:
        return self.folder / f"{owner}.lock"


def _is_locked(file: Path) -> bool:
    with file_errors(file):
        try:
            probe = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(probe, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(probe)
    return False
