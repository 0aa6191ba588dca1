"""What waits for humans over all executions, and who has decided what."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.api.scene import Api, served
from tests.api.test_parts import paged

from tizmor.drivers.embedded.seat import account

POLICY = """
@id("two of us")
@quorum("2") @approvers("{me}, yoav, noa") @expires("24h")
forbid (principal, action == Action::"callWithoutAsking", resource == Agent::"Send");
"""


async def test_approvals_of_all_executions_are_in_one_list(api: Api) -> None:
    """The oldest execution first; what is decided leaves it."""
    executions = [await api.started("send") for _ in range(3)]
    await api.started("ask")
    waiting = await paged(api, "/api/approvals", 2)
    assert [(p["executionId"], p["waiting"]["kind"]) for p in waiting] == [
        (execution, "approval") for execution in executions
    ]
    assert {p["query"] for p in waiting} == {"send"}
    assert {p["user"] for p in waiting} == {"dana"}
    gate = waiting[0]["waiting"]
    await api.post(f"/api/orchestrate/{executions[0]}/approvals/{gate['id']}/approve")
    await api.tizmor.result(executions[0])
    left = await paged(api, "/api/approvals", 1)
    assert [p["executionId"] for p in left] == executions[1:]


async def test_a_page_goes_on_behind_what_was_decided_since(api: Api) -> None:
    executions = [await api.started("send") for _ in range(3)]
    page = (await api.get("/api/approvals?limit=2")).json()
    await api.tizmor.reject(executions[0])
    rest = (await api.get("/api/approvals", params={"cursor": page["nextCursor"]})).json()
    assert [p["executionId"] for p in rest["items"]] == executions[2:]
    assert rest["nextCursor"] is None


async def test_questions_have_a_list_of_their_own(api: Api) -> None:
    execution = await api.started("ask")
    await api.started("send")
    (question,) = (await api.get("/api/questions")).json()["items"]
    assert (question["executionId"], question["waiting"]["kind"]) == (execution, "question")


@pytest.mark.parametrize("cursor", ["x", "38fzfv76c1816", "38fzfv76c1816.x.a1", ".1.a", "..", ""])
async def test_what_is_no_cursor_is_refused(api: Api, cursor: str) -> None:
    response = await api.get("/api/approvals", params={"cursor": cursor})
    assert (response.status_code, response.json()["type"]) == (422, "/problems/user-error")


async def test_an_approval_is_looked_at_with_other_arguments_before_it_is_given(api: Api) -> None:
    execution = await api.started("send")
    path = f"/api/orchestrate/{execution}/approvals/a1/preview"
    shown = await api.post(path, {"arguments": {"text": "other"}})
    assert (shown.status_code, shown.json()["arguments"]) == (200, {"text": "other"})
    (gate,) = (await api.tizmor.get(execution)).waiting_for
    assert gate.arguments == {"text": "send"}


async def test_the_audit_log_tells_who_decided_what(api: Api) -> None:
    first, second = await api.started("send"), await api.started("send")
    await api.post(f"/api/orchestrate/{first}/approvals/a1/approve", {"comment": "well"})
    await api.post(f"/api/orchestrate/{second}/approvals/a1/reject")
    rows = await paged(api, "/api/audit", 1)
    told = [(row["executionId"], row["what"], row["about"], row["why"]) for row in rows]
    assert told == [(first, "approved", "a1", "well"), (second, "rejected", "a1", "")]
    assert [row["number"] for row in rows] == [1, 2]
    assert {row["seat"]["interface"] for row in rows} == {"http"}
    assert all(re.fullmatch("[0-9a-f]{64}", row["hash"]) for row in rows)
    one = (await api.get(f"/api/audit?executionId={second}")).json()
    assert [row["number"] for row in one["items"]] == [2]
    assert (await api.get("/api/audit?executionId=nothing")).json()["items"] == []


async def test_the_audit_log_is_held_against_its_hashes(api: Api, tmp_path: Path) -> None:
    empty = (await api.get("/api/audit/verify")).json()
    assert empty == {"sound": True, "rows": 0, "head": None, "problem": None}
    execution = await api.started("send")
    await api.tizmor.reject(execution)
    sound = (await api.get("/api/audit/verify")).json()
    assert (sound["sound"], sound["rows"]) == (True, 1)
    kept = (await api.get("/api/audit/verify", params={"head": sound["head"]})).json()
    assert kept["sound"]
    other = f"1:{'0' * 64}"
    made_up = (await api.get("/api/audit/verify", params={"head": other})).json()
    assert (made_up["sound"], made_up["problem"]) == (False, "row 1 is another")
    wrong = await api.get("/api/audit/verify?head=nonsense")
    assert (wrong.status_code, wrong.json()["type"]) == (422, "/problems/user-error")


async def test_who_must_agree_and_until_when_is_shown_and_handed_on(tmp_path: Path) -> None:
    """An approval that two must give is signed by one, and stays open for the other; it can be
    handed on by who may give it."""
    me = account()
    (tmp_path / "policy.cedar").write_text(POLICY.format(me=me))
    async with served(tmp_path) as api:
        execution, other = await api.started("send"), await api.started("send")
        (gate, _) = [p["waiting"] for p in (await api.get("/api/approvals")).json()["items"]]
        assert (gate["policies"], gate["missing"]) == (["two of us"], 2)
        assert set(gate["approvers"]) == {me, "yoav", "noa"}
        assert gate["expiresAt"]
        path = f"/api/orchestrate/{execution}/approvals/{gate['id']}"
        signed = await api.post(f"{path}/approve")
        assert "1 more must agree" in signed.json()["outcome"]
        (gate, _) = [p["waiting"] for p in (await api.get("/api/approvals")).json()["items"]]
        assert (gate["missing"], [s["by"] for s in gate["signatures"]]) == (1, [me])
        handed = await api.post(f"/api/orchestrate/{other}/approvals/a1/delegate", {"to": "rina"})
        assert handed.status_code == 200, handed.text
        (_, gate) = [p["waiting"] for p in (await api.get("/api/approvals")).json()["items"]]
        assert set(gate["approvers"]) == {"rina", "yoav", "noa"}
        refused = await api.post(f"/api/orchestrate/{other}/approvals/a1/approve")
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/order-refused")
        assert api.scene.sent == []
        rows = (await api.get("/api/audit")).json()["items"]
        assert [(row["what"], row["to"]) for row in rows] == [
            ("signed", []),
            ("delegated", ["rina"]),
        ]
