"""LISTEN and NOTIFY: how processes wake each other.

A wake-up says only that it may be worth looking. One that is lost, because the connection was,
costs the 250 ms after which everyone looks anyway.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from tizmor.core.errors import StorageFailed
from tizmor.storage.postgres.errors import storage_errors
from tizmor.storage.postgres.wire import connect
from tizmor.storage.wakes import WakeSignal

CHANNEL = "tizmor"
_AGAIN_S = 1.0


class Listener:
    """Fires `signal` when somebody calls `me`, or all, until `close`."""

    def __init__(self, url: str, me: str, signal: WakeSignal) -> None:
        self._url = url
        self._me = me
        self._signal = signal
        self._task: asyncio.Task[None] | None = None
        self._first: asyncio.Event = asyncio.Event()

    async def begin(self) -> None:
        """Listen from now on; returns when that has begun, or has failed for the first time."""
        if self._task is None:
            self._task = asyncio.create_task(self._keep())
        await self._first.wait()

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        self._first.set()

    async def _keep(self) -> None:
        while True:
            with suppress(StorageFailed), storage_errors():
                await self._listen()
            self._first.set()
            await asyncio.sleep(_AGAIN_S)

    async def _listen(self) -> None:
        """Listen until the connection is lost."""
        connection = await connect(self._url, f"listener {self._me}")
        gone = asyncio.Event()
        connection.add_termination_listener(lambda _: gone.set())
        try:
            await connection.add_listener(CHANNEL, self._called)
            self._first.set()
            self._signal.fire()  # what was called meanwhile was not heard
            await gone.wait()
        finally:
            connection.terminate()

    def _called(self, *called: object) -> None:
        if called[-1] in ("", self._me):
            self._signal.fire()
