"""Who may ask at all, before anything is read.

On loopback whoever asks may be taken for the owner, and elsewhere a browser shows its cookie with
whatever it asks. It must not be made to ask in somebody's name by a page from elsewhere: neither by
a name that leads to this machine (`Host`: DNS rebinding) nor from a page of another origin
(`Origin`, and `Sec-Fetch-Site` of the Fetch Metadata Request Headers), nor by a form (a body must
be JSON).
"""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple
from urllib.parse import urlsplit

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
_NUMBERS = re.compile(r"(\[[0-9a-f:.]+\]|[0-9.]+)(:\d{1,5})?")
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITE = frozenset({"same-origin", "none"})


class Site(NamedTuple):
    """Where the server is asked: under any name of this machine alone; under the `origins` that it
    is known by elsewhere, such as `https://tizmor.example`; and by any address in numbers, which no
    name leads to, when it is bound `everywhere`."""

    origins: tuple[str, ...] = ()
    everywhere: bool = False

    def origins_of(self, host: str) -> frozenset[str]:
        """What the pages of this server may name as their origin, by the host that is asked; none
        where the server isn't asked so."""
        host = host.lower()
        known = {origin for origin in self.origins if urlsplit(origin).netloc == host}
        if _LOOPBACK.fullmatch(host) or (self.everywhere and _is_address(host)):
            known.add(f"http://{host}")
        return frozenset(known)

    def is_secure(self, host: str) -> bool:
        """Whether browsers reach it by TLS alone."""
        origins = self.origins_of(host)
        return bool(origins) and all(origin.startswith("https:") for origin in origins)


ANYWHERE_HERE = Site()
"""Under any name of this machine, on this machine."""


class Guard:
    """Refuses what must not be asked, and adds `HEADERS` to whatever is answered."""

    def __init__(self, app: ASGIApp, site: Site = ANYWHERE_HERE) -> None:
        self._app = app
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            check(scope["method"], Headers(scope=scope), self._site)
        except Refused as refused:
            await reply(refused.kind, refused.detail)(scope, receive, sending)
        else:
            await self._app(scope, receive, sending)


def check(method: str, headers: Headers, site: Site = ANYWHERE_HERE) -> None:
    """Raises `Refused` for a request that must not be taken, by its method and headers."""
    _check_where_it_comes_from(method, headers, site)
    _check_body(method, headers)


def _check_where_it_comes_from(method: str, headers: Headers, site: Site) -> None:
    hosts = headers.getlist("host")
    own = site.origins_of(hosts[0]) if len(hosts) == 1 else frozenset()
    if not own:
        raise Refused(FOREIGN, _names(site))
    if any(origin not in own for origin in headers.getlist("origin")):
        raise Refused(FOREIGN, "a page of another origin can't ask this server for anything")
    is_a_link = method == "GET" and headers.get("sec-fetch-mode") == "navigate"
    if headers.get("sec-fetch-site", "none") not in _OWN_SITE and not is_a_link:
        raise Refused(FOREIGN, "a page of another site can't ask this server for anything")


def _names(site: Site) -> str:
    names = ["localhost", "127.0.0.1", "[::1]", *(urlsplit(o).netloc for o in site.origins)]
    if site.everywhere:
        return (
            f"this server is asked as {', '.join(names)} or by its address in numbers only;"
            " --origin gives it another name"
        )
    return f"this server is asked as {', '.join(names[:-1])} or {names[-1]} only"


def _is_address(host: str) -> bool:
    name = urlsplit(f"//{host}").hostname or ""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return _NUMBERS.fullmatch(host) is not None


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
