"""Starting executions, and looking at them as they stand."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, TypedDict

from fastapi import APIRouter, Query
from pydantic import AwareDatetime
from starlette.requests import Request
from starlette.responses import Response

from tizmor.api.dependencies import AsId, CallersSpan, Limit, TizmorDependency, json
from tizmor.api.openapi import gives
from tizmor.api.routes.plans import written_plan
from tizmor.api.schemas.replies import ExecutionPage, Started
from tizmor.api.schemas.requests import BudgetRequest, ForkRequest, StartRequest
from tizmor.api.scopes import demand, needs
from tizmor.core.events import storable
from tizmor.core.plan import Budget, Plan, Strategy
from tizmor.engine.request import MAX_USER
from tizmor.engine.views import Execution, Status
from tizmor.observability.trace_context import traceparent
from tizmor.ports.tokens import Scope

router = APIRouter(tags=["executions"])


class Wish(TypedDict):
    """What a run and a dry run take beside the request."""

    plan: Plan | None
    priority: int
    deadline: dt.timedelta | None
    conflicts: Strategy | None
    budget: Budget | None
    as_id: str | None
    traceparent: str | None


@router.post(
    "/api/orchestrate",
    status_code=201,
    responses=gives(Started, status=201),
)
@needs(Scope.RUN)
async def start(
    body: StartRequest,
    tizmor: TizmorDependency,
    request: Request,
    as_id: AsId,
    caller: CallersSpan = None,
) -> Response:
    """Have something done. It is on disk when this answers; what comes of it is told by the
    stream."""
    plan = None if body.plan is None else written_plan(body.plan)
    query = body.query if body.query is not None else (plan.goal if plan else "")
    wish = Wish(
        plan=plan,
        priority=body.priority,
        deadline=None if body.deadline_s is None else dt.timedelta(seconds=body.deadline_s),
        conflicts=body.conflicts,
        budget=None if body.budget is None else _budget(body.budget),
        as_id=as_id,
        traceparent=caller,
    )
    user = {} if body.user_id is None else {"user": body.user_id}
    if body.dry_run:
        dry_run = await tizmor.dry_run(query, recording=body.recording, **user, **wish)
        return begun(dry_run, caller)
    if body.approve_all:
        demand(request, Scope.DECIDE)
    started = await tizmor.start(query, approve_all=body.approve_all, **user, **wish)
    return begun(started, caller)


@router.get("/api/executions", responses=gives(ExecutionPage))
async def list_executions(
    tizmor: TizmorDependency,
    limit: Limit = 50,
    cursor: Annotated[
        str | None, Query(description="The `nextCursor` of the page before.", max_length=64)
    ] = None,
    status: Annotated[
        list[Status] | None, Query(description="How they stand; several may be named.")
    ] = None,
    since: Annotated[AwareDatetime | None, Query(description="Begun then or later.")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Begun before then.")] = None,
    user: Annotated[str | None, Query(max_length=MAX_USER, description="For whom.")] = None,
    dry_run: Annotated[
        bool | None, Query(alias="dryRun", description="Dry runs only, or all others.")
    ] = None,
    q: Annotated[
        str, Query(max_length=200, description="What occurs in the request's words.")
    ] = "",
) -> Response:
    """The newest executions first. A page looks at 20,000 of them at most, so that one that is
    sought by something rare may hold fewer than `limit`, or none, and have a `nextCursor`."""
    items, more = await tizmor.search(
        limit=limit,
        before=cursor,
        statuses=status or (),
        since=since,
        until=until,
        user=None if user is None else _written(user),
        dry_run=dry_run,
        text=_written(q),
    )
    return json(ExecutionPage(items=tuple(items), next_cursor=more))


@router.get("/api/orchestrate/{execution_id}", responses=gives(Execution))
async def get(execution_id: str, tizmor: TizmorDependency) -> Response:
    """One execution as it stands: status, plan, steps, what waits for a human, the result so
    far."""
    return json(await tizmor.get(execution_id))


@router.post(
    "/api/orchestrate/{execution_id}/fork",
    status_code=201,
    responses=gives(Started, status=201),
)
@needs(Scope.RUN)
async def fork(
    execution_id: str, body: ForkRequest, tizmor: TizmorDependency, as_id: AsId
) -> Response:
    """Begin a new execution that keeps what succeeded, and runs a step and all that depends on it
    again. Approvals are asked for anew."""
    new = await tizmor.fork(
        execution_id, body.from_, arguments=body.arguments, output=body.output, as_id=as_id
    )
    return begun(new)


def begun(execution: Execution, caller: str | None = None) -> Response:
    """That an execution was begun."""
    return json(
        Started(execution_id=execution.id),
        status=201,
        headers={
            "Location": f"/api/orchestrate/{execution.id}",
            "traceresponse": traceparent(execution.id, caller),
        },
    )


def _budget(given: BudgetRequest) -> Budget:
    return Budget(
        tokens=given.tokens,
        usd=given.usd,
        time_s=given.time_s,
        calls=given.calls,
        exhausted=tuple(given.exhausted),
    )


def _written(text: str) -> str:
    """As it can stand in a database: no NUL does on PostgreSQL."""
    return storable(text).replace("\0", "\ufffd")
