"""Metrics and the log of the whole workspace."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Header, Query
from starlette.responses import PlainTextResponse, Response

from tizmor.api.dependencies import Limit, TizmorDependency, json
from tizmor.api.exposition import Measured, exposed
from tizmor.api.openapi import gives, gives_text
from tizmor.api.schemas.bounds import Moment
from tizmor.api.schemas.measures import MetricSeries, points_of
from tizmor.api.schemas.replies import LinePage

router = APIRouter(tags=["observing"])
_MOST = (1 << 63) - 1
_HOUR = dt.timedelta(hours=1)


@router.get(
    "/metrics",
    responses=gives_text("What Prometheus reads: OpenMetrics, or its own."),
    response_class=PlainTextResponse,
)
async def scrape(
    tizmor: TizmorDependency,
    accept: Annotated[str, Header(max_length=1_000)] = "",
) -> Response:
    """All that was counted since ever by all processes on the database, and how things are now."""
    measured = Measured(
        totals=await tizmor.totals(),
        unfinished=await tizmor.in_progress(),
        lines=await tizmor.lines(),
        cache=await tizmor.cache(),
        breakers=await tizmor.breakers(),
    )
    body, media_type = exposed(measured, accept)
    return Response(body, media_type=media_type)


@router.get("/api/metrics", responses=gives(MetricSeries))
async def series(
    tizmor: TizmorDependency,
    start: Annotated[
        Moment | None, Query(alias="from", description="An hour before `to`, if not given.")
    ] = None,
    end: Annotated[Moment | None, Query(alias="to", description="Now, if not given.")] = None,
    step: Annotated[
        int, Query(ge=60, le=31_536_000, description="Seconds; a number of whole minutes.")
    ] = 60,
) -> Response:
    """What ended between two times, by agent, outcome and step of time: how much, how long, and
    within which time 50, 95 and 99 % of it was over. At most 1,500 steps."""
    until = end or dt.datetime.now(dt.UTC)
    since = start or until - _HOUR
    counts = await tizmor.series(since, until, step=dt.timedelta(seconds=step))
    return json(
        MetricSeries(
            start=since.isoformat(timespec="milliseconds"),
            end=until.isoformat(timespec="milliseconds"),
            step=step,
            items=points_of(counts, tizmor.time),
        )
    )


@router.get("/api/logs", responses=gives(LinePage))
async def lines(
    tizmor: TizmorDependency,
    execution: Annotated[str | None, Query(max_length=64, description="Of this one only.")] = None,
    level: Annotated[
        str, Query(description="From this level on: `debug`, `info`, `warning`, `error`.")
    ] = "debug",
    search: Annotated[
        str, Query(max_length=200, description="Text in the message or its fields.")
    ] = "",
    limit: Limit = 200,
    cursor: Annotated[
        int | None, Query(ge=1, le=_MOST, description="The `nextCursor` of the page before.")
    ] = None,
    after: Annotated[
        int | None,
        Query(ge=0, le=_MOST, description="A `lineId`: the lines behind it, oldest first."),
    ] = None,
) -> Response:
    """Lines of the log, the newest first; with `after`, those that have come since."""
    found = await tizmor.log_lines(
        execution,
        level=level,
        search=search,
        after=after,
        before=None if after is not None else cursor,
        limit=min(limit + 1, 1_000) if after is None else limit,
    )
    if after is not None:
        return json(LinePage(items=tuple(found)))
    items = tuple(found[::-1][:limit])
    more = str(items[-1].line_id) if len(found) > limit else None
    return json(LinePage(items=items, next_cursor=more))
