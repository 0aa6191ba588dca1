"""What happens in an execution, as it happens and afterwards; what it took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from tizmor.api.dependencies import Limit, ServingDependency, TizmorDependency, json
from tizmor.api.openapi import gives, gives_stream
from tizmor.api.routes.events import LastEventId, refuse_too_many
from tizmor.api.schemas.replies import ExecutionMetrics, LogPage, StepMetrics
from tizmor.api.sse import EventStream
from tizmor.core.ids import parse_id
from tizmor.engine.views import ENDED, Execution, StreamEvent

router = APIRouter(tags=["observing"])
_MOST = (1 << 63) - 1
"""No position in a journal is higher."""


# It stands before the routes of one execution, of which none may be called `stream`.
@router.get(
    "/api/orchestrate/stream/{execution_id}",
    responses=gives_stream(),
    response_class=EventStream,
)
async def stream(
    execution_id: str,
    serving: ServingDependency,
    last_event_id: LastEventId = 0,
) -> Response:
    """The events of an execution, live: from the first one, or behind `Last-Event-ID`. It ends
    after `complete`, `failed`, `cancelled` or `rejected`; who asks again behind that gets 204, by
    which an `EventSource` stops asking."""
    execution = await serving.tizmor.get(execution_id)
    refuse_too_many(serving)
    number = parse_id(execution.id) or 0
    streams = serving.streams
    over = last_event_id and execution.status in ENDED
    if over and await streams.is_over(number, last_event_id):
        return Response(status_code=204)
    return EventStream(streams, lambda cut: streams.follow(number, last_event_id, cut=cut))


@router.get("/api/orchestrate/{execution_id}/logs", responses=gives(LogPage))
async def logs(
    execution_id: str,
    tizmor: TizmorDependency,
    limit: Limit = 200,
    cursor: Annotated[
        int, Query(ge=0, le=_MOST, description="The `nextCursor` of the page before.")
    ] = 0,
) -> Response:
    """All that the stream has said so far, oldest first."""
    items, more = _page(await tizmor.logs(execution_id), cursor, limit)
    return json(LogPage(items=tuple(items), next_cursor=more))


@router.get("/api/orchestrate/{execution_id}/metrics", responses=gives(ExecutionMetrics))
async def metrics(execution_id: str, tizmor: TizmorDependency) -> Response:
    """What an execution and its steps took and cost so far."""
    return json(_metrics(await tizmor.get(execution_id)))


def _page(
    events: Sequence[StreamEvent], after: int, limit: int
) -> tuple[list[StreamEvent], str | None]:
    """At most `limit` events behind a position, and the cursor of the page after them. What has no
    position goes with the event behind it, so that no page begins between the two."""
    page: list[StreamEvent] = []
    beside: list[StreamEvent] = []
    last = after
    for event in events:
        beside.append(event)
        if event.id is None:
            continue
        if event.id > after:
            if page and len(page) + len(beside) > limit:
                return page, str(last)
            page += beside
            last = event.id
        beside = []
    return page, None


def _metrics(execution: Execution) -> ExecutionMetrics:
    states = Counter(step.state for step in execution.steps)
    decided = states["succeeded"] + states["failed"]
    return ExecutionMetrics(
        execution_id=execution.id,
        status=execution.status,
        duration_ms=execution.duration_ms,
        tokens=execution.tokens,
        cost_usd=execution.cost_usd,
        steps_by_state=dict(sorted(states.items())),
        success_rate=states["succeeded"] / decided if decided else None,
        steps=tuple(
            StepMetrics(
                id=step.id,
                agent=step.agent,
                state=step.state,
                attempts=step.attempt,
                cached=step.cached,
                queue_ms=step.queue_ms,
                wait_ms=step.wait_ms,
                asked_ms=step.asked_ms,
                run_ms=step.run_ms,
                tokens=step.tokens,
                cost_usd=step.cost_usd,
            )
            for step in execution.steps
        ),
    )
