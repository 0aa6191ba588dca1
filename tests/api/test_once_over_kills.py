"""A request with a key is carried out once though its server is killed in between."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import httpx2
import pytest
from tests.api.test_serve import ENVIRONMENT, serving, tizmor

ASKED = {"query": "what is on my calendar tomorrow?"}
KEY = {"Idempotency-Key": "over-a-kill"}

# Where the server dies: the instant is not left to chance.
_DIE = """
import os, signal, sys
from tizmor.cli.main import main
from tizmor.engine.orchestrator.starting import Starting
from tizmor.storage.shared.answers import SharedAnswers

def dying(wrapped):
    async def die(*given, **more):
        if sys.argv[1].endswith("after"):
            await wrapped(*given, **more)
        os.kill(os.getpid(), signal.SIGKILL)
    return die

owner, name = {
    "start": (Starting, "_begin"),
    "claim": (SharedAnswers, "claim"),
    "keep": (SharedAnswers, "keep"),
}[sys.argv[1].split()[0]]
setattr(owner, name, dying(getattr(owner, name)))
sys.exit(main(sys.argv[2:]))
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    subprocess.run(
        tizmor("init", str(tmp_path / "w")), check=True, capture_output=True, env=ENVIRONMENT
    )
    return tmp_path / "w"


def ask(client: httpx2.Client) -> httpx2.Response:
    return client.post("/api/orchestrate", json=ASKED, headers=KEY)


def killed_at(where: str, workspace: Path) -> None:
    """A server that is killed there by the request."""
    command = [sys.executable, "-c", _DIE, where]
    command += ["serve", "--workspace", str(workspace), "--json", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT) as process:
        try:
            assert process.stdout is not None
            url = json.loads(process.stdout.readline())["url"]
            with pytest.raises(httpx2.TransportError):  # nothing is answered
                ask(httpx2.Client(base_url=url, timeout=60, trust_env=False))
            assert process.wait(timeout=60) == -signal.SIGKILL
        finally:
            process.kill()


def begun(workspace: Path) -> list[str]:
    with closing(sqlite3.connect(workspace / ".tizmor" / "tizmor.db")) as connection:
        return [row[0] for row in connection.execute("SELECT query FROM executions")]


@pytest.mark.parametrize(
    ("where", "before"),
    [
        ("claim after", 0),
        ("start before", 0),
        ("start after", 1),
        ("keep before", 1),
        ("keep after", 1),
    ],
)
def test_killed_anywhere_it_is_begun_once(workspace: Path, where: str, before: int) -> None:
    """Before it begins, when it has begun, when its answer is kept: a repeat finds what there
    is."""
    killed_at(where, workspace)
    assert len(begun(workspace)) == before
    with serving(workspace) as (_, client):
        answers = [ask(client), ask(client)]
        assert [answer.status_code for answer in answers] == [201, 201]
        assert answers[0].json() == answers[1].json()
        path = f"/api/orchestrate/stream/{answers[0].json()['executionId']}"
        with client.sse(path) as events:
            assert [event.event for event in events][-1] == "complete"
    assert begun(workspace) == [ASKED["query"]]
