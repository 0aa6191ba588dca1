"""What waits for a human, over all executions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from tizmor.api.dependencies import Cursor, TizmorDependency, json
from tizmor.api.openapi import gives
from tizmor.engine.overviews import PendingPage

router = APIRouter(tags=["decisions"])
_Limit = Annotated[int, Query(ge=1, le=200, description="How many at most.")]


@router.get("/api/approvals", responses=gives(PendingPage))
async def all_approvals(
    tizmor: TizmorDependency, limit: _Limit = 50, cursor: Cursor = None
) -> Response:
    """The approvals that are open over all executions, the oldest execution first: what is asked,
    who may decide, who has agreed, how many are missing, until when."""
    return json(await tizmor.pending("approval", limit=limit, after=cursor))


@router.get("/api/questions", responses=gives(PendingPage))
async def all_questions(
    tizmor: TizmorDependency, limit: _Limit = 50, cursor: Cursor = None
) -> Response:
    """The questions that are open over all executions, the oldest execution first."""
    return json(await tizmor.pending("question", limit=limit, after=cursor))
