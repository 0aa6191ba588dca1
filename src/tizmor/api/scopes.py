"""What a token must allow for each route: said where the route is, checked in one place.

A route that doesn't say it may be used by who may `read`, if it only gives (GET), else by an
`admin`: one that was forgotten is closed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from starlette.requests import Request

from tizmor.api.access import who
from tizmor.api.problems import SCOPE_MISSING, Refused
from tizmor.ports.tokens import Scope, allows

_Endpoint = TypeVar("_Endpoint", bound=Callable[..., Any])
_NEEDED: dict[Callable[..., Any], tuple[Scope, ...]] = {}


def needs(*scopes: Scope) -> Callable[[_Endpoint], _Endpoint]:
    """Declares what a token must allow to use a route, all of it."""

    def declare(endpoint: _Endpoint) -> _Endpoint:
        _NEEDED[endpoint] = scopes
        return endpoint

    return declare


def needed(endpoint: Callable[..., Any], method: str) -> tuple[Scope, ...]:
    """What a token must allow."""
    return _NEEDED.get(endpoint, (Scope.READ if method in ("GET", "HEAD") else Scope.ADMIN,))


def authorize(request: Request) -> None:
    """Raises `Refused` where the token of who asks doesn't allow what the route declares."""
    demand(request, *needed(request.scope["route"].endpoint, request.method))


def demand(request: Request, *scopes: Scope) -> None:
    """Raises `Refused` where the token of who asks doesn't allow all of this."""
    found = who(request.scope)
    if found is None:
        return
    given = found.token.scopes
    missing = [scope for scope in scopes if not allows(given, scope)]
    if missing:
        challenge = f'Bearer realm="tizmor", error="insufficient_scope", scope="{" ".join(scopes)}"'
        raise Refused(
            SCOPE_MISSING,
            f"this wants a token with the scope {' and '.join(missing)}; this one has"
            f" {', '.join(given)}",
            headers={"WWW-Authenticate": challenge},
        )
