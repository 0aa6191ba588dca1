"""Readers of the stream: real connections, each of which notes every id that it was told."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
import re
import time
from collections import Counter
from typing import cast

_EVENT = re.compile(rb"id: (\d+)\nevent: ([a-z]+)\ndata: ([^\n]*)\n\n")
_AT = re.compile(rb'"at":"([^"]+)"')
_AGAIN_S = 0.3


class Told:
    """What all readers were told together: how many events, and how long each took from when it
    happened (milliseconds, counted)."""

    def __init__(self) -> None:
        self.deliveries = 0
        self.took_ms: Counter[int] = Counter()
        self.resyncs = 0
        self._at_ms: dict[bytes, int] = {}

    def percentile(self, share: float) -> int:
        """The milliseconds that this share of the deliveries took at most."""
        left = share * sum(self.took_ms.values())
        for took_ms, count in sorted(self.took_ms.items()):
            left -= count
            if left <= 0:
                return took_ms
        return 0

    def note(self, position: bytes, data: bytes, now_ms: int) -> None:
        at_ms = self._at_ms.get(position)
        if at_ms is None:
            said = _AT.search(data)
            at_ms = now_ms if said is None else _ms(said.group(1).decode())
            self._at_ms[position] = at_ms
        self.deliveries += 1
        self.took_ms[now_ms - at_ms] += 1


class Reader(asyncio.Protocol):
    """One reader, which comes back behind what it has seen whenever it was cut off."""

    def __init__(self, port: int, path: str, told: Told) -> None:
        self.port = port
        self.ids: list[int] = []
        self.begins = -1
        """The position behind which it was told all."""
        self.cuts = 0
        self.refused = 0
        self._path = path
        self._told = told
        self._buffer = b""
        self._transport: asyncio.Transport | None = None
        self._ended = False
        self._again: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Connect, trying again until that works."""
        loop = asyncio.get_running_loop()
        while not self._ended:
            try:
                await loop.create_connection(lambda: self, "127.0.0.1", self.port)
            except OSError:
                self.refused += 1
                await asyncio.sleep(_AGAIN_S * random.uniform(0.5, 1.5))
            else:
                return

    def cut(self) -> None:
        """Lose the connection, with whatever is on its way."""
        if self._transport is not None:
            self.cuts += 1
            self._transport.abort()

    def end(self) -> None:
        self._ended = True
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport, self._buffer = cast(asyncio.Transport, transport), b""
        last = self.ids[-1] if self.ids else self.begins
        behind = f"Last-Event-ID: {last}\r\n" if last > 0 else ""
        host = f"Host: 127.0.0.1:{self.port}\r\n"
        self._transport.write(f"GET {self._path} HTTP/1.1\r\n{host}{behind}\r\n".encode())

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if not self._ended:
            self._again = asyncio.get_running_loop().create_task(self.connect())

    def data_received(self, data: bytes) -> None:
        whole, end, rest = (self._buffer + data).rpartition(b"\n\n")
        self._buffer = rest
        now_ms = time.time_ns() // 1_000_000
        for position, kind, said in _EVENT.findall(whole + end):
            if kind in (b"ready", b"resync"):
                self._stands(int(position), kind)
            else:
                self.ids.append(int(position))
                self._told.note(position, said, now_ms)

    def _stands(self, position: int, kind: bytes) -> None:
        if self.begins < 0:
            self.begins = position
        elif kind == b"resync":
            self._told.resyncs += 1


def _ms(at: str) -> int:
    return round(dt.datetime.fromisoformat(at).timestamp() * 1000)
