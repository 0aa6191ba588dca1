"""The clients in `examples/` do what they say, on a real server; so does a page in a browser."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from tests.api.process import ENVIRONMENT, serving
from tests.e2e.product import ANCHOR, Tizmor

EXAMPLES = Path(__file__).parents[2] / "examples"
NODE = shutil.which("node")
BROWSER = shutil.which("chromium")
FOR_NODE = [NODE or "node", str(EXAMPLES / "http_client.mjs")]


@pytest.mark.parametrize(
    "command",
    [
        [sys.executable, str(EXAMPLES / "http_client.py")],
        pytest.param(
            FOR_NODE, marks=pytest.mark.skipif(NODE is None, reason="node isn't installed")
        ),
    ],
    ids=["python", "node"],
)
def test_a_client_has_the_anchor_request_done(tevuot: Tizmor, command: list[str]) -> None:
    with serving(tevuot.folder) as (_, client):
        ran = subprocess.run(
            [*command, ANCHOR],
            env={**ENVIRONMENT, "TIZMOR_SERVER": str(client.base_url).rstrip("/")},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    said = ran.stdout.splitlines()
    assert said[-1].startswith('complete {"'), ran
    assert any(line.startswith("approving: ") for line in said)
    assert len(tevuot.made_events()) == 1


@pytest.mark.skipif(NODE is None or BROWSER is None, reason="node or chromium isn't installed")
def test_a_page_has_the_anchor_request_done_by_an_event_source(
    tevuot: Tizmor, tmp_path: Path
) -> None:
    with serving(tevuot.folder) as (_, client):
        url = str(client.base_url).rstrip("/")
        page = subprocess.Popen(
            [NODE or "", str(EXAMPLES / "page.mjs"), "0"],
            env={**ENVIRONMENT, "TIZMOR_SERVER": url},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert page.stdout is not None
            at = page.stdout.readline().strip()
            shown = browsed(f"{at}/?query={quote(ANCHOR)}#approve", tmp_path)
        finally:
            page.kill()
            page.wait()
        (execution,) = client.get("/api/executions").json()["items"]
    assert execution["status"] == "COMPLETED"
    assert '<pre id="result" dir="auto">complete {' in shown
    assert len(tevuot.made_events()) == 1


def browsed(address: str, folder: Path) -> str:
    """What a browser shows of a page once it has nothing to wait for."""
    command = [
        BROWSER or "",
        *("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"),
        *("--no-proxy-server", f"--user-data-dir={folder / 'profile'}"),
        *("--virtual-time-budget=60000", "--dump-dom", address),
    ]
    ran = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=120, env=dict(os.environ)
    )
    return ran.stdout


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl isn't installed")
def test_the_lines_of_the_specification_work_as_they_are_written(tevuot: Tizmor) -> None:
    """Every route of its table but webhooks, by curl, on one execution from beginning to end."""
    with serving(tevuot.folder) as (_, client):
        curl = Curl(client)
        started = curl(
            "POST", "/api/orchestrate", f'{{"query": "{ANCHOR}", "userId": "demo-user"}}'
        )
        execution = started["executionId"]
        path = f"/api/orchestrate/{execution}"
        curl.stream(f"/api/orchestrate/stream/{execution}", until="event: approval")
        status = curl("GET", "/api/orchestrate/status")
        assert (status["status"], status["system"]["activeExecutions"]) == ("ok", 1)
        assert set(status["system"]) == {"initialized", "activeExecutions", "tools", "agents"}
        assert curl("GET", path)["status"] in ("RUNNING", "WAITING")
        assert curl("POST", f"{path}/pause")["status"] == "PAUSED"
        assert curl("POST", f"{path}/resume")["status"] in ("RUNNING", "WAITING")
        (gate,) = curl("GET", f"{path}/approvals")["items"]
        curl("POST", f"{path}/approvals/{gate['id']}/approve")
        told = curl.stream(f"/api/orchestrate/stream/{execution}", until="event: complete")
        assert "event: progress" in told
        assert curl("GET", path)["result"]["meeting"]["attendees"]
        assert curl("GET", f"{path}/metrics")["stepsByState"]["succeeded"] == 5
        assert curl("GET", f"{path}/logs")["items"]
        other = curl("POST", "/api/orchestrate", f'{{"query": "{ANCHOR}"}}')["executionId"]
        curl.stream(f"/api/orchestrate/stream/{other}", until="event: approval")
        other = f"/api/orchestrate/{other}"
        (gate,) = curl("GET", f"{other}/approvals")["items"]
        curl("POST", f"{other}/approvals/{gate['id']}/reject")
        third = curl("POST", "/api/orchestrate", f'{{"query": "{ANCHOR}"}}')["executionId"]
        cancelled = curl("POST", f"/api/orchestrate/{third}/cancel")
        assert cancelled["outcome"].startswith("cancelled")
    assert len(tevuot.made_events()) == 1


class Curl:
    """curl, asking a server."""

    def __init__(self, client: httpx2.Client) -> None:
        self._url = str(client.base_url).rstrip("/")

    def __call__(self, method: str, path: str, body: str | None = None) -> Any:
        words = [
            "curl",
            "-sS",
            "--fail-with-body",
            "--noproxy",
            "*",
            "-X",
            method,
            self._url + path,
        ]
        if body is not None:
            words += ["-H", "Content-Type: application/json", "-d", body]
        ran = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
        assert ran.returncode == 0, ran
        return json.loads(ran.stdout)

    def stream(self, path: str, *, until: str) -> str:
        """What a stream says, to the line that is waited for."""
        words = ["curl", "-sSN", "--noproxy", "*", self._url + path]
        told = ""
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for line in process.stdout:
                told += line
                if line.strip() == until:
                    break
            process.kill()
        assert told.endswith(f"{until}\n"), told
        return told
