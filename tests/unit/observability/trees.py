"""What is wrong with the shape of a trace."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tizmor.observability.spans import Span


def faults(spans: Sequence[Span]) -> list[str]:
    """Where the spans, in the order in which they were told, are no one tree nested in time."""
    return [*_not_a_tree(spans), *misplaced(spans)]


def _not_a_tree(spans: Sequence[Span]) -> Iterator[str]:
    root, *others = spans
    seen = {root.span_id}
    for span in others:
        if span.parent_span_id not in seen:
            yield f"{span.name} before what it is a part of"
        if span.span_id in seen:
            yield f"{span.name} has the id of another"
        if span.trace_id != root.trace_id:
            yield f"{span.name} in another trace"
        seen.add(span.span_id)


def misplaced(spans: Sequence[Span]) -> Iterator[str]:
    """Spans that begin before what they are a part of, or end after it, or before they began."""
    known = {span.span_id: span for span in spans}
    for span in spans[1:]:
        whole = known[span.parent_span_id or ""]
        if span.start_ms < whole.start_ms:
            yield f"{span.name} begins before {whole.name}"
        if whole.end_ms is not None and (span.end_ms is None or span.end_ms > whole.end_ms):
            yield f"{span.name} ends after {whole.name}"
    for span in spans:
        if span.end_ms is not None and span.end_ms < span.start_ms:
            yield f"{span.name} ends before it begins"
