"""Pieces of results that running calls say on their way: shown to who watches, kept nowhere."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence

Hear = Callable[[int, str, str], None]
"""Told of a piece: the execution, the step, the text."""


class Partials:
    """Brings pieces to whoever listens, on the loop that it listens on; to nobody costs nothing."""

    def __init__(self) -> None:
        self._hear: Hear | None = None
        self._thread = 0
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def is_heard(self) -> bool:
        return self._hear is not None

    def listen(self, hear: Hear | None) -> None:
        """Have pieces told on the running loop; with None, to nobody any more."""
        self._thread, self._loop = threading.get_ident(), asyncio.get_running_loop()
        self._hear = hear

    def say(self, execution: int, step: str, text: str) -> None:
        """From any thread; a call may have been let go of long ago."""
        if threading.get_ident() == self._thread:
            self._tell(execution, step, text)
        elif self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell, execution, step, text)

    def _tell(self, execution: int, step: str, text: str) -> None:
        if self._hear is not None:
            self._hear(execution, step, text)


NO_PARTIALS = Partials()
"""Nobody listens."""


def parted(text: str, secrets: Sequence[str]) -> tuple[str, str]:
    """What of a text may be said now, and what is to be held back until more of it has come: the
    end of it that a secret may begin with."""
    longest = max((len(secret) for secret in secrets), default=0) - 1
    for length in range(min(longest, len(text)), 0, -1):
        end = text[-length:]
        if any(secret.startswith(end) for secret in secrets):
            return text[:-length], end
    return text, ""
