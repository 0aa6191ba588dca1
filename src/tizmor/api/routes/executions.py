"""Starting executions, and looking at them as they stand."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from tizmor.api.dependencies import Limit, RefusesKeys, TizmorDependency, json
from tizmor.api.openapi import gives
from tizmor.api.schemas.replies import ExecutionPage, Started
from tizmor.api.schemas.requests import ForkRequest, StartRequest
from tizmor.engine.views import Execution

router = APIRouter(tags=["executions"])


@router.post(
    "/api/orchestrate",
    status_code=201,
    responses=gives(Started, status=201),
    dependencies=[RefusesKeys],
)
async def start(body: StartRequest, tizmor: TizmorDependency) -> Response:
    """Have something done. It is on disk when this answers; what comes of it is told by the
    stream."""
    return _started(await tizmor.start(body.query, user=body.user_id))


@router.get("/api/executions", responses=gives(ExecutionPage))
async def list_executions(
    tizmor: TizmorDependency,
    limit: Limit = 50,
    cursor: Annotated[
        str | None, Query(description="The `nextCursor` of the page before.", max_length=64)
    ] = None,
) -> Response:
    """The newest executions first."""
    found = await tizmor.list(limit=limit + 1, before=cursor)
    items = tuple(found[:limit])
    more = items[-1].execution_id if len(found) > limit else None
    return json(ExecutionPage(items=items, next_cursor=more))


@router.get("/api/orchestrate/{execution_id}", responses=gives(Execution))
async def get(execution_id: str, tizmor: TizmorDependency) -> Response:
    """One execution as it stands: status, plan, steps, what waits for a human, the result so
    far."""
    return json(await tizmor.get(execution_id))


@router.post(
    "/api/orchestrate/{execution_id}/fork",
    status_code=201,
    responses=gives(Started, status=201),
    dependencies=[RefusesKeys],
)
async def fork(execution_id: str, body: ForkRequest, tizmor: TizmorDependency) -> Response:
    """Begin a new execution that keeps what succeeded, and runs a step and all that depends on it
    again. Approvals are asked for anew."""
    new = await tizmor.fork(execution_id, body.from_, arguments=body.arguments, output=body.output)
    return _started(new)


def _started(execution: Execution) -> Response:
    return json(
        Started(execution_id=execution.id),
        status=201,
        headers={"Location": f"/api/orchestrate/{execution.id}"},
    )
