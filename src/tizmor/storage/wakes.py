"""How processes wake each other: a datagram to a socket beside the owner's lock file.

It says which of two things it may be worth looking at: orders, or what was added to the journal. It
may be lost, doubled or late, since who waits looks every 250 ms anyway.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager, suppress

from tizmor.storage.owners import Owners

FALLBACK_S = 0.25
ORDERS = b"o"
GROWTH = b"g"
_AT_ONCE = 64
"""Datagrams taken in one go, at most: they say no more than one of them."""


class WakeSignal:
    """Wakes all that wait within one event loop."""

    def __init__(self) -> None:
        self._events: set[asyncio.Event] = set()
        self._closed = False

    def fire(self) -> None:
        for event in self._events:
            event.set()

    def close(self) -> None:
        """End every `each`."""
        self._closed = True
        self.fire()

    async def each(self) -> AsyncIterator[None]:
        """Yields after every `fire`, and every 250 ms without one, until `close`."""
        event = asyncio.Event()
        self._events.add(event)
        try:
            while not self._closed:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(FALLBACK_S):
                        await event.wait()
                event.clear()
                if not self._closed:
                    yield
        finally:
            self._events.discard(event)


class WakeSocket:
    """This process's socket beside its lock file, and the way to those of the others."""

    def __init__(self, owners: Owners) -> None:
        self._owners = owners
        self._socket: socket.socket | None = None

    def bind(self) -> socket.socket | None:
        """The bound socket; None where the file system has no sockets, and looking every 250 ms
        must do."""
        self._owners.appear()
        if self._socket is None:
            listening = _datagrams()
            try:
                with self._address(self._owners.me) as address:
                    listening.bind(address)
            except OSError:
                listening.close()
                return None
            self._socket = listening
        return self._socket

    def ring(self, owners: Iterable[str], about: bytes = ORDERS) -> None:
        """Wake other processes. One that is gone, deaf or flooded is passed over."""
        with _datagrams() as sending:
            for owner in owners:
                with suppress(OSError), self._address(owner) as address:
                    sending.sendto(about, address)

    def hear(self) -> frozenset[bytes]:
        """Take what has come in, without waiting: what there is to look at."""
        about = set()
        with suppress(BlockingIOError):
            for _ in range(_AT_ONCE):
                if self._socket is not None:
                    about.add(self._socket.recv(1) or ORDERS)
        return frozenset(about)

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    @contextmanager
    def _address(self, owner: str) -> Iterator[str]:
        """An address has room for 108 bytes and a workspace's path may be longer, so the folder is
        named by an open descriptor of it."""
        file = self._owners.socket(owner)
        folder = os.open(file.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            yield f"/proc/self/fd/{folder}/{file.name}"
        finally:
            os.close(folder)


def _datagrams() -> socket.socket:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    made.setblocking(False)
    return made
