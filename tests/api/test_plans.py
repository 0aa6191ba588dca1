"""Plans over HTTP: shown, given, dry run, and bounded as `tizmor run` bounds them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.api.scene import Api


async def test_a_plan_is_shown_with_its_forecast_and_nothing_is_created(api: Api) -> None:
    response = await api.post("/api/plan", {"query": "send"})
    assert response.status_code == 200, response.text
    plan = response.json()
    assert [(s["id"], s["agent"], s["critical"]) for s in plan["steps"]] == [
        ("note", "Note", False),
        ("send", "Send", True),
    ]
    assert plan["batches"] == [["note", "send"]]
    assert plan["forecast"]["approvals"] == 1
    assert await api.tizmor.list() == []


async def test_a_plan_that_was_shown_can_be_given_back_as_it_is(api: Api) -> None:
    plan = (await api.post("/api/plan", {"query": "send"})).json()
    plan["steps"][1]["arguments"] = {"text": "as planned"}
    response = await api.post("/api/orchestrate", {"plan": plan})
    assert response.status_code == 201, response.text
    execution = await api.tizmor.result(response.json()["executionId"])
    assert (execution.query, execution.status) == ("send", "WAITING")
    assert execution.waiting_for[0].arguments == {"text": "as planned"}


async def test_the_schema_of_a_plan_can_be_had(api: Api) -> None:
    schema = (await api.get("/api/plan/schema")).json()
    assert schema["title"] == "A plan for Tizmor"


@pytest.mark.parametrize(
    ("plan", "pointer"),
    [
        ({"steps": []}, "#/plan"),
        ({"goal": 5}, "#/plan/goal"),
        ({"goal": "x", "steps": [{"id": "A", "agent": "Note"}]}, "#/plan/steps/0/id"),
        ({"goal": "x", "steps": [{"id": "a", "agent": "Note", "more": 1}]}, "#/plan/steps/0/more"),
    ],
)
async def test_what_is_no_plan_is_refused_by_its_places(
    api: Api, plan: dict[str, Any], pointer: str
) -> None:
    response = await api.post("/api/orchestrate", {"plan": plan})
    assert (response.status_code, response.json()["type"]) == (422, "/problems/plan-refused")
    assert response.json()["errors"][0]["pointer"] == pointer
    assert await api.tizmor.list() == []


async def test_a_plan_that_cant_be_run_is_refused_with_all_its_problems(api: Api) -> None:
    steps = [{"id": "a", "agent": "Nobody"}, {"id": "b", "agent": "Note", "after": ["b"]}]
    response = await api.post("/api/orchestrate", {"plan": {"goal": "x", "steps": steps}})
    assert (response.status_code, response.json()["type"]) == (422, "/problems/plan-refused")
    assert len(response.json()["problems"]) >= 2


async def test_all_gates_may_be_approved_beforehand(api: Api) -> None:
    body = {"query": "send", "approveAll": True}
    response = await api.post("/api/orchestrate", body)
    done = await api.tizmor.result(response.json()["executionId"])
    assert (done.status, api.scene.sent) == ("COMPLETED", ["send"])


async def test_priority_deadline_and_budget_are_taken(api: Api) -> None:
    body = {
        "query": "send",
        "priority": 5,
        "deadlineS": 3600,
        "conflicts": "refuse",
        "budget": {"calls": 1, "usd": 0.5, "exhausted": ["ask", "stop"]},
    }
    response = await api.post("/api/orchestrate", body)
    assert response.status_code == 201, response.text
    execution = response.json()["executionId"]
    await api.tizmor.result(execution)
    path = f"/api/orchestrate/{execution}/budgets"
    budgets = {b["measure"]: b for b in (await api.get(path)).json()["items"]}
    assert (budgets["calls"]["limit"], budgets["usd"]["limit"]) == (1, 0.5)
    assert budgets["calls"]["spent"] == 1


async def test_what_a_deadline_leaves_no_time_for_fails(api: Api) -> None:
    response = await api.post("/api/orchestrate", {"query": "hold", "deadlineS": 0.05})
    done = await api.tizmor.result(response.json()["executionId"])
    assert done.status == "FAILED"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"priority": 1_000_001}, "#/priority"),
        ({"priority": 1.5}, "#/priority"),
        ({"deadlineS": 0}, "#/deadlineS"),
        ({"deadlineS": -1}, "#/deadlineS"),
        ({"deadlineS": 1e300}, "#/deadlineS"),
        ({"conflicts": "guess"}, "#/conflicts"),
        ({"budget": {"usd": -1}}, "#/budget/usd"),
        ({"budget": {"money": 1}}, "#/budget/money"),
        ({"budget": {"exhausted": ["pray"]}}, "#/budget/exhausted/0"),
        ({"dryRun": True, "approveAll": True}, "#/approveAll"),
        ({"recording": "38fzfv76c1816"}, "#/recording"),
    ],
)
async def test_a_bound_that_does_not_fit_is_named_by_its_place(
    api: Api, body: dict[str, Any], pointer: str
) -> None:
    response = await api.post("/api/orchestrate", {"query": "note", **body})
    assert (response.status_code, response.json()["type"]) == (422, "/problems/invalid")
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]
    assert await api.tizmor.list() == []


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "arguments",
    [
        b'{"text": "\\ud800"}',
        b'{"\\ud800": 1}',
        b'{"text": NaN}',
        b'{"text": -Infinity}',
        json.dumps({"text": nested(64)}).encode(),
        json.dumps({"text": nested(900)}).encode(),
    ],
)
@pytest.mark.parametrize("where", ["approvals/a1/approve", "approvals/a1/preview", "fork"])
async def test_what_cant_be_kept_is_refused_wherever_json_is_taken(
    api: Api, arguments: bytes, where: str
) -> None:
    """Half of a surrogate pair, numbers that are none, and what is too deep."""
    execution = await api.started("send")
    body = b'{"arguments": ' + arguments + b"}"
    if where == "fork":
        body = b'{"from": "note", "arguments": ' + arguments + b"}"
    response = await api.client.post(
        f"/api/orchestrate/{execution}/{where}",
        content=body,
        headers={"Content-Type": "application/json"},
    )
    assert response.status_code in (400, 422), response.text
    assert response.json()["type"] in ("/problems/invalid", "/problems/malformed")
    assert len(await api.tizmor.list()) == 1
    assert api.scene.sent == []


async def test_depth_that_is_allowed_is_kept(api: Api) -> None:
    """What is refused above is its depth, not what it holds."""
    execution = await api.started("send")
    path = f"/api/orchestrate/{execution}/approvals/a1/preview"
    refused = await api.post(path, {"arguments": {"text": nested(60)}})
    assert refused.json()["type"] == "/problems/invalid-edit", "a list is no text"
