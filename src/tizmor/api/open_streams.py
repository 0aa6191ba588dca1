"""Responses that go on for long end when who receives them may not look any more."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tizmor.api.connection import cut
from tizmor.core.errors import StorageFailed

AGAIN_S = 1.0
"""How often it is asked, by one look for each who has a stream open."""
_POLITE_S = 1.0
_log = logging.getLogger("tizmor.api")

_Who = TypeVar("_Who", bound=Hashable)


class OpenStreams(Generic[_Who]):
    """The event streams that are open, by whose they are; `may_go_on` says who may receive more."""

    def __init__(self, may_go_on: Callable[[_Who], Awaitable[bool]]) -> None:
        self._may_go_on = may_go_on
        self._open: dict[asyncio.Task[None], _Who] = {}
        self._cut: set[asyncio.Task[None]] = set()
        self._watch: asyncio.Task[None] | None = None

    async def run(
        self, who: _Who, app: ASGIApp, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Let the application answer somebody, for as long as they may be answered."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_stream(message):
                self._add(answering, who)
            await send(message)

        async def answer() -> None:
            await app(scope, receive, sending)

        answering = asyncio.create_task(answer())
        try:
            await answering
        except asyncio.CancelledError:
            if answering not in self._cut:
                raise
            await _finish(scope, send)
        finally:
            self._open.pop(answering, None)
            self._cut.discard(answering)

    def _add(self, answering: asyncio.Task[None], who: _Who) -> None:
        self._open[answering] = who
        if self._watch is None:
            self._watch = asyncio.create_task(self._look_after_them())

    async def _look_after_them(self) -> None:
        try:
            while self._open:
                await asyncio.sleep(AGAIN_S)
                for who in set(self._open.values()):
                    if not await self._is_welcome(who):
                        self._end(who)
        finally:
            self._watch = None

    async def _is_welcome(self, who: _Who) -> bool:
        try:
            return await self._may_go_on(who)
        except StorageFailed as error:
            _log.warning("whether streams may go on can't be found out now: %s", error)
            return True

    def _end(self, who: _Who) -> None:
        for answering, whose in self._open.items():
            if whose == who:
                self._cut.add(answering)
                answering.cancel()


async def _finish(scope: Scope, send: Send) -> None:
    """End a response: in order, if what was sent before is taken."""
    try:
        async with asyncio.timeout(_POLITE_S):
            await send({"type": "http.response.body", "body": b"", "more_body": False})
    except TimeoutError:
        cut(scope)()


def _is_stream(message: Message) -> bool:
    kind = Headers(raw=message.get("headers", [])).get("content-type", "")
    return kind.startswith("text/event-stream")
