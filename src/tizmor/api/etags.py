"""What hasn't changed isn't sent again: `ETag` and `If-None-Match` (RFC 9110, section 13.1.2).

Unless the route has said one, the tag is a hash of what would be sent, so that it is right whatever
the route.
"""

from __future__ import annotations

import base64
import hashlib

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_LETTERS = 22
"""Of the hash in base 64: 132 bits."""


def tag_of(content: bytes) -> str:
    """A strong entity tag, with its quotes."""
    letters = base64.urlsafe_b64encode(hashlib.sha256(content).digest())[:_LETTERS]
    return f'"{letters.decode()}"'


def names(header: str, tag: str) -> bool:
    """Whether a list of tags has this one, weak or strong, or is `*`."""
    tags = (part.strip().removeprefix("W/") for part in header.split(","))
    return header.strip() == "*" or tag in tags


class ETags:
    """Tags what is given as JSON and in one piece, and leaves out what the client has."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        known = ", ".join(Headers(scope=scope).getlist("if-none-match"))
        held: list[Message] = []

        async def sending(message: Message) -> None:
            if _may_be_tagged(message):
                held.append(message)
                return
            if held:
                start = held.pop()
                if not message.get("more_body", False):
                    start, message = _tagged(start, message, known)
                await send(start)
            await send(message)

        await self._app(scope, receive, sending)


def _may_be_tagged(message: Message) -> bool:
    if message["type"] != "http.response.start" or message["status"] != 200:
        return False
    return Headers(raw=message["headers"]).get("content-type", "").startswith("application/json")


def _tagged(start: Message, body: Message, known: str) -> tuple[Message, Message]:
    headers = MutableHeaders(raw=list(start["headers"]))
    tag = headers.setdefault("ETag", tag_of(body.get("body", b"")))
    if not names(known, tag):
        return {**start, "headers": headers.raw}, body
    del headers["content-length"]
    return {**start, "status": 304, "headers": headers.raw}, {**body, "body": b""}
