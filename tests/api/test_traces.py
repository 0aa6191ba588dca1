"""An execution's trace, as a page draws it and as a collector takes it."""

from __future__ import annotations

from typing import Any

from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.api.scene import Api

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
CALLER = f"00-{TRACE}-{SPAN}-01"


async def trace(api: Api, execution: str) -> dict[str, Any]:
    response = await api.get(f"/api/orchestrate/{execution}/trace")
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


async def test_a_trace_is_a_waterfall_of_spans_behind_what_they_are_a_part_of(api: Api) -> None:
    execution = await api.started("note")
    told = await trace(api, execution)
    assert [(s["depth"], s["part"]) for s in told["spans"]] == [
        (0, "request"),
        (1, "plan"),
        (1, "step"),
        (2, "attempt"),
    ]
    assert told["executionId"] == execution
    assert all(0 <= s["startMs"] <= told["durationMs"] for s in told["spans"])
    assert all(s["durationMs"] is not None for s in told["spans"])
    ids = {s["spanId"] for s in told["spans"]}
    assert [s["parentSpanId"] in ids for s in told["spans"]] == [False, True, True, True]


async def test_what_goes_on_has_no_length_yet(api: Api) -> None:
    told = await trace(api, await api.started("send"))
    going_on = {s["part"] for s in told["spans"] if s["durationMs"] is None}
    assert going_on == {"request", "step", "approval"}


async def test_it_is_given_as_a_collector_takes_it(api: Api) -> None:
    """By the protocol's own reader, which refuses what is malformed."""
    execution = await api.started("note")
    answer = await api.get(f"/api/orchestrate/{execution}/trace", params={"format": "otlp"})
    ((group,),) = ([g.scope_spans for g in _read(answer.json()).resource_spans],)
    names = [span.name for span in group[0].spans]
    assert names == ["invoke_workflow", "plan", "invoke_agent Note", "execute_tool Note"]


def _read(told: dict[str, Any]) -> ExportTraceServiceRequest:
    return ParseDict(told, ExportTraceServiceRequest())


async def test_another_form_is_refused(api: Api) -> None:
    execution = await api.started("note")
    answer = await api.get(f"/api/orchestrate/{execution}/trace", params={"format": "xml"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == "format"


async def test_an_unknown_execution_has_no_trace(api: Api) -> None:
    assert (await api.get("/api/orchestrate/0000000000000/trace")).status_code == 404


async def test_who_asks_hands_over_their_span_and_is_told_the_executions(api: Api) -> None:
    body = {"query": "note", "userId": "dana"}
    answer = await api.post("/api/orchestrate", body, headers={"traceparent": CALLER})
    execution = answer.json()["executionId"]
    await api.tizmor.result(execution)
    first = (await trace(api, execution))["spans"][0]
    assert first["parentSpanId"] == SPAN
    assert answer.headers["traceresponse"] == f"00-{TRACE}-{first['spanId']}-01"


async def test_a_span_that_is_none_is_passed_over(api: Api) -> None:
    body = {"query": "note", "userId": "dana"}
    answer = await api.post("/api/orchestrate", body, headers={"traceparent": "nonsense"})
    assert answer.status_code == 201
    told = await trace(api, answer.json()["executionId"])
    assert told["spans"][0]["parentSpanId"] is None
    assert answer.headers["traceresponse"].split("-")[1] == told["traceId"]
