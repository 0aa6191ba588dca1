"""What is told, as a response: server-sent events (WHATWG HTML, section 9.2).

The id of an event is its position in the journal, so a client that was cut off goes on behind what
it has seen, whichever server it comes to. What has no position has no id.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tizmor.api.connection import cut
from tizmor.core.errors import EngineError
from tizmor.streaming.reading import Reading
from tizmor.streaming.streams import Streams

RETRY_MS = 2_000
"""When a client that was cut off asks again."""
_log = logging.getLogger("tizmor.api")

Open = Callable[[Callable[[], None]], Awaitable[Reading]]
"""Begins the reading; given how to cut the reader off."""


class EventStream(Response):
    """Events as they come, a write for all that there is for this reader."""

    media_type = "text/event-stream"

    def __init__(
        self, streams: Streams, open_: Open, *, greets: bool = False, status_code: int = 200
    ) -> None:
        super().__init__(status_code=status_code, headers={"X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._streams = streams
        self._open = open_
        self._greets = greets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = {
            "type": "http.response.start",
            "status": self.status_code,
            "headers": self.raw_headers,
        }
        reading = await self._open(cut(scope))
        gone = asyncio.ensure_future(_until_gone(receive))
        gone.add_done_callback(lambda _: reading.leave())
        try:
            await send(start)
            await send(_part(self._first(reading)))
            async for text in reading.chunks(resync):
                await send(_part(text))
        except EngineError as error:
            _log.warning("a stream breaks off: %s", error)
        finally:
            self._streams.leave(reading)
            gone.cancel()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _first(self, reading: Reading) -> bytes:
        retry = b"retry: %d\n\n" % RETRY_MS
        if not self._greets:
            return retry
        return retry + _standing("resync" if reading.left_out else "ready", reading.position)


def resync(position: int) -> bytes:
    """Events were left out: what is shown is to be asked for anew. It goes on behind a position."""
    return _standing("resync", position)


def _standing(kind: str, position: int) -> bytes:
    return b'id: %d\nevent: %b\ndata: {"type":"%b","id":%d}\n\n' % (
        position,
        kind.encode(),
        kind.encode(),
        position,
    )


def _part(text: bytes) -> dict[str, object]:
    return {"type": "http.response.body", "body": text, "more_body": True}


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
