"""The recorder: the outside world, in a process that is never killed.

It takes raw calls over TCP and notes when each began and ended, by one clock, and how many tokens
it took, which it alone decides. A call goes on to its end, also when its caller has died meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import sys
import time
from collections import Counter
from typing import Any

import msgspec
from tests.load import wire
from tests.load.books import Entry

_TAKES_S = (0.002, 0.02)
_TAKES_USING_S = (0.02, 0.08)
"""What uses something takes long enough to be met by others that use it."""
_THINKS_S = (0.2, 0.8)
"""What takes tokens takes long enough for a process to be killed meanwhile."""


class Recorder:
    """Answers requests."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._ready: dict[str, float] = {}
        self._started = 0
        self._spending: Counter[str] = Counter()
        self._stopping = False
        self._last: float | None = None
        self._dice = random.Random(1)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            line = await reader.readline()
            if line.endswith(b"\n"):  # else its sender died while it wrote
                answer = await self._answer(wire.decode(line))
                writer.write(msgspec.json.encode(answer) + b"\n")
                await writer.drain()
        writer.close()

    async def _answer(self, request: wire.Request) -> dict[str, Any]:
        match request:
            case wire.Made():
                return await self._make(request)
            case wire.Look():
                where = (request.execution, request.step)
                return {"happened": any((e.execution, e.step) == where for e in self._entries)}
            case wire.Ready():
                self._ready[request.name] = request.cpu_s
            case wire.Started():
                self._started += request.executions
            case wire.Stop():
                self._stopping = True
            case wire.Dump():
                return {"entries": self._entries, "ready": self._ready}
            case wire.Standing():
                return {
                    "ready": len(self._ready),
                    "started": self._started,
                    "calls": len(self._entries),
                    "spending": sorted(self._spending.elements()),
                    "idle_s": time.monotonic() - self._last if self._last else 0.0,
                    "stopping": self._stopping,
                }
        return {}

    async def _make(self, made: wire.Made) -> dict[str, Any]:
        entry = Entry(
            execution=made.execution,
            step=made.step,
            key=made.key,
            effect=made.effect,
            api=made.api,
            uses=dict(made.uses),
            tokens=self._dice.randint(made.tokens // 4, made.tokens),
            began_s=time.monotonic(),
        )
        self._entries.append(entry)
        takes_s = _THINKS_S if made.tokens else _TAKES_USING_S if made.uses else _TAKES_S
        self._spending[made.by] += bool(made.tokens)
        await asyncio.sleep(self._dice.uniform(*takes_s))
        self._spending[made.by] -= bool(made.tokens)
        entry.ended_s = self._last = time.monotonic()
        return {"key": made.key, "tokens": entry.tokens}


async def _serve() -> None:
    server = await asyncio.start_server(Recorder().serve, "127.0.0.1", 0, backlog=1024)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve())
