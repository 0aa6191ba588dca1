"""Spans in the form of OTLP."""

from __future__ import annotations

from tizmor.observability import names
from tizmor.observability.names import Part
from tizmor.observability.spans import Link, Span, otlp

SPAN = Span(
    trace_id="a" * 32,
    span_id="b" * 16,
    parent_span_id="c" * 16,
    name="execute_tool Find",
    start_ms=1_767_225_600_050,
    end_ms=1_767_225_600_100,
    attributes={
        names.PART: Part.ATTEMPT.value,
        names.ATTEMPT: 2,
        names.COST: 0.5,
        names.CACHED: True,
    },
    error="failed",
    message="busy",
    links=(Link(trace_id="d" * 32, span_id="e" * 16, relation="takes_back"),),
)


def test_numbers_are_strings_and_values_say_what_they_are() -> None:
    """OTLP's JSON: 64-bit numbers as decimal strings, ids in hexadecimal, enums as numbers."""
    assert otlp(SPAN) == {
        "traceId": "a" * 32,
        "spanId": "b" * 16,
        "parentSpanId": "c" * 16,
        "name": "execute_tool Find",
        "kind": 1,
        "startTimeUnixNano": "1767225600050000000",
        "endTimeUnixNano": "1767225600100000000",
        "attributes": [
            {"key": "tizmor.part", "value": {"stringValue": "attempt"}},
            {"key": "tizmor.attempt", "value": {"intValue": "2"}},
            {"key": "tizmor.usage.cost_usd", "value": {"doubleValue": 0.5}},
            {"key": "tizmor.cached", "value": {"boolValue": True}},
            {"key": "error.type", "value": {"stringValue": "failed"}},
        ],
        "status": {"code": 2, "message": "busy"},
        "links": [
            {
                "traceId": "d" * 32,
                "spanId": "e" * 16,
                "attributes": [{"key": "tizmor.relation", "value": {"stringValue": "takes_back"}}],
            }
        ],
    }


def test_what_goes_on_has_no_end_and_what_nobody_asked_for_no_parent() -> None:
    root = Span(
        trace_id="a" * 32,
        span_id="b" * 16,
        parent_span_id=None,
        name="plan",
        start_ms=1,
        end_ms=None,
        attributes={},
    )
    told = otlp(root)
    assert "endTimeUnixNano" not in told
    assert "parentSpanId" not in told
    assert told["status"] == {}
