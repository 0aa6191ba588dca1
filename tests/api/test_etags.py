"""What a client knows isn't sent again, and what has changed isn't decided unseen."""

from __future__ import annotations

import pytest
from tests.api.scene import Api

from tizmor.api.etags import names


async def test_what_is_known_is_not_sent_again(api: Api) -> None:
    execution = await api.started("note")
    for path in (f"/api/orchestrate/{execution}", "/api/executions", "/api/orchestrate/status"):
        first = await api.get(path)
        tag = first.headers["etag"]
        same = await api.get(path, headers={"If-None-Match": tag})
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
        other = await api.get(path, headers={"If-None-Match": '"another"'})
        assert (other.status_code, other.json()) == (200, first.json())


async def test_what_has_changed_is_sent(api: Api) -> None:
    before = await api.get("/api/executions")
    await api.started("note")
    after = await api.get("/api/executions", headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert after.headers["etag"] != before.headers["etag"]


async def test_problems_and_streams_have_no_tag(api: Api) -> None:
    execution = await api.started("note")
    for path in ("/nothing", f"/api/orchestrate/stream/{execution}"):
        answer = await api.get(path, headers={"If-None-Match": "*"})
        assert "etag" not in answer.headers
        assert answer.status_code != 304


@pytest.mark.parametrize(
    ("header", "named"),
    [
        ('"a"', True),
        ('W/"a"', True),
        ('"b", "a"', True),
        ("*", True),
        ('"b"', False),
        ("a", False),
        ("", False),
    ],
)
def test_a_tag_is_named_weak_or_strong_among_others_or_by_a_star(header: str, named: bool) -> None:
    """RFC 9110, section 8.8.3.2."""
    assert names(header, '"a"') is named


async def test_what_another_changed_is_not_approved_unseen(api: Api) -> None:
    execution = await api.started("send")
    path = f"/api/orchestrate/{execution}/approvals/a1"
    seen = await api.get(path)
    tag = seen.headers["etag"]
    assert tag == f'"{seen.json()["key"]}"'
    for verb in ("approve", "reject"):
        refused = await api.post(f"{path}/{verb}", headers={"If-Match": '"another"'})
        assert (refused.status_code, refused.json()["type"]) == (412, "/problems/changed-since")
    assert api.scene.sent == []
    approved = await api.post(f"{path}/approve", headers={"If-Match": tag})
    assert approved.json()["outcome"] == "a1 approved"


async def test_an_approval_that_is_decided_or_unknown_is_not_there(api: Api) -> None:
    execution = await api.started("send")
    path = f"/api/orchestrate/{execution}/approvals"
    assert (await api.get(f"{path}/a2")).status_code == 404
    await api.post(f"{path}/a1/reject")
    assert (await api.get(f"{path}/a1")).status_code == 404
    again = await api.post(f"{path}/a1/reject", headers={"If-Match": '"any"'})
    assert again.status_code == 412
