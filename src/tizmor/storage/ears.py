"""Which processes want to be told of every commit: those with a file for it beside their lock.

Hardly ever is there any, and who commits must not pay for looking: it asks only whether the folder
has changed since it looked last.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import suppress

from tizmor.storage.connection import file_errors
from tizmor.storage.owners import Owners

_GRAIN_NS = 100_000_000
"""Two changes of a folder within the clock's grain leave it with one time: what was read of one
that had just changed isn't relied on."""


class Ears:
    """Those of the processes on one database, seen by one of them."""

    def __init__(self, owners: Owners) -> None:
        self._owners = owners
        self._listening = 0
        self._changed_ns = 0
        self._others: Sequence[str] = ()

    def begin(self) -> None:
        """Have this process told of every commit until as many `end`s."""
        self._owners.appear()
        self._listening += 1
        file = self._owners.ears(self._owners.me)
        with file_errors(file):
            os.close(os.open(file, os.O_CREAT | os.O_CLOEXEC, 0o600))

    def end(self) -> None:
        self._listening -= 1
        if not self._listening:
            with suppress(OSError):
                self._owners.ears(self._owners.me).unlink(missing_ok=True)

    def others(self) -> Sequence[str]:
        """The others that want to be told just now."""
        try:
            changed_ns = os.stat(self._owners.folder).st_mtime_ns
            if changed_ns != self._changed_ns:
                self._others = self._read()
                is_old = time.time_ns() - changed_ns > _GRAIN_NS
                self._changed_ns = changed_ns if is_old else 0
        except OSError:
            return ()  # they look every 250 ms anyway
        return self._others

    def _read(self) -> list[str]:
        suffix = self._owners.ears("").name
        names = os.listdir(self._owners.folder)
        owners = (name.removesuffix(suffix) for name in names if name.endswith(suffix))
        return sorted(owner for owner in owners if owner != self._owners.me)
