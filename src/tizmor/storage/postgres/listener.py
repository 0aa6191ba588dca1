"""LISTEN and NOTIFY: how processes wake each other, for orders and for what was committed.

A wake-up says only that it may be worth looking. One that is lost, because the connection was,
costs the 250 ms after which everyone looks anyway.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from tizmor.core.errors import StorageFailed
from tizmor.storage.postgres.errors import storage_errors
from tizmor.storage.postgres.wire import Connection, connect
from tizmor.storage.wakes import WakeSignal

CHANNEL = "tizmor"
SAY_S = 5.0
"""How often a process that wants to be told of every commit says so."""
_BELIEVED_S = 3 * SAY_S
_AGAIN_S = 1.0
_LISTENS, _GREW = "listens ", "grew "
_NOTIFY = f"SELECT pg_notify('{CHANNEL}', $1)"


class Listener:
    """Fires `signal` when somebody calls `me`, or all, and `growth` when another process has
    committed, until `close`.

    A NOTIFY in every commit would have commits wait for each other. So it is sent behind them, and
    only while some process has lately said that it wants it; one for all commits meanwhile.
    """

    def __init__(self, url: str, me: str, signal: WakeSignal, growth: WakeSignal) -> None:
        self._url = url
        self._me = me
        self._signal = signal
        self._growth = growth
        self._connection: Connection | None = None
        self._listened_until = 0.0
        self._telling: asyncio.Task[None] | None = None
        self._grew = False
        self._saying = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._first: asyncio.Event = asyncio.Event()

    async def begin(self) -> None:
        """Listen from now on; returns when that has begun, or has failed for the first time."""
        if self._task is None:
            self._task = asyncio.create_task(self._keep())
        await self._first.wait()

    async def listens(self) -> None:
        """Say that this process wants to be told of every commit, for some seconds."""
        await self._say(_LISTENS)

    def grew(self) -> None:
        """This process has committed: have it told to those that want it."""
        if asyncio.get_running_loop().time() > self._listened_until:
            return
        self._grew = True
        if self._telling is None:
            self._telling = asyncio.create_task(self._tell())

    async def close(self) -> None:
        for task in (self._task, self._telling):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
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
            self._connection = connection
            self._first.set()
            self._signal.fire()  # what was called meanwhile was not heard
            await gone.wait()
        finally:
            self._connection = None
            connection.terminate()

    def _called(self, *called: object) -> None:
        about = str(called[-1])
        if about in ("", self._me):
            self._signal.fire()
        elif about.endswith(f" {self._me}"):
            return  # said by this process itself
        elif about.startswith(_LISTENS):
            self._listened_until = asyncio.get_running_loop().time() + _BELIEVED_S
        elif about.startswith(_GREW):
            self._growth.fire()

    async def _tell(self) -> None:
        try:
            while self._grew:
                self._grew = False
                await self._say(_GREW)
        finally:
            self._telling = None

    async def _say(self, what: str) -> None:
        """Lost when the connection is: who listens looks every 250 ms anyway."""
        async with self._saying:
            if self._connection is not None:
                with suppress(StorageFailed), storage_errors():
                    await self._connection.execute(_NOTIFY, what + self._me)
