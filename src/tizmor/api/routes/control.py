"""Pausing, resuming and cancelling executions. The same order again is no mistake."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from tizmor.api.dependencies import TizmorDependency, json
from tizmor.api.openapi import gives
from tizmor.api.schemas.replies import Ordered
from tizmor.api.schemas.requests import CancelRequest
from tizmor.api.scopes import needs
from tizmor.assembly import Tizmor
from tizmor.engine.views import ENDED
from tizmor.ports.tokens import Scope

router = APIRouter(tags=["control"])


@router.post("/api/orchestrate/{execution_id}/pause", responses=gives(Ordered))
@needs(Scope.RUN)
async def pause(execution_id: str, tizmor: TizmorDependency) -> Response:
    """Let running steps end and start none."""
    return await ordered(tizmor, execution_id, await tizmor.pause(execution_id))


@router.post("/api/orchestrate/{execution_id}/resume", responses=gives(Ordered))
@needs(Scope.RUN)
async def resume(execution_id: str, tizmor: TizmorDependency) -> Response:
    """Go on with a paused or interrupted execution; one that has ended stays as it is."""
    execution = await tizmor.resume(execution_id)
    outcome = "has ended" if execution.status in ENDED else "goes on"
    return json(Ordered(execution_id=execution.id, outcome=outcome, status=execution.status))


@router.post("/api/orchestrate/{execution_id}/cancel", responses=gives(Ordered))
@needs(Scope.RUN)
async def cancel(
    execution_id: str, tizmor: TizmorDependency, body: CancelRequest | None = None
) -> Response:
    """Stop for good; what running calls with an effect did is found out first."""
    roll_back = body is not None and body.roll_back
    outcome = await tizmor.cancel(execution_id, roll_back=roll_back)
    return await ordered(tizmor, execution_id, outcome)


async def ordered(tizmor: Tizmor, execution_id: str, outcome: str) -> Response:
    """What became of an order."""
    execution = await tizmor.get(execution_id)
    return json(Ordered(execution_id=execution.id, outcome=outcome, status=execution.status))
