"""Approvals and questions: what only a human can decide."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header
from starlette.responses import Response

from tizmor.api.dependencies import TizmorDependency, json
from tizmor.api.openapi import gives
from tizmor.api.problems import CHANGED, Refused
from tizmor.api.routes.control import ordered
from tizmor.api.schemas.replies import Ordered, WaitingPage
from tizmor.api.schemas.requests import (
    AnswerRequest,
    ApprovalRequest,
    DelegationRequest,
    PreviewRequest,
    RejectionRequest,
)
from tizmor.api.scopes import needs
from tizmor.assembly import Tizmor
from tizmor.core.errors import UnknownExecution
from tizmor.engine.views import Waiting
from tizmor.ports.tokens import Scope

router = APIRouter(tags=["decisions"])
IfMatch = Annotated[
    str | None,
    Header(
        max_length=1000,
        description="The `ETag` of the approval as it was seen: 412 where it is another by now.",
    ),
]


@router.get("/api/orchestrate/{execution_id}/approvals", responses=gives(WaitingPage))
async def approvals(execution_id: str, tizmor: TizmorDependency) -> Response:
    """The approvals that are open, in the order in which they were asked for."""
    return await _open(tizmor, execution_id, "approval")


@router.get("/api/orchestrate/{execution_id}/approvals/{approval_id}", responses=gives(Waiting))
async def approval(execution_id: str, approval_id: str, tizmor: TizmorDependency) -> Response:
    """One approval that is open. Its `ETag` is its key, which tells exactly what is agreed to."""
    found = await _find(tizmor, execution_id, approval_id)
    if found is None:
        raise UnknownExecution(f"no approval {approval_id[:40]!r} is open")
    return json(found, headers={"ETag": _tag(found)})


@router.post(
    "/api/orchestrate/{execution_id}/approvals/{approval_id}/approve", responses=gives(Ordered)
)
@needs(Scope.DECIDE)
async def approve(
    execution_id: str,
    approval_id: str,
    tizmor: TizmorDependency,
    body: ApprovalRequest | None = None,
    if_match: IfMatch = None,
) -> Response:
    """Approve what is asked about, as it was shown or with arguments changed. The body may be
    left out."""
    given = body or ApprovalRequest()
    seen = await _seen(tizmor, execution_id, approval_id, if_match)
    outcome = await tizmor.approve(
        execution_id,
        approval_id,
        arguments=given.arguments,
        comment=given.comment,
        seen=given.seen or seen,
    )
    return await ordered(tizmor, execution_id, outcome)


@router.post(
    "/api/orchestrate/{execution_id}/approvals/{approval_id}/reject", responses=gives(Ordered)
)
@needs(Scope.DECIDE)
async def reject(
    execution_id: str,
    approval_id: str,
    tizmor: TizmorDependency,
    body: RejectionRequest | None = None,
    if_match: IfMatch = None,
) -> Response:
    """Reject what is asked about: what depends on it is skipped, the rest goes on. The body may be
    left out."""
    comment = None if body is None else body.comment
    await _seen(tizmor, execution_id, approval_id, if_match)
    outcome = await tizmor.reject(execution_id, approval_id, reason=comment)
    return await ordered(tizmor, execution_id, outcome)


@router.post(
    "/api/orchestrate/{execution_id}/approvals/{approval_id}/delegate", responses=gives(Ordered)
)
@needs(Scope.DECIDE)
async def delegate(
    execution_id: str, approval_id: str, body: DelegationRequest, tizmor: TizmorDependency
) -> Response:
    """Hand on an approval that a policy has you decide: from here on somebody else does in your
    place."""
    outcome = await tizmor.delegate(execution_id, approval_id, to=body.to)
    return await ordered(tizmor, execution_id, outcome)


@router.post(
    "/api/orchestrate/{execution_id}/approvals/{approval_id}/preview", responses=gives(Waiting)
)
@needs(Scope.READ)
async def preview(
    execution_id: str, approval_id: str, body: PreviewRequest, tizmor: TizmorDependency
) -> Response:
    """The approval as it would be with arguments changed. Nothing is decided."""
    return json(await tizmor.preview(execution_id, approval_id, body.arguments))


@router.get("/api/orchestrate/{execution_id}/questions", responses=gives(WaitingPage))
async def questions(execution_id: str, tizmor: TizmorDependency) -> Response:
    """The questions that are open, in the order in which they were asked."""
    return await _open(tizmor, execution_id, "question")


@router.post(
    "/api/orchestrate/{execution_id}/questions/{question_id}/answer", responses=gives(Ordered)
)
@needs(Scope.DECIDE)
async def answer(
    execution_id: str, question_id: str, body: AnswerRequest, tizmor: TizmorDependency
) -> Response:
    """Answer a question."""
    outcome = await tizmor.answer(
        execution_id, body.choice, question=question_id, arguments=body.arguments
    )
    return await ordered(tizmor, execution_id, outcome)


async def _seen(
    tizmor: Tizmor, execution_id: str, approval_id: str, if_match: str | None
) -> str | None:
    """The key that was seen, by what `If-Match` names (RFC 9110, section 13.1.1); None without
    it. Raises `Refused` where it is another's by now, or is open no more."""
    if if_match is None:
        return None
    found = await _find(tizmor, execution_id, approval_id)
    if found is None or (if_match.strip() != "*" and _tag(found) not in _tags(if_match)):
        raise Refused(CHANGED, f"{approval_id[:40]} isn't any more what you have seen: look again")
    return found.key


def _tags(header: str) -> list[str]:
    """Strong ones: a weak one names nothing exactly."""
    return [part.strip() for part in header.split(",")]


def _tag(found: Waiting) -> str:
    return f'"{found.key}"'


async def _find(tizmor: Tizmor, execution_id: str, approval_id: str) -> Waiting | None:
    execution = await tizmor.get(execution_id)
    for waiting in execution.waiting_for:
        if (waiting.kind, waiting.id) == ("approval", approval_id):
            return waiting
    return None


async def _open(tizmor: Tizmor, execution_id: str, kind: str) -> Response:
    execution = await tizmor.get(execution_id)
    return json(WaitingPage(items=tuple(w for w in execution.waiting_for if w.kind == kind)))
