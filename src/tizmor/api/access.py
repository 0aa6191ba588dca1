"""Who asks: the bearer of a token, a browser that has shown one, or whoever is at this machine.

Where the server is bound to loopback, nobody has to say who they are, unless it is told to demand
that; everywhere else all but `OPEN` wants a token. What is shown is looked at in either case, and
who acts is its bearer. An `EventSource` can't send a header, so that a browser gets a cookie for
its token (`routes.sessions`): in an address a token would be kept in histories and logs, and one
that is good for a single use would end at the first reconnection.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from typing import NamedTuple

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from tizmor.access import secret
from tizmor.access.attempts import TooManyAttempts
from tizmor.access.verifying import Verifying
from tizmor.api.open_streams import OpenStreams
from tizmor.api.problems import TOO_MANY_ATTEMPTS, UNAUTHENTICATED, of_tizmor, reply
from tizmor.core.errors import StorageFailed, TizmorError
from tizmor.ports.tokens import Token, Tokens

COOKIE = "tizmor_session"
OPEN = frozenset({"/healthz", "/readyz"})
"""What a supervisor asks, beside what problems mean: it tells nothing of anybody."""
_USE_TOLD_S = 3600.0
_WHO = "tizmor.who"
_log = logging.getLogger("tizmor.api")


class Who(NamedTuple):
    """Who has shown a token, and from which address; `session` is the digest of what their browser
    keeps, where that is what they have shown."""

    token: Token
    address: str
    session: bytes | None = None


def who(scope: Scope) -> Who | None:
    """Who asks; None for one who needn't say so."""
    found: Who | None = scope.get(_WHO)
    return found


class Access:
    """Finds out who asks, and refuses who may not."""

    def __init__(
        self,
        app: ASGIApp,
        tokens: Tokens,
        *,
        required: bool,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._tokens = tokens
        self._required = required
        self._monotonic = monotonic
        self._verifying = Verifying(tokens, monotonic)
        self._streams = OpenStreams(self._may_go_on)
        self._use_told: dict[str, float] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path in OPEN or path.startswith("/problems/"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            found = await self._who(headers, _address(scope))
        except TooManyAttempts as error:
            wait = {"Retry-After": str(int(error.retry_after_s) + 1)}
            await reply(TOO_MANY_ATTEMPTS, str(error), headers=wait)(scope, receive, send)
            return
        except TizmorError as error:
            await (await of_tizmor(Request(scope), error))(scope, receive, send)
            return
        if found is None:
            if self._required or "authorization" in headers:
                await _refuse(scope, receive, send, shown="authorization" in headers)
            else:
                await self._app(scope, receive, send)
            return
        await self._tell_use(found.token)
        scope[_WHO] = found
        await self._streams.run(found, self._app, scope, receive, send)

    async def _who(self, headers: Headers, address: str) -> Who | None:
        if (shown := headers.get("authorization")) is not None:
            kind, _, text = shown.partition(" ")
            token = await self._verifying.bearer(
                text.strip() if kind.lower() == "bearer" else "", address
            )
            return None if token is None else Who(token, address)
        if not (kept := _cookie(headers)):
            return None
        token = await self._verifying.session(kept)
        return None if token is None else Who(token, address, secret.digest(kept))

    async def _may_go_on(self, found: Who) -> bool:
        """Whether what was shown may still be used."""
        if found.session is not None:
            return await self._tokens.session(found.session) is not None
        return await self._tokens.get(found.token.id) is not None

    async def _tell_use(self, token: Token) -> None:
        """Have it known that it is used, once an hour."""
        now = self._monotonic()
        if now - self._use_told.get(token.id, -_USE_TOLD_S) < _USE_TOLD_S:
            return
        self._use_told[token.id] = now
        try:
            await self._tokens.used(token.id)
        except StorageFailed as error:
            _log.warning("that token %s is used can't be written down: %s", token.id, error)


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""


def _cookie(headers: Headers) -> str:
    """What a browser keeps; empty where it shows nothing that can be read."""
    try:
        cookies = SimpleCookie("; ".join(headers.getlist("cookie")))
    except CookieError:
        return ""
    return cookies[COOKIE].value if COOKIE in cookies else ""


async def _refuse(scope: Scope, receive: Receive, send: Send, *, shown: bool) -> None:
    """RFC 6750, section 3."""
    challenge = 'Bearer realm="tizmor"'
    if shown:
        challenge += ', error="invalid_token"'
        detail = "this is no token, or it can't be used any more"
    else:
        detail = "say Authorization: Bearer TOKEN; `tizmor token create` makes one"
    response = reply(UNAUTHENTICATED, detail, headers={"WWW-Authenticate": challenge})
    await response(scope, receive, send)
