"""The application: its routes and what stands before them."""

from __future__ import annotations

from fastapi import Depends
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from tizmor import __version__
from tizmor.api import problems
from tizmor.api.access import Access
from tizmor.api.dependencies import Serving
from tizmor.api.etags import ETags
from tizmor.api.guard import MAX_BODY, Guard
from tizmor.api.once import Once
from tizmor.api.openapi import Described
from tizmor.api.routes import (
    agents,
    audit,
    control,
    decisions,
    events,
    executions,
    inboxes,
    observing,
    parts,
    plans,
    recorded,
    recovery,
    sessions,
    standing,
    system,
    traces,
    workspace,
)
from tizmor.api.scopes import authorize
from tizmor.core.errors import TizmorError

# Of two routes that fit, the first is taken: `status` and `stream` come before what takes an id.
_ROUTERS = (
    system.router,
    events.router,
    recorded.router,
    observing.router,
    executions.router,
    parts.router,
    control.router,
    decisions.router,
    recovery.router,
    inboxes.router,
    plans.router,
    agents.router,
    standing.router,
    audit.router,
    workspace.router,
    sessions.router,
    traces.router,
)


def make_app(serving: Serving) -> ASGIApp:
    """The API of one workspace: what a request goes through, from the outside to its route."""
    app: ASGIApp = make_routes(serving)
    app = ETags(app)
    app = Once(app, serving.tizmor)
    app = Access(app, serving.tizmor.tokens, required=serving.wants_token)
    return Guard(app, serving.site)


def make_routes(serving: Serving) -> Described:
    """The API without its guard."""
    app = described()
    app.state.serving = serving
    return app


def described() -> Described:
    """The routes as the document has them; nothing is served by them yet."""
    app = Described(
        title="Tizmor",
        version=__version__,
        summary="Say in plain words what you want done.",
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=_operation,
        max_body_size=MAX_BODY,
        redirect_slashes=False,
        dependencies=[Depends(authorize)],
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        exception_handlers={
            TizmorError: problems.of_tizmor,
            problems.Refused: problems.of_refusal,
            RequestValidationError: problems.of_validation,
            HTTPException: problems.of_http,
            Exception: problems.of_fault,
        },
    )
    for router in _ROUTERS:
        app.include_router(router)
    return app


def _operation(route: APIRoute) -> str:
    """The name that generated clients call a route by."""
    first, *rest = route.name.split("_")
    return first + "".join(word.title() for word in rest)
