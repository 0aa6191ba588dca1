"""What routes are given beside what the request says."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, NamedTuple

import msgspec
from fastapi import Depends, Header, Query
from starlette.requests import Request
from starlette.responses import Response

from tizmor.api.problems import NO_KEY, Refused
from tizmor.assembly import Tizmor
from tizmor.streaming.streams import Streams


class Serving(NamedTuple):
    """What is served. `closing` is done when no stream may go on."""

    tizmor: Tizmor
    closing: asyncio.Future[None]
    streams: Streams


def _serving(request: Request) -> Serving:
    serving: Serving = request.app.state.serving
    return serving


def _tizmor(request: Request) -> Tizmor:
    return _serving(request).tizmor


def _no_key(
    idempotency_key: Annotated[
        str | None,
        Header(
            max_length=255,
            description="Not kept yet: a request with one is refused, so that nobody relies on it.",
        ),
    ] = None,
) -> None:
    if idempotency_key is not None:
        raise Refused(
            NO_KEY,
            "this version doesn't keep idempotency keys: look into GET /api/executions whether it "
            "was begun, then send it without one",
        )


ServingDependency = Annotated[Serving, Depends(_serving)]
TizmorDependency = Annotated[Tizmor, Depends(_tizmor)]
RefusesKeys = Depends(_no_key)
Limit = Annotated[int, Query(ge=1, le=1000, description="How many at most.")]
"""How long a page may be."""
Cursor = Annotated[
    str | None, Query(description="The `nextCursor` of the page before.", max_length=1000)
]
"""Where a page begins; at the beginning where there is none."""


def json(view: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A view as a response, encoded once."""
    return Response(
        msgspec.json.encode(view),
        status_code=status,
        media_type="application/json",
        headers=headers,
    )
