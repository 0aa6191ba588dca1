"""What is said over HTTP about a step that failed and asks."""

from __future__ import annotations

import pytest
from tests.api.scene import Api


async def failed(api: Api) -> tuple[str, str]:
    """An execution whose step has failed and asks, and the path of that step."""
    execution = await api.started("fail")
    return execution, f"/api/orchestrate/{execution}/steps/fail"


async def test_a_step_is_shown_as_it_stands(api: Api) -> None:
    _, path = await failed(api)
    step = (await api.get(path)).json()
    assert (step["id"], step["state"], step["agent"]) == ("fail", "waiting", "Fail")
    assert "the weather is out" in step["error"]
    missing = await api.get(path.replace("steps/fail", "steps/nothing"))
    assert (missing.status_code, missing.json()["type"]) == (404, "/problems/not-found")


async def test_retry_tries_it_again_as_it_was(api: Api) -> None:
    execution, path = await failed(api)
    again = await api.post(f"{path}/retry")
    assert (again.status_code, again.json()["executionId"]) == (200, execution)
    assert (await api.tizmor.result(execution)).status == "WAITING", "it fails as before"
    api.scene.is_well = True
    assert (await api.post(f"{path}/retry")).status_code == 200
    assert (await api.tizmor.result(execution)).status == "COMPLETED"


async def test_edit_tries_it_again_with_other_arguments(api: Api) -> None:
    execution, path = await failed(api)
    wrong = await api.post(f"{path}/edit", {"arguments": {"text": 5}})
    assert (wrong.status_code, wrong.json()["type"]) == (422, "/problems/invalid-edit")
    assert (await api.post(f"{path}/edit", {"arguments": {"text": "well"}})).status_code == 200
    steps = {step.id: step for step in (await api.tizmor.result(execution)).steps}
    assert steps["fail"].output == {"text": "well"}


@pytest.mark.parametrize(
    ("choice", "status", "state"),
    [("skip", "COMPLETED", "skipped"), ("stop", "FAILED", "failed")],
)
async def test_skip_goes_on_without_it_and_stop_lets_it_fail(
    api: Api, choice: str, status: str, state: str
) -> None:
    execution, path = await failed(api)
    for _ in range(2):  # the same again is no mistake
        response = await api.post(f"{path}/{choice}")
        assert response.status_code == 200, response.text
        done = await api.tizmor.result(execution)
    assert done.status == status
    assert (await api.get(path)).json()["state"] == state


async def test_where_nothing_can_be_taken_back_that_is_said(api: Api) -> None:
    execution, path = await failed(api)
    refused = await api.post(f"{path}/roll-back")
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/user-error")
    assert "roll_back" in refused.json()["detail"]
    assert (await api.tizmor.get(execution)).status == "WAITING"


async def test_what_was_done_is_taken_back(api: Api) -> None:
    execution = await api.started("undo")
    assert api.scene.booked == ["book"]
    response = await api.post(f"/api/orchestrate/{execution}/steps/fail/roll-back")
    assert response.status_code == 200, response.text
    done = await api.tizmor.result(execution)
    assert {step.id: step.state for step in done.steps}["book"] == "compensated"
    assert api.scene.booked == []


async def test_a_step_about_which_nobody_is_asked_is_left_alone(api: Api) -> None:
    execution, _ = await failed(api)
    refused = await api.post(f"/api/orchestrate/{execution}/steps/note/retry")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/order-refused")
    assert "succeeded" in refused.json()["detail"]
    missing = await api.post(f"/api/orchestrate/{execution}/steps/nothing/skip")
    assert (missing.status_code, missing.json()["type"]) == (404, "/problems/unknown-execution")


async def test_a_question_of_an_agents_own_isnt_taken_for_one_about_a_failure(api: Api) -> None:
    execution = await api.started("ask")
    refused = await api.post(f"/api/orchestrate/{execution}/steps/ask/retry")
    assert refused.status_code == 409
