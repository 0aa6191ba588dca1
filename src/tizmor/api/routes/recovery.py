"""What to do about a step that failed for good and asks, or that can't be taken back.

Each is an answer to the step's question, of those that it offers: one that isn't offered is 422, a
step about which nobody is asked 409. The same order again is no mistake.
"""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from tizmor.api.dependencies import TizmorDependency, json
from tizmor.api.openapi import gives
from tizmor.api.problems import NOT_FOUND, Refused
from tizmor.api.routes.control import ordered
from tizmor.api.schemas.replies import Ordered
from tizmor.api.schemas.requests import EditRequest
from tizmor.api.scopes import needs
from tizmor.assembly import Tizmor
from tizmor.core import approval
from tizmor.engine.views import StepView
from tizmor.ports.tokens import Scope

router = APIRouter(tags=["recovery"])
_STEP = "/api/orchestrate/{execution_id}/steps/{step_id}"


@router.get(_STEP, responses=gives(StepView))
async def step(execution_id: str, step_id: str, tizmor: TizmorDependency) -> Response:
    """One step as it stands, with what it gave."""
    execution = await tizmor.get(execution_id)
    for view in execution.steps:
        if view.id == step_id:
            return json(view)
    raise Refused(NOT_FOUND, f"there is no such step in {execution.id}")


@router.post(f"{_STEP}/retry", responses=gives(Ordered))
@needs(Scope.DECIDE)
async def retry_step(execution_id: str, step_id: str, tizmor: TizmorDependency) -> Response:
    """Try it again as it was."""
    return await _recovered(tizmor, execution_id, step_id, approval.AGAIN)


@router.post(f"{_STEP}/edit", responses=gives(Ordered))
@needs(Scope.DECIDE)
async def edit_step(
    execution_id: str, step_id: str, body: EditRequest, tizmor: TizmorDependency
) -> Response:
    """Try it again with arguments changed."""
    outcome = await tizmor.recover(execution_id, step_id, approval.EDIT, arguments=body.arguments)
    return await ordered(tizmor, execution_id, outcome)


@router.post(f"{_STEP}/skip", responses=gives(Ordered))
@needs(Scope.DECIDE)
async def skip_step(execution_id: str, step_id: str, tizmor: TizmorDependency) -> Response:
    """Go on without it: what needs what it would give is skipped, too."""
    return await _recovered(tizmor, execution_id, step_id, approval.SKIP)


@router.post(f"{_STEP}/roll-back", responses=gives(Ordered))
@needs(Scope.DECIDE)
async def roll_back_step(execution_id: str, step_id: str, tizmor: TizmorDependency) -> Response:
    """Take back what the execution has done, the last thing first."""
    return await _recovered(tizmor, execution_id, step_id, approval.ROLL_BACK)


@router.post(f"{_STEP}/stop", responses=gives(Ordered))
@needs(Scope.DECIDE)
async def stop_step(execution_id: str, step_id: str, tizmor: TizmorDependency) -> Response:
    """Let the step fail; the rest goes on."""
    return await _recovered(tizmor, execution_id, step_id, approval.STOP)


async def _recovered(tizmor: Tizmor, execution_id: str, step_id: str, choice: str) -> Response:
    outcome = await tizmor.recover(execution_id, step_id, choice)
    return await ordered(tizmor, execution_id, outcome)
