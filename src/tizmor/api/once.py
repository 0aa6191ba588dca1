"""What is sent with an `Idempotency-Key` is carried out once (IETF draft
draft-ietf-httpapi-idempotency-key-header), also over a crash.

The key is claimed before the request is carried out, with the number of the execution that it may
begin; what was answered is kept before it is sent. A repeat gets that answer. Where the process
died in between, it is carried out again: an execution of that number is begun once only
(`Tizmor.start`), and every other order can be given twice.
"""

from __future__ import annotations

import hashlib
import re

import msgspec
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tizmor.api.access import who
from tizmor.api.guard import MAX_BODY
from tizmor.api.problems import (
    KEY_BUSY,
    KEY_INVALID,
    KEY_REUSED,
    KEYS_FULL,
    TOO_LARGE,
    Kind,
    of_tizmor,
    reply,
)
from tizmor.api.schemas.replies import Started
from tizmor.assembly import Tizmor
from tizmor.core.errors import TizmorError
from tizmor.core.ids import parse_id, public_id
from tizmor.ports.answers import Answered, Busy, Claimed, Full, Other

HEADER = "Idempotency-Key"
MAX_KEPT = 65_536
"""Bytes of an answer that is kept. What begins or decides something answers shortly."""
_KEY = re.compile(r'"([\x20-\x21\x23-\x5b\x5d-\x7e]{1,255})"|([\x21\x23-\x7e]{1,255})')
"""A string of Structured Field Values (RFC 9651), as the draft has it, or the same without its
quotes, as many send it."""
_NOT_KEPT = frozenset({401, 403, 413, 415, 429})
"""It was refused without being looked at."""
_NOT_KEPT_HEADERS = frozenset({"content-length", "set-cookie"})
_AS_ID = "tizmor.as_id"

_REFUSALS: dict[type, tuple[Kind, str]] = {
    Busy: (KEY_BUSY, "the request with this key is just being carried out: ask again"),
    Other: (KEY_REUSED, "this key was sent with another request: take a new one for this"),
    Full: (KEYS_FULL, "too many keys of the last 24 hours are kept: ask again later, or without"),
}


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """An answer as it is kept."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def as_id(request: Request) -> str | None:
    """The id that an execution is to have which this request begins; None where that is free."""
    found: str | None = request.scope.get(_AS_ID)
    return found


class Once:
    """Carries requests with a key out once."""

    def __init__(self, app: ASGIApp, tizmor: Tizmor) -> None:
        self._app = app
        self._tizmor = tizmor

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        given = Headers(scope=scope).getlist(HEADER)
        if scope["method"] != "POST" or not given:
            await self._app(scope, receive, send)
            return
        found = _KEY.fullmatch(given[0])
        if len(given) > 1 or found is None:
            told = "a key is 1 to 255 visible ASCII characters, in double quotes or without"
            await reply(KEY_INVALID, told)(scope, receive, send)
            return
        if (body := await _body(receive)) is None:
            await reply(TOO_LARGE, f"a body has at most {MAX_BODY:,} bytes")(scope, receive, send)
            return
        try:
            await self._answer(found[1] or found[2], body, scope, send)
        except TizmorError as error:
            await (await of_tizmor(Request(scope), error))(scope, receive, send)

    async def _answer(self, key: str, body: bytes, scope: Scope, send: Send) -> None:
        asks = who(scope)
        caller = "" if asks is None else asks.token.id
        number = parse_id(self._tizmor.new_id()) or 0
        claim = await self._tizmor.answers.claim(
            caller, key, _fingerprint(scope, body), execution=number
        )
        match claim:
            case Claimed(execution=begun_as, gone=True):
                answer = _begun(public_id(begun_as))
            case Claimed(execution=begun_as):
                scope[_AS_ID] = public_id(begun_as)
                answer = await self._carry_out(caller, key, body, scope)
            case Answered(answer=kept):
                answer = msgspec.msgpack.decode(kept, type=Kept)
            case _:
                kind, told = _REFUSALS[type(claim)]
                await reply(kind, told, headers={"Retry-After": "1"})(scope, _nothing, send)
                return
        await _send(answer, send)

    async def _carry_out(self, caller: str, key: str, body: bytes, scope: Scope) -> Kept:
        """The answer, kept unless it may be another the next time."""
        said = _Said()
        try:
            await self._app(scope, _given(body), said.hear)
        except Exception:
            await self._tizmor.answers.let_go(caller, key)
            raise
        answer = said.answer()
        is_final = answer.status < 500 and answer.status not in _NOT_KEPT
        if not is_final or len(answer.body) > MAX_KEPT:
            await self._tizmor.answers.let_go(caller, key)
        else:
            await self._tizmor.answers.keep(caller, key, msgspec.msgpack.encode(answer))
        return answer


class _Said:
    """What the application says, to its end."""

    def __init__(self) -> None:
        self._status = 500
        self._headers: list[tuple[str, str]] = []
        self._body: list[bytes] = []

    async def hear(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._headers = Headers(raw=message["headers"]).items()
        elif message["type"] == "http.response.body":
            self._body.append(message.get("body", b""))

    def answer(self) -> Kept:
        headers = [(name, value) for name, value in self._headers if name not in _NOT_KEPT_HEADERS]
        return Kept(self._status, headers, b"".join(self._body))


def _fingerprint(scope: Scope, body: bytes) -> bytes:
    """Tells requests apart: by what is asked of whom, byte for byte."""
    told = hashlib.sha256()
    for part in (scope["path"].encode(), scope.get("query_string", b""), body):
        told.update(len(part).to_bytes(8))
        told.update(part)
    return told.digest()


def _begun(execution_id: str) -> Kept:
    """What was answered when an execution was begun that has been removed since."""
    body = msgspec.json.encode(Started(execution_id=execution_id))
    location = ("location", f"/api/orchestrate/{execution_id}")
    return Kept(201, [("content-type", "application/json"), location], body)


async def _body(receive: Receive) -> bytes | None:
    """What was sent; None when it is too much."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        part = message.get("body", b"")
        size += len(part)
        if size > MAX_BODY:
            return None
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def _given(body: bytes) -> Receive:
    """Gives what was received already."""
    coming = [body]

    async def receive() -> Message:
        if coming:
            return {"type": "http.request", "body": coming.pop(), "more_body": False}
        return {"type": "http.disconnect"}

    return receive


async def _nothing() -> Message:
    return {"type": "http.disconnect"}


async def _send(answer: Kept, send: Send) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    length = (b"content-length", str(len(answer.body)).encode())
    start = {"type": "http.response.start", "status": answer.status, "headers": [*headers, length]}
    await send(start)
    await send({"type": "http.response.body", "body": answer.body, "more_body": False})
