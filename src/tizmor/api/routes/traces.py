"""What took how long in an execution: as a waterfall, or as OpenTelemetry has it."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from tizmor.api.dependencies import TizmorDependency, json
from tizmor.api.openapi import gives
from tizmor.api.schemas.replies import Trace, TraceGap, TraceLink, TraceSpan
from tizmor.observability.names import PART
from tizmor.observability.nesting import extent, gaps, in_depth
from tizmor.observability.spans import Span, otlp_request

router = APIRouter(tags=["observing"])


class TraceFormat(enum.StrEnum):
    WATERFALL = "waterfall"
    OTLP = "otlp"


@router.get("/api/orchestrate/{execution_id}/trace", responses=gives(Trace))
async def trace(
    execution_id: str,
    tizmor: TizmorDependency,
    form: Annotated[
        TraceFormat,
        Query(
            alias="format",
            description="`otlp`: an ExportTraceServiceRequest as JSON, for a collector.",
        ),
    ] = TraceFormat.WATERFALL,
) -> Response:
    """What took how long, from the request to each call and what agents told within it."""
    spans = await tizmor.trace(execution_id)
    if form is TraceFormat.OTLP:
        return json(otlp_request(spans))
    return json(_waterfall(execution_id, spans))


def _waterfall(execution_id: str, spans: Sequence[Span]) -> Trace:
    first, last = extent(spans)
    return Trace(
        execution_id=execution_id,
        trace_id=spans[0].trace_id,
        start=first,
        duration_ms=last - first,
        spans=tuple(_span(span, depth, first) for depth, span in in_depth(spans)),
        gaps=tuple(
            TraceGap(
                start_ms=gap.start_ms - first,
                duration_ms=gap.end_ms - gap.start_ms,
                waits=tuple(part.value for part in gap.waits),
            )
            for gap in gaps(spans)
        ),
    )


def _span(span: Span, depth: int, first_ms: int) -> TraceSpan:
    return TraceSpan(
        span_id=span.span_id,
        parent_span_id=span.parent_span_id,
        depth=depth,
        part=span.part.value,
        name=span.name,
        start_ms=span.start_ms - first_ms,
        duration_ms=None if span.end_ms is None else span.end_ms - span.start_ms,
        attributes={name: value for name, value in span.attributes.items() if name != PART},
        error=span.error,
        message=span.message,
        links=tuple(
            TraceLink(trace_id=link.trace_id, span_id=link.span_id, relation=link.relation)
            for link in span.links
        ),
    )
