"""No web page from elsewhere can ask the server for anything."""

from __future__ import annotations

import pytest
from tests.api.scene import Api

from tizmor.api.guard import HEADERS

FOREIGN_HOSTS = ["evil.example", "evil.example:3000", "localhost.evil.example", "127.0.0.1.nip.io"]
FOREIGN_HOSTS += [
    "localhost@evil.example",
    "evil.example@localhost",
    "",
    "localhost:3000:1",
    "0.0.0.0",
]


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
async def test_a_foreign_host_is_refused(api: Api, host: str) -> None:
    """A name of theirs that leads here (DNS rebinding) makes their page one of ours."""
    for response in (
        await api.get("/api/executions", headers={"Host": host}),
        await api.post("/api/orchestrate", {"query": "note"}, headers={"Host": host}),
    ):
        assert response.status_code in (400, 403)
    assert await api.tizmor.list() == []


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:3000", "127.0.0.1:80", "[::1]:3000"])
async def test_any_name_of_this_machine_will_do(api: Api, host: str) -> None:
    """A tunnel from elsewhere has another port."""
    assert (await api.get("/healthz", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "http://localhost:1", "https://127.0.0.1", "file://", ""],
)
async def test_a_page_of_another_origin_is_refused(api: Api, origin: str) -> None:
    """Another port of this machine is another origin, too."""
    refused = await api.post("/api/orchestrate", {"query": "note"}, headers={"Origin": origin})
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/foreign-origin")
    assert "access-control-allow-origin" not in refused.headers
    assert await api.tizmor.list() == []


async def test_the_servers_own_page_may_ask(api: Api) -> None:
    own = {"Origin": str(api.client.base_url).rstrip("/"), "Sec-Fetch-Site": "same-origin"}
    response = await api.post("/api/orchestrate", {"query": "note"}, headers=own)
    assert response.status_code == 201


async def test_a_browser_that_asks_first_is_told_no(api: Api) -> None:
    """CORS is closed: a preflight is answered with nothing that allows anything."""
    asked = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    response = await api.client.options("/api/orchestrate", headers=asked)
    assert response.status_code == 403
    assert [name for name in response.headers if name.startswith("access-control")] == []


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_what_another_site_embeds_is_refused_and_a_link_is_not(api: Api, site: str) -> None:
    embedded = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors"}
    assert (await api.get("/api/executions", headers=embedded)).status_code == 403
    link = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate"}
    assert (await api.get("/api/executions", headers=link)).status_code == 200
    form = await api.post("/api/orchestrate", {"query": "note"}, headers=link)
    assert form.status_code == 403
    assert await api.tizmor.list() == []


async def test_every_answer_says_how_it_may_be_used(api: Api) -> None:
    execution = await api.started("note")
    paths = ["/healthz", "/nothing", "/openapi.json", f"/api/orchestrate/stream/{execution}"]
    answers = [await api.get(path) for path in paths]
    answers.append(await api.get("/healthz", headers={"Host": "evil.example"}))
    for answer in answers:
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
        assert "server" not in answer.headers
