"""What routes are given beside what the request says."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, NamedTuple

import msgspec
from fastapi import Depends, Header, Query
from starlette.requests import Request
from starlette.responses import Response

from tizmor.api.access import who
from tizmor.api.guard import ANYWHERE_HERE, Site
from tizmor.api.once import as_id
from tizmor.assembly import Tizmor
from tizmor.drivers.embedded.seat import seat
from tizmor.engine.orders import Caller
from tizmor.streaming.streams import Streams


class Serving(NamedTuple):
    """What is served. `closing` is done when no stream may go on. `site` is where it is asked, and
    with `wants_token` nobody may who doesn't say who they are."""

    tizmor: Tizmor
    closing: asyncio.Future[None]
    streams: Streams
    site: Site = ANYWHERE_HERE
    wants_token: bool = False


def _serving(request: Request) -> Serving:
    serving: Serving = request.app.state.serving
    return serving


def _tizmor(request: Request) -> Tizmor:
    """The workspace, acted on in the name of the token that was shown."""
    tizmor = _serving(request).tizmor
    found = who(request.scope)
    if found is None:
        return tizmor
    at = seat("http")
    return tizmor.acting_for(
        Caller(
            name=found.token.name,
            seat=msgspec.structs.replace(at, token=found.token.id, address=found.address),
            names_others=False,
        )
    )


ServingDependency = Annotated[Serving, Depends(_serving)]
TizmorDependency = Annotated[Tizmor, Depends(_tizmor)]
AsId = Annotated[str | None, Depends(as_id)]
"""The id that an execution is to have which the request begins, for it to be begun once."""
CallersSpan = Annotated[
    str | None,
    Header(
        alias="traceparent",
        max_length=512,
        description="The caller's span (W3C Trace Context), of whose trace this is to be a part."
        " One that isn't valid is passed over. `traceresponse` names the execution's own.",
    ),
]
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
