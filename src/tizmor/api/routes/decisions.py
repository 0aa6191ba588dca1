"""Approvals and questions: what only a human can decide."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from tizmor.api.dependencies import TizmorDependency, json
from tizmor.api.openapi import gives
from tizmor.api.routes.control import ordered
from tizmor.api.schemas.replies import Ordered, WaitingPage
from tizmor.api.schemas.requests import (
    AnswerRequest,
    ApprovalRequest,
    DelegationRequest,
    PreviewRequest,
    RejectionRequest,
)
from tizmor.assembly import Tizmor
from tizmor.engine.views import Waiting

router = APIRouter(tags=["decisions"])


@router.get("/api/orchestrate/{execution_id}/approvals", responses=gives(WaitingPage))
async def approvals(execution_id: str, tizmor: TizmorDependency) -> Response:
    """The approvals that are open, in the order in which they were asked for."""
    return await _open(tizmor, execution_id, "approval")


@router.post(
    "/api/orchestrate/{execution_id}/approvals/{approval_id}/approve", responses=gives(Ordered)
)
async def approve(
    execution_id: str,
    approval_id: str,
    tizmor: TizmorDependency,
    body: ApprovalRequest | None = None,
) -> Response:
    """Approve what is asked about, as it was shown or with arguments changed. The body may be
    left out."""
    given = body or ApprovalRequest()
    outcome = await tizmor.approve(
        execution_id,
        approval_id,
        arguments=given.arguments,
        comment=given.comment,
        seen=given.seen,
    )
    return await ordered(tizmor, execution_id, outcome)


@router.post(
    "/api/orchestrate/{execution_id}/approvals/{approval_id}/reject", responses=gives(Ordered)
)
async def reject(
    execution_id: str,
    approval_id: str,
    tizmor: TizmorDependency,
    body: RejectionRequest | None = None,
) -> Response:
    """Reject what is asked about: what depends on it is skipped, the rest goes on. The body may be
    left out."""
    comment = None if body is None else body.comment
    outcome = await tizmor.reject(execution_id, approval_id, reason=comment)
    return await ordered(tizmor, execution_id, outcome)


@router.post(
    "/api/orchestrate/{execution_id}/approvals/{approval_id}/delegate", responses=gives(Ordered)
)
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
async def answer(
    execution_id: str, question_id: str, body: AnswerRequest, tizmor: TizmorDependency
) -> Response:
    """Answer a question."""
    outcome = await tizmor.answer(
        execution_id, body.choice, question=question_id, arguments=body.arguments
    )
    return await ordered(tizmor, execution_id, outcome)


async def _open(tizmor: Tizmor, execution_id: str, kind: str) -> Response:
    execution = await tizmor.get(execution_id)
    return json(WaitingPage(items=tuple(w for w in execution.waiting_for if w.kind == kind)))
