"""A connection that what is served on it can cut off."""

from __future__ import annotations

from collections.abc import Callable

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_CUT = "tizmor.cut"


class Connection(HttpToolsProtocol):
    """uvicorn's, which tells the application how to drop it at once: to end a response politely,
    the client would have to take what it was sent before."""

    def on_headers_complete(self) -> None:
        self.scope["extensions"] = {_CUT: {"abort": self.transport.abort}}
        super().on_headers_complete()


def cut(scope: Scope) -> Callable[[], None]:
    """What drops the connection of a request; does nothing where no server of ours is below."""
    abort: Callable[[], None] = scope.get("extensions", {}).get(_CUT, {}).get("abort", _nothing)
    return abort


def _nothing() -> None:
    return None
