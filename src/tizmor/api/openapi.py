"""The document that describes the API (OpenAPI 3.1).

FastAPI describes paths, parameters and the bodies of requests. The schemas of what goes out come
from the very structs that are encoded: msgspec writes them as JSON Schema 2020-12, which is what
OpenAPI 3.1 takes.
"""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import FastAPI

from tizmor.api.examples import EXAMPLES, EXECUTION
from tizmor.api.schemas import parts, plans, replies, workspace
from tizmor.api.schemas.measures import MetricSeries
from tizmor.engine.overviews import AgentView, PendingPage
from tizmor.engine.views import (
    Execution,
    ExecutionNews,
    FiguresView,
    Replay,
    StepView,
    StreamEvent,
    Waiting,
)

VIEWS = (
    AgentView,
    Execution,
    ExecutionNews,
    FiguresView,
    PendingPage,
    Replay,
    StepView,
    StreamEvent,
    Waiting,
    parts.BlobPage,
    parts.DryRunPage,
    parts.MessagePage,
    parts.SharedPage,
    plans.PlanReply,
    replies.Bearer,
    replies.ExecutionMetrics,
    replies.ExecutionPage,
    MetricSeries,
    replies.Health,
    replies.LinePage,
    replies.LogPage,
    replies.Ordered,
    replies.Problem,
    replies.Started,
    replies.SystemStatus,
    replies.Trace,
    replies.WaitingPage,
    workspace.AgentPage,
    workspace.AuditPage,
    workspace.AuditVerified,
    workspace.BudgetPage,
    workspace.CachePage,
    workspace.CheckPage,
    workspace.Cleared,
    workspace.Collected,
    workspace.LimitPage,
    workspace.LockPage,
    workspace.SettingsView,
    workspace.ToolPage,
)
"""All that is sent; what they hold comes with them."""
_PLACES = {
    "execution_id": ("An execution, as `GET /api/executions` names it.", EXECUTION),
    "approval_id": ("An approval of it, as it is named where it is listed.", "a1"),
    "question_id": ("A question of it, as it is named where it is listed.", "q1"),
    "step_id": ("A step of its plan.", "calendar"),
    "digest": ("A SHA-256 in lower-case hex.", "0" * 64),
}
"""What stands in paths: what that is, and an example."""
_PLACE = "#/components/schemas/{name}"

_SCHEMES = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "Wanted wherever the server is bound to another address than loopback.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "tizmor_session",
        "description": "What PUT /api/session gives a browser for its token.",
    },
}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 257},
    "description": "Names the request for 24 hours: sent again, it isn't carried out again, and"
    " what was answered is answered.",
}
_KNOWN = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "The `ETag` of what is known; 304 says that it is still the same.",
}

Responses = dict[int | str, dict[str, Any]]


def gives(view: type[msgspec.Struct], *, status: int = 200) -> Responses:
    """What a route answers: a view, or a problem."""
    return {
        status: _content((view.__doc__ or "").partition("\n\n")[0], "application/json", view),
        "default": _content("What went wrong.", "application/problem+json", replies.Problem),
    }


def gives_json(told: str, kind: str | None) -> Responses:
    """What a route answers that gives JSON which no view describes: of this type (JSON Schema's),
    None for any."""
    schema = {} if kind is None else {"type": kind}
    return {
        200: {"description": told, "content": {"application/json": {"schema": schema}}},
        "default": _content("What went wrong.", "application/problem+json", replies.Problem),
    }


def gives_stream() -> Responses:
    """What the stream answers."""
    told = "Events; the data of each is a StreamEvent. Lines that begin with a colon say nothing."
    return {
        200: {
            "description": told,
            "content": {"text/event-stream": {"itemSchema": _event(StreamEvent)}},
        },
        204: {"description": "The execution has ended, and nothing comes behind `Last-Event-ID`."},
        "default": _content("What went wrong.", "application/problem+json", replies.Problem),
    }


def gives_events() -> Responses:
    """What the stream of all executions answers."""
    answers = gives_stream()
    views = (StreamEvent, ExecutionNews, FiguresView)
    answers[200]["content"]["text/event-stream"]["itemSchema"] = _event(*views)
    answers[200]["description"] = (
        "Events; the data of each is a StreamEvent, an ExecutionNews, a FiguresView, or "
        '`{"type", "id"}` of `ready` and `resync`.'
    )
    del answers[204]
    return answers


def gives_text(told: str) -> Responses:
    """What a route answers whose text is for programs of its own kind."""
    return {
        200: {"description": told, "content": {"text/plain": {"schema": {"type": "string"}}}},
        "default": _content("What went wrong.", "application/problem+json", replies.Problem),
    }


def _event(*views: type[msgspec.Struct]) -> dict[str, Any]:
    """One server-sent event, whose data is one of these views. OpenAPI 3.2 says it so; readers of
    3.1 pass it over."""
    told = [{"$ref": _PLACE.format(name=view.__name__)} for view in views]
    data = {"contentSchema": told[0] if len(told) == 1 else {"anyOf": [*told, {"type": "object"}]}}
    return {
        "type": "object",
        "properties": {
            "data": {"type": "string", "contentMediaType": "application/json", **data},
            "event": {"type": "string"},
            "id": {"type": "string"},
            "retry": {"type": "integer"},
        },
    }


class Described(FastAPI):
    """An application whose document holds the schemas of what it sends."""

    def openapi(self) -> dict[str, Any]:
        document = super().openapi()
        _, schemas = msgspec.json.schema_components(VIEWS, ref_template=_PLACE)
        components = document.setdefault("components", {})
        components.setdefault("schemas", {}).update(schemas)
        components["securitySchemes"] = _SCHEMES
        document["security"] = [{}, *({name: []} for name in _SCHEMES)]
        for methods in document["paths"].values():
            for method, operation in methods.items():
                _describe(method, operation)
        _describe_places(document)
        return document


def _describe(method: str, operation: dict[str, Any]) -> None:
    """What holds of every route of a method."""
    for content in operation["responses"].get("200", {}).get("content", {}).values():
        if "itemSchema" in content:
            del content["schema"]  # FastAPI's, which would have the whole stream be one text
    if method == "post":
        operation.setdefault("parameters", []).append(_KEY)
    if method == "get" and "application/json" in operation["responses"]["200"].get("content", {}):
        operation.setdefault("parameters", []).append(_KNOWN)
        operation["responses"]["304"] = {"description": "It is what `If-None-Match` names."}


def _content(told: str, media_type: str, view: type[msgspec.Struct]) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": {"$ref": _PLACE.format(name=view.__name__)}}
    if view in EXAMPLES:
        content["example"] = EXAMPLES[view]
    return {"description": " ".join(told.split()), "content": {media_type: content}}


def _describe_places(document: dict[str, Any]) -> None:
    """Say what stands in paths, once for all routes."""
    for methods in document["paths"].values():
        for operation in methods.values():
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "path" and parameter["name"] in _PLACES:
                    told, example = _PLACES[parameter["name"]]
                    parameter |= {"description": told, "example": example}
