"""The trace of the anchor request, as its user and a collector see it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.e2e.product import ANCHOR, Tizmor

ENGLISH = (
    "Read what we did in December at Tevuot, understand the strategy, and set a meeting with Yoav"
)
AGENTS = {"DriveSearch", "WeeklyStatus", "ContactSearch", "Calendar", "Editor"}
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def attributes(span: dict[str, Any]) -> dict[str, Any]:
    return {a["key"]: next(iter(a["value"].values())) for a in span["attributes"]}


@pytest.mark.parametrize(
    ("request_text", "approval", "planning"),
    [(ANCHOR, "מחכה לאישור", "תכנון"), (ENGLISH, "waits for approval", "planning")],
    ids=["hebrew", "english"],
)
def test_one_trace_from_the_request_over_the_approval_to_the_end(
    tevuot: Tizmor, request_text: str, approval: str, planning: str
) -> None:
    """Two processes worked on it, asked for by somebody whose span both go on from."""
    tevuot.environment["TRACEPARENT"] = f"00-{TRACE}-{SPAN}-01"
    ran = tevuot("run", request_text, "--json")
    assert ran.returncode == 3, ran.stderr
    (listed,) = tevuot.lines("list")
    execution = listed["executionId"]
    before = tevuot.lines("trace", execution)
    assert sum("endTimeUnixNano" not in span for span in before) == 3  # request, step, approval
    del tevuot.environment["TRACEPARENT"]
    assert tevuot("approve", execution).returncode == 0

    spans = tevuot.lines("trace", execution)
    assert {span["traceId"] for span in spans} == {TRACE}
    assert spans[0]["parentSpanId"] == SPAN
    assert all(int(span["endTimeUnixNano"]) >= int(span["startTimeUnixNano"]) for span in spans)
    assert {span["spanId"] for span in before} <= {span["spanId"] for span in spans}
    told = {span["name"] for span in spans}
    assert told == {"invoke_workflow", "plan", "wait for approval"} | {
        f"{operation} {agent}" for operation in ("invoke_agent", "execute_tool") for agent in AGENTS
    }
    (asked,) = [attributes(span) for span in spans if span["name"] == "wait for approval"]
    assert asked["tizmor.outcome"] == "approved"
    assert attributes(spans[0])["tizmor.status"] == "COMPLETED"

    shown = tevuot("trace", execution)
    assert shown.returncode == 0
    assert len(shown.stdout.splitlines()) == len(spans)
    assert f"┊ ┊ {approval}" in shown.stdout
    assert f"┊ {planning}" in shown.stdout


def test_an_unknown_execution_is_wrong_input(tevuot: Tizmor) -> None:
    assert tevuot("trace", "0000000000000").returncode == 2
    assert not (tevuot.folder / ".tizmor").exists()
