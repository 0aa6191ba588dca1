"""Browsers: a cookie for a token, for what can't send a header."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from tizmor.access import secret
from tizmor.api.access import COOKIE, Who, who
from tizmor.api.dependencies import ServingDependency, json
from tizmor.api.openapi import gives
from tizmor.api.problems import UNAUTHENTICATED, Refused
from tizmor.api.schemas.replies import Bearer
from tizmor.api.scopes import needs
from tizmor.assembly import Tizmor
from tizmor.ports.tokens import Scope

router = APIRouter(tags=["sessions"])
LASTS_S = 12 * 3600
"""How long a browser may keep it."""
_PATH = "/api/session"


@router.get(_PATH, responses=gives(Bearer))
async def get_session(request: Request, serving: ServingDependency) -> Response:
    """In whose name is asked, and what they may."""
    return json(_bearer(who(request.scope), serving.tizmor))


@router.put(_PATH, responses=gives(Bearer))
@needs(Scope.READ)
async def put_session(request: Request, serving: ServingDependency) -> Response:
    """Give a browser a cookie for the token that it shows: it can be read by no script, is sent
    with what the server's own pages ask alone, and ends after 12 hours, with the token, or when it
    is given back."""
    found = who(request.scope)
    if found is None or found.session is not None:
        raise Refused(UNAUTHENTICATED, "say Authorization: Bearer TOKEN")
    kept = secret.drawn_session()
    tokens = serving.tizmor.tokens
    if not await tokens.admit(secret.digest(kept), found.token.id, lasts_ms=LASTS_S * 1000):
        raise Refused(UNAUTHENTICATED, "the token can't be used any more")
    response = json(_bearer(found, serving.tizmor))
    response.set_cookie(
        COOKIE,
        kept,
        max_age=LASTS_S,
        path="/api",
        httponly=True,
        samesite="strict",
        secure=serving.site.is_secure(request.headers["host"]),
    )
    return response


@router.delete(_PATH, responses=gives(Bearer))
@needs(Scope.READ)
async def delete_session(request: Request, serving: ServingDependency) -> Response:
    """Give the cookie back: it is of no use any more."""
    found = who(request.scope)
    if found is not None and found.session is not None:
        await serving.tizmor.tokens.leave(found.session)
    response = json(_bearer(None, serving.tizmor))
    response.delete_cookie(COOKIE, path="/api", httponly=True, samesite="strict")
    return response


def _bearer(found: Who | None, tizmor: Tizmor) -> Bearer:
    if found is None:
        return Bearer(name=None, scopes=(), expires_at=None)
    token = found.token
    end = None if token.expires_at_ms is None else tizmor.time(token.expires_at_ms)
    return Bearer(name=token.name, scopes=tuple(token.scopes), expires_at=end)
