"""A page of another origin, in a real browser, can't have a real `tizmor serve` do anything, nor
read what it says; a page of the server's own can."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from tests.api.browser import CHROMIUM, Proxy, browsing, proxied, report
from tests.api.test_serve import ENVIRONMENT, serving, tizmor

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")

ATTACK = """<!doctype html><meta charset=utf-8><iframe name=hidden></iframe><script>
const victim = VICTIM, asked = JSON.stringify({query: "what is on my calendar tomorrow?"});
const json = {"Content-Type": "application/json"}, said = {};
async function attempt(name, what) {
  try { said[name] = await what(); } catch (error) { said[name] = "refused"; }
}
const read = async (path, more) => {
  const answer = await fetch(victim + path, {credentials: "include", ...more});
  return answer.type === "opaque" ? "unseen" : answer.ok ? "read" : "refused";
};
const loaded = (element, more) => new Promise(done => {
  element.onload = () => done("loaded");
  element.onerror = () => done("refused");
  Object.assign(element, more);
  document.body.append(element);
});
const posted = enctype => new Promise(done => {
  const form = Object.assign(document.createElement("form"), {
    method: "post", action: victim + "/api/orchestrate", enctype, target: "hidden"});
  const field = document.createElement("input");
  field.name = asked.slice(0, -1) + ', "userId": "'; field.value = '"}';
  form.append(field);
  document.body.append(form);
  document.querySelector("iframe").onload = () => done("sent");
  form.submit();
});
const listened = path => new Promise(done => {
  const events = new EventSource(victim + path, {withCredentials: true});
  events.onopen = () => { events.close(); done("read"); };
  events.onerror = () => { events.close(); done("refused"); };
});
addEventListener("load", async () => {
  await attempt("get", () => read("/api/executions"));
  await attempt("get unseen", () => read("/api/executions", {mode: "no-cors"}));
  await attempt("post", () => read("/api/orchestrate",
    {method: "POST", body: asked, headers: json}));
  await attempt("post text", () => read("/api/orchestrate", {method: "POST", body: asked}));
  await attempt("post unseen", () => read("/api/orchestrate",
    {method: "POST", body: asked, headers: json, mode: "no-cors"}));
  await attempt("beacon", () => navigator.sendBeacon(victim + "/api/orchestrate",
    new Blob([asked], {type: "text/plain"})) ? "sent" : "refused");
  await attempt("form", () => posted("text/plain"));
  await attempt("plain form", () => posted("application/x-www-form-urlencoded"));
  await attempt("script", () => loaded(document.createElement("script"),
    {src: victim + "/api/executions"}));
  await attempt("image", () => loaded(new Image(), {src: victim + "/api/executions"}));
  await attempt("events", () => listened("/api/events"));
  await fetch("/report", {method: "POST", body: JSON.stringify(said)});
});
</script>"""

OWN = """<!doctype html><meta charset=utf-8><script>
addEventListener("load", async () => {
  const said = {};
  try {
    const shown = TOKEN ? {Authorization: "Bearer " + TOKEN} : null;
    if (shown) said.session = (await fetch("/api/session", {method: "PUT", headers: shown})).status;
    said.cookie = document.cookie;
    const answer = await fetch("/api/orchestrate", {
      method: "POST", headers: {"Content-Type": "application/json"},
      body: JSON.stringify({query: "what is on my calendar tomorrow?"})});
    said.started = answer.status;
    const {executionId} = await answer.json();
    said.end = await new Promise(done => {
      const events = new EventSource("/api/orchestrate/stream/" + executionId);
      for (const kind of ["complete", "failed"]) events.addEventListener(kind, () => done(kind));
    });
  } catch (error) { said.error = String(error); }
  await fetch("/report", {method: "POST", body: JSON.stringify(said)});
  if (NEXT) location.href = NEXT;
});
</script>"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    made = tizmor("init", str(tmp_path / "w"))
    subprocess.run(made, check=True, capture_output=True, env=ENVIRONMENT)
    return tmp_path / "w"


@pytest.fixture
def token(workspace: Path) -> str:
    made = tizmor("token", "create", "--scope", "run", "--workspace", str(workspace), "--json")
    told = subprocess.run(made, check=True, capture_output=True, env=ENVIRONMENT)
    return str(json.loads(told.stdout)["token"])


@pytest.fixture
def server(workspace: Path) -> Iterator[httpx2.Client]:
    with serving(workspace) as (_, client):
        yield client


def attack(victim: str) -> str:
    return ATTACK.replace("VICTIM", json.dumps(victim))


def own(token: str = "", then: str = "") -> str:
    return OWN.replace("TOKEN", json.dumps(token)).replace("NEXT", json.dumps(then))


def nothing_was_done(proxy: Proxy, said: dict[str, str]) -> None:
    """No answer was read, no request was taken; and it was the server that refused."""
    assert set(said.values()) <= {"refused", "unseen", "sent", "loaded"}
    assert "read" not in said.values()
    assert (said["get"], said["post"], said["events"]) == ("refused",) * 3
    assert (said["script"], said["image"]) == ("refused", "refused")
    assert {seen.status for seen in proxy.seen} == {403}
    assert len(proxy.seen) >= 8


@pytest.mark.parametrize(
    "page", ["http://evil.example", "http://localhost:8080", "http://127.0.0.2"]
)
@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
async def test_a_page_of_another_origin_does_nothing(
    server: httpx2.Client, tmp_path: Path, page: str, name: str
) -> None:
    """By fetch, form, beacon, script, image or EventSource; also of another port of this machine,
    which browsers take for the same site."""
    port = server.base_url.port or 0
    async with proxied(port) as (proxy, proxy_port):
        proxy.pages["/attack"] = attack(f"http://{name}:{port}")
        async with browsing(f"{page}/attack", proxy_port, tmp_path / "profile"):
            nothing_was_done(proxy, await report(proxy))
    assert server.get("/api/executions").json()["items"] == []


async def test_a_name_that_comes_to_lead_here_does_nothing(
    server: httpx2.Client, tmp_path: Path
) -> None:
    """DNS rebinding: for the browser the server is of the page's own origin."""
    port = server.base_url.port or 0
    async with proxied(port) as (proxy, proxy_port):
        origin = f"http://evil.example:{port}"
        proxy.pages["/attack"] = attack(origin)
        async with browsing(f"{origin}/attack", proxy_port, tmp_path / "profile"):
            said = await report(proxy)
    assert "read" not in said.values()
    assert {seen.status for seen in proxy.seen} == {403}
    assert len(proxy.seen) >= 8
    assert server.get("/api/executions").json()["items"] == []


async def test_the_servers_own_page_can_ask(server: httpx2.Client, tmp_path: Path) -> None:
    port = server.base_url.port or 0
    async with proxied(port) as (proxy, proxy_port):
        proxy.pages["/own"] = own()
        async with browsing(f"http://localhost:{port}/own", proxy_port, tmp_path / "profile"):
            said = await report(proxy)
    assert said == {"cookie": "", "started": 201, "end": "complete"}
    assert len(server.get("/api/executions").json()["items"]) == 1


async def test_a_cookie_is_of_use_to_the_servers_own_page_alone(
    workspace: Path, token: str, tmp_path: Path
) -> None:
    """No script reads it; a page of another port of the same name, with which browsers send it,
    does nothing."""
    with serving(workspace, "--require-token") as (_, server):
        port = server.base_url.port or 0
        async with proxied(port) as (proxy, proxy_port):
            proxy.pages["/own"] = own(token, "http://localhost:8080/attack")
            proxy.pages["/attack"] = attack(f"http://localhost:{port}")
            async with browsing(f"http://localhost:{port}/own", proxy_port, tmp_path / "profile"):
                said = await report(proxy)
                assert said == {"session": 200, "cookie": "", "started": 201, "end": "complete"}
                proxy.seen.clear()
                nothing_was_done(proxy, await report(proxy))
        shown = {"Authorization": f"Bearer {token}"}
        assert len(server.get("/api/executions", headers=shown).json()["items"]) == 1
