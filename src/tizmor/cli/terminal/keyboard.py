"""Lines typed at a terminal, read so that waiting for one can be given up."""

from __future__ import annotations

import asyncio
import os
import termios
from typing import Protocol


class Lines(Protocol):
    """Where answers come from."""

    def forget(self) -> None:
        """Drop what was typed before now: it answers nothing that is asked from now on."""
        ...

    async def next(self) -> str | None:
        """The next line without its end; None when there will be no more. May be cancelled."""
        ...


class Keyboard:
    """The terminal's own line editing (cooked mode) on a file descriptor."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._typed = b""

    def forget(self) -> None:
        self._typed = b""
        termios.tcflush(self._descriptor, termios.TCIFLUSH)

    async def next(self) -> str | None:
        while b"\n" not in self._typed:
            await self._readable()
            piece = os.read(self._descriptor, 4096)
            self._typed += piece
            # At a terminal an empty read is one Ctrl-D, not the end of the terminal.
            if not piece:
                return None
        line, _, self._typed = self._typed.partition(b"\n")
        return line.decode("utf-8", "replace").rstrip("\r")

    async def _readable(self) -> None:
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        loop.add_reader(self._descriptor, ready.set)
        try:
            await ready.wait()
        finally:
            loop.remove_reader(self._descriptor)
