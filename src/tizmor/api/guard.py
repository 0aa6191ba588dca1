"""Who may ask at all, before anything is read.

The server listens on loopback and knows no log-in, so whoever asks is taken for its owner. Their
browser must not be made to ask in their name by a page from elsewhere: neither by a name that leads
to this machine (`Host`: DNS rebinding) nor from a page of another origin (`Origin`, and
`Sec-Fetch-Site` of the Fetch Metadata Request Headers), nor by a form (a body must be JSON).
"""

from __future__ import annotations

import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tizmor.api.problems import FOREIGN, NOT_JSON, TOO_LARGE, Refused, reply

MAX_BODY = 1_000_000
"""Bytes."""
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""What every response says, unless it says otherwise itself."""

_LOOPBACK = re.compile(r"(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?", re.IGNORECASE)
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITE = frozenset({"same-origin", "none"})


class Guard:
    """Refuses what must not be asked, and adds `HEADERS` to whatever is answered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            check(scope["method"], Headers(scope=scope))
        except Refused as refused:
            await reply(refused.kind, refused.detail)(scope, receive, sending)
        else:
            await self._app(scope, receive, sending)


def check(method: str, headers: Headers) -> None:
    """Raises `Refused` for a request that must not be taken, by its method and headers."""
    _check_where_it_comes_from(method, headers)
    _check_body(method, headers)


def _check_where_it_comes_from(method: str, headers: Headers) -> None:
    hosts = headers.getlist("host")
    if len(hosts) != 1 or not _LOOPBACK.fullmatch(hosts[0]):
        raise Refused(FOREIGN, "this server is asked as localhost, 127.0.0.1 or [::1] only")
    if any(origin != f"http://{hosts[0]}".lower() for origin in headers.getlist("origin")):
        raise Refused(FOREIGN, "a page of another origin can't ask this server for anything")
    is_a_link = method == "GET" and headers.get("sec-fetch-mode") == "navigate"
    if headers.get("sec-fetch-site", "none") not in _OWN_SITE and not is_a_link:
        raise Refused(FOREIGN, "a page of another site can't ask this server for anything")


def _check_body(method: str, headers: Headers) -> None:
    length = headers.get("content-length", "0")
    if length.isdecimal() and int(length) > MAX_BODY:
        raise Refused(TOO_LARGE, f"a body has at most {MAX_BODY:,} bytes")
    if method in _SAFE:
        return
    kind = headers.get("content-type")
    has_body = length != "0" or "transfer-encoding" in headers
    if kind is None and not has_body:
        return
    if (kind or "").partition(";")[0].strip().lower() != "application/json":
        raise Refused(NOT_JSON, "say Content-Type: application/json, and send JSON")
