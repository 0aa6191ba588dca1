"""`tizmor serve` as a process: how it begins, how it ends, and that a kill loses nothing."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from pathlib import Path

import pytest
from tests.api.process import ENVIRONMENT, serving, tizmor

ANCHOR = "תקרא מה עשינו בדצמבר בתבואות, תבין את האסטרטגיה ותקבע פגישה עם יואב"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "tevuot"
    made = tizmor("init", str(folder), "--example", "tevuot")
    subprocess.run(made, check=True, capture_output=True, env=ENVIRONMENT)
    return folder


def test_the_anchor_request_runs_over_http_and_over_a_kill(workspace: Path) -> None:
    """Begun, streamed, killed at the gate, approved at another server: no event lost or repeated,
    one meeting."""
    with serving(workspace) as (process, client):
        started = client.post("/api/orchestrate", json={"query": ANCHOR, "userId": "demo-user"})
        execution = started.json()["executionId"]
        seen = []
        with client.sse(f"/api/orchestrate/stream/{execution}") as events:
            for event in events:
                seen += [event] if event.data else []
                if event.event == "approval":
                    break
        process.kill()
    with serving(workspace) as (process, client):
        path = f"/api/orchestrate/{execution}"
        (gate,) = client.get(f"{path}/approvals").json()["items"]
        assert client.post(f"{path}/approvals/{gate['id']}/approve").status_code == 200
        last = {"Last-Event-ID": seen[-1].id}
        with client.sse(f"/api/orchestrate/stream/{execution}", headers=last) as events:
            seen += [event for event in events if event.data]
        logs = client.get(f"{path}/logs?limit=1000").json()["items"]
    told = [json.loads(event.data) for event in seen]
    assert [e["id"] for e in told if "id" in e] == [e["id"] for e in logs if "id" in e]
    assert told[-1]["type"] == "complete"
    assert told[-1]["result"]["meeting"]["attendees"]
    assert len(list((workspace / "calendar").glob("*@tizmor.ics"))) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_told_to_end_it_ends_its_streams_and_itself(workspace: Path, number: int) -> None:
    """What runs is left for the next start; the exit code says that nothing went wrong."""
    with serving(workspace) as (process, client):
        started = client.post("/api/orchestrate", json={"query": ANCHOR})
        execution = started.json()["executionId"]
        with client.sse(f"/api/orchestrate/stream/{execution}") as events:
            for event in events:
                if event.event == "approval":
                    process.send_signal(number)
        assert process.wait(timeout=30) == 0
    with serving(workspace) as (_, client):
        left = client.get(f"/api/orchestrate/{execution}/approvals").json()
        assert len(left["items"]) == 1


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_what_another_process_left_is_taken_on(workspace: Path, when: str) -> None:
    """A `run` that waits for a human leaves; its stream is open here, and an approval over HTTP
    goes on with it."""
    execution = left_waiting(workspace) if when == "before" else ""
    with serving(workspace) as (_, client):
        execution = execution or left_waiting(workspace)
        path = f"/api/orchestrate/{execution}"
        seen = []
        with client.sse(f"/api/orchestrate/stream/{execution}") as events:
            for event in events:
                seen.append(event.event)
                if event.event == "approval" and seen.count("approval") == 1:
                    (gate,) = client.get(f"{path}/approvals").json()["items"]
                    client.post(f"{path}/approvals/{gate['id']}/approve")
    assert (seen.count("approval"), seen[-1]) == (2, "complete")


def test_what_a_killed_process_left_goes_on_by_itself(workspace: Path) -> None:
    """The server looks after what runs in the workspace: nobody has to tell it."""
    command = tizmor("run", ANCHOR, "--workspace", str(workspace), "--json")
    with serving(workspace) as (_, client):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT) as run:
            assert run.stdout is not None
            execution = json.loads(run.stdout.readline())["executionId"]
            run.kill()
        with client.sse(f"/api/orchestrate/stream/{execution}") as events:
            assert any(event.event == "approval" for event in events)


def left_waiting(workspace: Path) -> str:
    """An execution that waits for a human, and whose process has gone."""
    run = tizmor("run", ANCHOR, "--workspace", str(workspace), "--json")
    done = subprocess.run(run, capture_output=True, text=True, env=ENVIRONMENT, check=False)
    return str(json.loads(done.stdout.splitlines()[-1])["executionId"])


def refused(workspace: Path, *words: str) -> str:
    """What `serve` says when it doesn't begin, with exit code 2."""
    command = tizmor("serve", "--workspace", str(workspace), *words)
    done = subprocess.run(
        command, capture_output=True, text=True, env=ENVIRONMENT, check=False, timeout=60
    )
    assert done.returncode == 2, done
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_port_that_is_taken_is_named_with_another(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refused(tmp_path, "--port", str(port))
    assert f"port {port} is taken" in said
    assert f"--port {port + 1}" in said


@pytest.mark.parametrize("words", [("--host", "0.0.0.0"), ("--host", "::"), ("--require-token",)])
def test_where_a_token_is_wanted_and_there_is_none_it_says_how_to_make_one(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    assert "tizmor token create" in refused(tmp_path, "--port", "0", *words)


def test_an_address_of_another_machine_is_refused(tmp_path: Path) -> None:
    assert "can't be listened on" in refused(tmp_path, "--host", "192.0.2.1", "--port", "0")


def test_an_origin_that_is_none_is_refused(tmp_path: Path) -> None:
    for origin in ("tizmor.example", "https://tizmor.example/", "ftp://tizmor.example"):
        assert "is no origin" in refused(tmp_path, "--origin", origin)


def test_a_name_that_is_no_address_is_refused(tmp_path: Path) -> None:
    assert "is no address of this machine" in refused(tmp_path, "--host", "no such host")


def test_a_server_shows_its_log_on_standard_error(workspace: Path) -> None:
    words = ("serve", "--workspace", str(workspace), "--port", "0", "--log", "json")
    with subprocess.Popen(
        tizmor(*words), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, env=ENVIRONMENT
    ) as process:
        assert process.stderr is not None
        line = json.loads(process.stderr.readline())
        process.terminate()
    assert (line["logger"], line["level"]) == ("uvicorn.error", "info")
