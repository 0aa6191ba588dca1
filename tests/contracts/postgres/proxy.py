"""Between a journal and its server: what networks do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

_PORT = 5432
_DONE = b"SELECT "
"""Of the message that a statement has run to its end (CommandComplete)."""


class Proxy:
    """Passes bytes on; at a word it swallows the next result and cuts the connection."""

    def __init__(self, server: Path) -> None:
        self._server = server
        self.cut_next_answer = False
        self.cuts = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def _connected(self, client: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        answers, server = await asyncio.open_unix_connection(self._server / f".s.PGSQL.{_PORT}")
        there = asyncio.create_task(self._pass(client, server))
        self._tasks.add(there)
        try:
            while answer := await answers.read(1 << 16):
                if self.cut_next_answer and _DONE in answer:
                    self.cut_next_answer = False
                    self.cuts += 1
                    return
                back.write(answer)
                await back.drain()
        finally:
            back.close()
            server.close()

    async def _pass(self, source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while said := await source.read(1 << 16):
                to.write(said)
                await to.drain()
            to.close()

    @asynccontextmanager
    async def listening(self, folder: Path) -> AsyncIterator[Proxy]:
        server = await asyncio.start_unix_server(self._connected, folder / f".s.PGSQL.{_PORT}")
        try:
            yield self
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
