"""An execution's events as server-sent events (WHATWG HTML, section 9.2).

The id of an event is its position in the journal, so a client that was cut off goes on behind what
it has seen, whichever server it comes to. What has no position (`partial`) has no id, and comes
again when the event behind it does.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import msgspec
from starlette.responses import StreamingResponse

from tizmor.api.dependencies import Serving
from tizmor.assembly import Tizmor
from tizmor.core.errors import EngineError, UnknownExecution
from tizmor.engine.present import end_type
from tizmor.engine.views import ENDED, Execution, StreamEvent

RETRY_MS = 2_000
"""When a client that was cut off asks again."""
_AGAIN_S = 0.5
"""When to look again at an execution that nobody runs just now."""
_HEARTBEAT = b":\n\n"
_ENDS = frozenset(end_type(status) for status in ENDED)
_log = logging.getLogger("tizmor.api")


class EventStream(StreamingResponse):
    """Events as they come."""

    media_type = "text/event-stream"


def frame(event: StreamEvent) -> bytes:
    """One event as it is sent; JSON holds no line break."""
    lines = [b"event: ", event.type.encode(), b"\ndata: ", msgspec.json.encode(event), b"\n\n"]
    if event.id is not None:
        lines[:0] = [b"id: ", str(event.id).encode(), b"\n"]
    return b"".join(lines)


async def is_over(tizmor: Tizmor, execution: Execution, after: int) -> bool:
    """Whether nothing comes any more behind a position. A client that asks again after the end is
    to be told so, as it would ask for ever."""
    if execution.status not in ENDED or not after:
        return False
    return not any((event.id or 0) > after for event in await tizmor.logs(execution.id))


async def frames(serving: Serving, execution_id: str, after: int) -> AsyncIterator[bytes]:
    """All that is to be sent of an execution behind a position, until it ends or the server closes.

    An execution whose process has gone is waited for: the server takes it on.
    """
    yield b"retry: %d\n\n" % RETRY_MS
    try:
        while not serving.closing.done():
            async with contextlib.aclosing(_paced(serving, execution_id, after)) as events:
                async for event in events:
                    if event is None:
                        yield _HEARTBEAT
                        continue
                    after = max(after, event.id or 0)
                    if event.type in _ENDS:
                        yield frame(await _whole(serving.tizmor, event))
                        return
                    yield frame(event)
            await asyncio.wait([serving.closing], timeout=_AGAIN_S)
    except UnknownExecution:
        return  # it has just been removed
    except EngineError as error:
        _log.warning("the stream of %s breaks off: %s", execution_id, error)


async def _paced(
    serving: Serving, execution_id: str, after: int
) -> AsyncGenerator[StreamEvent | None, None]:
    """The events, and None whenever nothing was to be said for a while. Ends with the closing."""
    stream = serving.tizmor.stream(execution_id, after=after, keep_waiting=True)
    coming = asyncio.ensure_future(anext(stream, None))
    try:
        while True:
            either: list[asyncio.Future[Any]] = [coming, serving.closing]
            await asyncio.wait(
                either, timeout=serving.heartbeat_s, return_when=asyncio.FIRST_COMPLETED
            )
            if serving.closing.done():
                return
            if not coming.done():
                yield None
                continue
            if (event := coming.result()) is None:
                return
            yield event
            coming = asyncio.ensure_future(anext(stream, None))
    finally:
        coming.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await coming


async def _whole(tizmor: Tizmor, end: StreamEvent) -> StreamEvent:
    """The end, with what came of the execution."""
    execution = await tizmor.get(end.execution_id)
    return msgspec.structs.replace(end, result=execution.result, error=execution.error)
