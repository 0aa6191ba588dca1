"""What went wrong, as RFC 9457 has it: a type that stays, and no word of where in the code.

Each error of `tizmor.core.errors` has a type of its own, named as the class is.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

import msgspec
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from tizmor.api.schemas.replies import FieldProblem, Problem
from tizmor.core import errors as er

MEDIA_TYPE = "application/problem+json"
PAGES = "/problems/"
"""Where each type tells what it means; a type is a relative reference to it."""
RETRY_AFTER_S = 2
"""When to try again what the database didn't take just now."""
_log = logging.getLogger("tizmor.api")

STATUS_OF: dict[type[er.TizmorError], HTTPStatus] = {
    er.TizmorError: HTTPStatus.INTERNAL_SERVER_ERROR,
    er.UserError: HTTPStatus.UNPROCESSABLE_ENTITY,
    er.RequestRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    er.UnknownExecution: HTTPStatus.NOT_FOUND,
    er.AmbiguousChoice: HTTPStatus.CONFLICT,
    er.OrderRefused: HTTPStatus.CONFLICT,
    er.InvalidEdit: HTTPStatus.UNPROCESSABLE_ENTITY,
    er.WrongSetting: HTTPStatus.INTERNAL_SERVER_ERROR,
    er.WorkspaceUnusable: HTTPStatus.SERVICE_UNAVAILABLE,
    er.PlanRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    er.AgentError: HTTPStatus.BAD_GATEWAY,
    er.Transient: HTTPStatus.BAD_GATEWAY,
    er.Permanent: HTTPStatus.BAD_GATEWAY,
    er.OutcomeUnknown: HTTPStatus.BAD_GATEWAY,
    er.PreconditionFailed: HTTPStatus.BAD_GATEWAY,
    er.NeedsAnswer: HTTPStatus.BAD_GATEWAY,
    er.TalkError: HTTPStatus.CONFLICT,
    er.Conflict: HTTPStatus.CONFLICT,
    er.Undelivered: HTTPStatus.CONFLICT,
    er.EngineError: HTTPStatus.INTERNAL_SERVER_ERROR,
    er.OwnershipLost: HTTPStatus.SERVICE_UNAVAILABLE,
    er.JournalDamaged: HTTPStatus.INTERNAL_SERVER_ERROR,
    er.StorageFailed: HTTPStatus.SERVICE_UNAVAILABLE,
}
_FIELDS: dict[type[er.TizmorError], str] = {
    er.RequestRefused: "#/query",
    er.InvalidEdit: "#/arguments",
}
"""What in a body an error is about."""


class Kind(NamedTuple):
    """One type of problem."""

    name: str
    title: str
    status: int

    @property
    def type(self) -> str:
        """A relative reference; `about:blank` for what the status says by itself."""
        return PAGES + self.name if self.name else "about:blank"


class Refused(Exception):
    """A request that the API itself refuses, with what is wrong and what to do instead."""

    def __init__(
        self,
        kind: Kind,
        detail: str,
        *,
        errors: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})


def _kind_of_error(error: type[er.TizmorError]) -> Kind:
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", error.__name__).lower()
    return Kind(name, (error.__doc__ or "").splitlines()[0], STATUS_OF[error].value)


def kind_of(error: type[er.TizmorError]) -> Kind:
    """The type of problem that an error of this very class is."""
    return _OF_ERROR[error]


MALFORMED = Kind("malformed", "The body can't be read as JSON.", 400)
FOREIGN = Kind("foreign-origin", "The request comes from another web page or host.", 403)
NOT_FOUND = Kind("not-found", "Nothing is at this address.", 404)
WRONG_METHOD = Kind("method-not-allowed", "This address doesn't take this method.", 405)
TOO_LARGE = Kind("too-large", "The body is too large.", 413)
NOT_JSON = Kind("not-json", "A body must be JSON.", 415)
INVALID = Kind("invalid", "What was given doesn't fit.", 422)
INTERNAL = Kind("internal-error", "A fault of the server's own.", 500)
UNAUTHENTICATED = Kind("unauthenticated", "It has to be known who asks.", 401)
SCOPE_MISSING = Kind("scope-missing", "The token doesn't allow this.", 403)
KEY_INVALID = Kind("idempotency-key-invalid", "This can't be an idempotency key.", 400)
KEY_BUSY = Kind("idempotency-key-busy", "The request with this key is being carried out.", 409)
KEY_REUSED = Kind("idempotency-key-reused", "Another request had this key.", 422)
KEYS_FULL = Kind("idempotency-keys-full", "No more idempotency keys are taken for now.", 503)
CHANGED = Kind("changed-since", "It isn't any more what If-Match names.", 412)
TOO_MANY_ATTEMPTS = Kind("too-many-attempts", "Too often what was shown was no token.", 429)
TOO_MANY = Kind("too-many-streams", "No more streams can be open at the same time.", 503)
CLOSING = Kind("closing", "The server is being shut down.", 503)

_OF_HTTP = {k.status: k for k in (MALFORMED, FOREIGN, NOT_FOUND, WRONG_METHOD, TOO_LARGE, NOT_JSON)}
_OWN = (
    *(UNAUTHENTICATED, SCOPE_MISSING, TOO_MANY_ATTEMPTS, INVALID, CHANGED, INTERNAL, CLOSING),
    *(KEY_INVALID, KEY_BUSY, KEY_REUSED, KEYS_FULL, TOO_MANY),
)
_OF_ERROR = {error: _kind_of_error(error) for error in STATUS_OF}
KINDS = {kind.name: kind for kind in (*_OF_HTTP.values(), *_OWN, *_OF_ERROR.values())}
"""All types by name."""


def reply(
    kind: Kind,
    detail: str | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    errors: Sequence[FieldProblem] = (),
    **more: tuple[str, ...],
) -> Response:
    """A problem as a response."""
    problem = Problem(
        type=kind.type,
        title=kind.title,
        status=kind.status,
        detail=detail,
        errors=tuple(errors),
        **more,
    )
    return Response(
        msgspec.json.encode(problem),
        status_code=kind.status,
        media_type=MEDIA_TYPE,
        headers=dict(headers or {}),
    )


async def of_tizmor(request: Request, error: Exception) -> Response:
    """An error of `tizmor.core.errors`, or of a class below one of them."""
    known = next(kind for kind in type(error).__mro__ if kind in _OF_ERROR)
    kind = _OF_ERROR[known]
    if kind.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.warning("%s %s: %s", request.method, request.url.path, error)
    pointer = _FIELDS.get(known)
    return reply(
        kind,
        str(error),
        headers={"Retry-After": str(RETRY_AFTER_S)} if kind.status == 503 else {},
        errors=[FieldProblem(detail=str(error), pointer=pointer)] if pointer else (),
        options=getattr(error, "options", ()),
        problems=getattr(error, "problems", ()),
    )


async def of_refusal(request: Request, error: Exception) -> Response:
    """A `Refused`."""
    assert isinstance(error, Refused)  # noqa: S101  # it is registered for this class alone
    return reply(error.kind, error.detail, errors=error.errors, headers=error.headers)


async def of_validation(request: Request, error: Exception) -> Response:
    """What FastAPI found in a request: all of it, and nothing of what was given."""
    assert isinstance(error, RequestValidationError)  # noqa: S101  # as above
    found = error.errors()
    for one in found:
        if one["type"] == "json_invalid":
            place, problem = one["loc"][-1], one["ctx"]["error"]
            return reply(MALFORMED, f"{problem}, at character {place}")
    fields = [_field(one) for one in found]
    detail = "; ".join(f"{f.pointer or f.parameter}: {f.detail}" for f in fields)
    return reply(INVALID, detail, errors=fields)


async def of_http(request: Request, error: Exception) -> Response:
    """What the framework refuses by itself."""
    assert isinstance(error, HTTPException)  # noqa: S101  # as above
    kind = _OF_HTTP.get(error.status_code)
    if kind is None:
        status = HTTPStatus(error.status_code)
        kind = Kind("", status.phrase, status.value)
    return reply(kind, headers=error.headers)


async def of_fault(request: Request, error: Exception) -> Response:
    """Anything else: the log has it, the outside is told only that."""
    return reply(INTERNAL, "it stands in the server's log")


def _field(found: Mapping[str, Any]) -> FieldProblem:
    where, *path = found["loc"]
    if where != "body":
        return FieldProblem(detail=found["msg"], parameter=str(path[0]) if path else str(where))
    steps = (str(step).replace("~", "~0").replace("/", "~1") for step in path)
    return FieldProblem(detail=found["msg"], pointer="#" + "".join(f"/{s}" for s in steps))
