"""Approvals, questions, pause, resume and cancel over HTTP."""

from __future__ import annotations

import pytest
from tests.api.scene import Api


async def test_an_approval_is_listed_and_given_without_a_body(api: Api) -> None:
    """The body of approve may be empty; what was shown is done."""
    execution = await api.started("send")
    page = (await api.get(f"/api/orchestrate/{execution}/approvals")).json()
    (gate,) = page["items"]
    assert (page["nextCursor"], gate["kind"], gate["step"]) == (None, "approval", "send")
    assert gate["arguments"] == {"text": "send"}
    response = await api.post(f"/api/orchestrate/{execution}/approvals/{gate['id']}/approve")
    assert response.status_code == 200
    assert response.json()["outcome"] == f"{gate['id']} approved"
    assert (await api.tizmor.result(execution)).status == "COMPLETED"
    assert api.scene.sent == ["send"]
    after = (await api.get(f"/api/orchestrate/{execution}/approvals")).json()
    assert after["items"] == []


async def test_an_approval_may_change_arguments_and_say_why(api: Api) -> None:
    """What is done is what was approved; who decided and by what way stands in the audit log."""
    execution, path = await gate_of(api)
    body = {"arguments": {"text": "other"}, "comment": "shorter"}
    assert (await api.post(f"{path}/approve", body)).status_code == 200
    await api.tizmor.result(execution)
    assert api.scene.sent == ["other"]
    rows = [row.payload.decode() for row in await api.tizmor.audit()]
    assert any('"shorter"' in row and '"http"' in row for row in rows)


async def test_an_edit_that_does_not_fit_is_refused_and_nothing_is_done(api: Api) -> None:
    execution, path = await gate_of(api)
    response = await api.post(f"{path}/approve", {"arguments": {"text": 5}})
    assert response.status_code == 422
    assert response.json()["type"] == "/problems/invalid-edit"
    assert response.json()["errors"][0]["pointer"] == "#/arguments"
    assert (await api.tizmor.get(execution)).status == "WAITING"
    assert api.scene.sent == []


async def test_what_was_changed_since_it_was_seen_is_not_approved(api: Api) -> None:
    _, path = await gate_of(api)
    response = await api.post(f"{path}/approve", {"seen": "0000"})
    assert (response.status_code, response.json()["type"]) == (409, "/problems/order-refused")
    assert api.scene.sent == []


async def test_a_rejection_ends_it_without_the_call(api: Api) -> None:
    execution, path = await gate_of(api)
    response = await api.post(f"{path}/reject", {"comment": "not now"})
    assert response.status_code == 200
    assert (await api.tizmor.result(execution)).status == "REJECTED"
    assert api.scene.sent == []


async def test_the_same_decision_again_is_no_mistake_and_another_is_refused(api: Api) -> None:
    execution, path = await gate_of(api)
    for _ in range(2):
        assert (await api.post(f"{path}/approve")).status_code == 200
        await api.tizmor.result(execution)
    response = await api.post(f"{path}/reject")
    assert (response.status_code, response.json()["type"]) == (409, "/problems/order-refused")
    assert api.scene.sent == ["send"]


async def test_a_question_is_listed_and_answered(api: Api) -> None:
    execution = await api.started("ask")
    (question,) = (await api.get(f"/api/orchestrate/{execution}/questions")).json()["items"]
    assert [choice["value"] for choice in question["choices"]] == ["red", "blue"]
    path = f"/api/orchestrate/{execution}/questions/{question['id']}/answer"
    wrong = await api.post(path, {"choice": "green"})
    assert (wrong.status_code, wrong.json()["type"]) == (422, "/problems/user-error")
    assert (await api.post(path, {"choice": "blue"})).status_code == 200
    (step,) = (await api.tizmor.result(execution)).steps
    assert step.output == {"text": "blue"}


async def test_pause_lets_nothing_start_and_resume_goes_on(api: Api) -> None:
    execution = await api.started("send")
    paused = await api.post(f"/api/orchestrate/{execution}/pause")
    assert (paused.status_code, paused.json()["status"]) == (200, "PAUSED")
    resumed = await api.post(f"/api/orchestrate/{execution}/resume")
    assert (resumed.status_code, resumed.json()["status"]) == (200, "WAITING")


async def test_what_has_ended_is_left_as_it_is_by_resume(api: Api) -> None:
    execution = await api.started("note")
    resumed = (await api.post(f"/api/orchestrate/{execution}/resume")).json()
    assert (resumed["outcome"], resumed["status"]) == ("has ended", "COMPLETED")


@pytest.mark.parametrize("body", [None, {}, {"rollBack": True}])
async def test_cancel_stops_for_good(api: Api, body: dict[str, bool] | None) -> None:
    execution = await api.started("send")
    cancelled = await api.post(f"/api/orchestrate/{execution}/cancel", body)
    assert cancelled.status_code == 200
    assert (await api.tizmor.result(execution)).status == "CANCELLED"
    refused = await api.post(f"/api/orchestrate/{execution}/pause")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/order-refused")


async def gate_of(api: Api) -> tuple[str, str]:
    """An execution that waits at a gate, and the path of that."""
    execution = await api.started("send")
    (gate,) = (await api.tizmor.get(execution)).waiting_for
    return execution, f"/api/orchestrate/{execution}/approvals/{gate.id}"
