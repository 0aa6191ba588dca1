"""What belongs to one execution: what its steps told each other, large values, dry runs."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from tests.api.scene import Api


async def paged(api: Api, path: str, limit: int) -> list[Any]:
    """All items of a list, by pages of at most so many."""
    items: list[Any] = []
    sign = "&" if "?" in path else "?"
    page = (await api.get(f"{path}{sign}limit={limit}")).json()
    while True:
        assert len(page["items"]) <= limit
        items += page["items"]
        if page["nextCursor"] is None:
            return items
        parameters = {"limit": str(limit), "cursor": page["nextCursor"]}
        page = (await api.get(path, params=parameters)).json()
        assert page["nextCursor"] != parameters["cursor"], "it goes on"


async def test_what_steps_shared_is_told_with_who_and_when(api: Api) -> None:
    execution = await api.started("talk")
    path = f"/api/orchestrate/{execution}/context"
    newest = (await api.get(path)).json()["items"]
    assert [(made["key"], made["version"], made["value"]) for made in newest] == [
        ("count", 1, 3),
        ("topic", 3, {"number": 2}),
    ]
    assert {made["step"] for made in newest} == {"talk"}
    assert all(made["at"] for made in newest)
    one = (await api.get(f"{path}?key=topic&versions=true")).json()["items"]
    assert [made["version"] for made in one] == [1, 2, 3]
    whole = (await api.get(f"{path}?versions=true")).json()["items"]
    assert len(whole) == 4
    shown = []
    page = (await api.get(f"{path}?versions=true&limit=1")).json()
    while True:
        shown += page["items"]
        if page["nextCursor"] is None:
            break
        more = {"versions": "true", "limit": "1", "cursor": page["nextCursor"]}
        page = (await api.get(path, params=more)).json()
    assert shown == whole


async def test_messages_are_told_in_their_order(api: Api) -> None:
    execution = await api.started("talk")
    path = f"/api/orchestrate/{execution}/messages"
    sent = (await api.get(path)).json()["items"]
    assert [message["payload"] for message in sent] == [{"number": n} for n in range(3)]
    assert {(message["kind"], message["sender"]) for message in sent} == {("BROADCAST", "talk")}
    assert await paged(api, path, 1) == sent


async def test_a_large_value_is_had_by_its_hash_to_be_saved(api: Api) -> None:
    """Byte for byte; as no page that a browser would show."""
    execution = await api.started("large")
    path = f"/api/orchestrate/{execution}/blobs"
    (large,) = [b for b in await paged(api, path, 1) if b["bytes"] > 50_000]
    response = await api.get(large["href"])
    assert len(response.content) == large["bytes"]
    assert hashlib.sha256(response.content).hexdigest() == large["hash"]
    assert json.loads(response.content) == "large" * 20_000
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-content-type-options"] == "nosniff"
    saved = f'attachment; filename="{large["hash"]}.json"'
    assert response.headers["content-disposition"] == saved


async def test_anothers_large_value_or_none_is_404(api: Api) -> None:
    execution, other = await api.started("large"), await api.started("note")
    (large, *_) = (await api.get(f"/api/orchestrate/{execution}/blobs")).json()["items"]
    wrong = [large["hash"].upper(), "0" * 64, "..%2f..%2fetc", "x"]
    for path in (
        f"/api/orchestrate/{other}/blobs/{large['hash']}",
        *(f"/api/orchestrate/{execution}/blobs/{name}" for name in wrong),
    ):
        assert (await api.get(path)).status_code == 404, path


async def test_a_dry_run_changes_nothing_and_lists_what_it_would_do(api: Api) -> None:
    """Carried out, it does exactly that, once."""
    response = await api.post("/api/orchestrate", {"query": "send", "dryRun": True})
    assert response.status_code == 201
    execution = response.json()["executionId"]
    await api.tizmor.result(execution)
    path = f"/api/orchestrate/{execution}"
    page = (await api.get(f"{path}/dry-run")).json()
    assert (page["status"], [call["agent"] for call in page["items"]]) == ("COMPLETED", ["Send"])
    assert page["items"][0]["arguments"] == {"text": "send"}
    assert api.scene.sent == []
    carried = await api.post(f"{path}/carry-out")
    assert carried.status_code == 201
    new = carried.json()["executionId"]
    done = await api.tizmor.result(new)
    assert (done.status, done.carries_out, api.scene.sent) == ("COMPLETED", execution, ["send"])
    again = await api.post(f"{path}/carry-out")
    assert (again.status_code, again.json()["type"]) == (422, "/problems/user-error")
    assert api.scene.sent == ["send"]


async def test_what_is_no_dry_run_has_no_list_and_isnt_carried_out(api: Api) -> None:
    execution = await api.started("send")
    listed = await api.get(f"/api/orchestrate/{execution}/dry-run")
    assert (listed.status_code, listed.json()["type"]) == (409, "/problems/order-refused")
    assert (await api.post(f"/api/orchestrate/{execution}/carry-out")).status_code == 422
    assert api.scene.sent == []


async def test_a_dry_run_may_take_what_another_execution_read(api: Api) -> None:
    execution = await api.started("send")
    body = {"dryRun": True, "recording": execution}
    response = await api.post("/api/orchestrate", body)
    assert response.status_code == 201, response.text
    begun = await api.tizmor.result(response.json()["executionId"])
    page = (await api.get(f"/api/orchestrate/{begun.id}/dry-run")).json()
    assert (page["recording"], len(page["items"])) == (execution, 1)


async def test_the_journal_folded_anew_leads_to_what_is_shown(api: Api) -> None:
    execution = await api.started("send")
    replay = (await api.get(f"/api/orchestrate/{execution}/replay")).json()
    assert (replay["status"], replay["differences"]) == ("WAITING", [])
    assert replay["events"] > 0
