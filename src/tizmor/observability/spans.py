"""A span, and its form in OTLP."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from tizmor.observability import names

Value = str | int | float | bool

_INTERNAL, _CLIENT = 1, 3
"""SPAN_KIND_INTERNAL: what the engine does is within one system; SPAN_KIND_CLIENT: what an agent
asks of another."""
_ERROR = 2
"""STATUS_CODE_ERROR."""
_NS_PER_MS = 1_000_000


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """Another span that came before, and how: see `names.Relation`."""

    trace_id: str
    span_id: str
    relation: str


class Span(msgspec.Struct, frozen=True):
    """Something that took time. `parent_span_id` is None for one that nobody asked for, `end_ms`
    for one that goes on. `error` is its `error.type` where it went wrong, `message` what was said
    of that. Times are wall times in milliseconds since the epoch."""

    trace_id: str
    span_id: str
    parent_span_id: str | None
    name: str
    start_ms: int
    end_ms: int | None
    attributes: dict[str, Value]
    error: str | None = None
    message: str = ""
    links: tuple[Link, ...] = ()

    @property
    def part(self) -> names.Part:
        return names.Part(str(self.attributes[names.PART]))


def kind(span: Span) -> int:
    """Its SpanKind."""
    return _CLIENT if span.attributes.get(names.PART) in names.OUTSIDE else _INTERNAL


def otlp(span: Span) -> dict[str, Any]:
    """The span as JSON of the OpenTelemetry protocol (OTLP 1.x, `trace.proto` by its JSON mapping):
    ids in hexadecimal, 64-bit numbers as strings. One that goes on has no end yet."""
    told: dict[str, Any] = {"traceId": span.trace_id, "spanId": span.span_id}
    if span.parent_span_id is not None:
        told["parentSpanId"] = span.parent_span_id
    told |= {
        "name": span.name,
        "kind": kind(span),
        "startTimeUnixNano": str(span.start_ms * _NS_PER_MS),
    }
    if span.end_ms is not None:
        told["endTimeUnixNano"] = str(span.end_ms * _NS_PER_MS)
    told["attributes"] = _attributes(span.attributes)
    if span.error is not None:
        told["attributes"] += _attributes({names.ERROR_TYPE: span.error})
        told["status"] = {"code": _ERROR, "message": span.message}
    else:
        told["status"] = {}
    told["links"] = [
        {
            "traceId": link.trace_id,
            "spanId": link.span_id,
            "attributes": _attributes({names.RELATION: link.relation}),
        }
        for link in span.links
    ]
    return told


def otlp_request(spans: Iterable[Span]) -> dict[str, Any]:
    """Spans as JSON of an `ExportTraceServiceRequest`."""
    resource = {"attributes": _attributes({"service.name": names.SERVICE})}
    scope = {"scope": {"name": names.SERVICE}, "spans": [otlp(span) for span in spans]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [scope]}]}


def _attributes(values: dict[str, Value]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in values.items()]


def _value(value: Value) -> dict[str, Any]:
    match value:
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
        case _:
            return {"stringValue": value}
