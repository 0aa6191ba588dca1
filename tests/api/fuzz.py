"""Ask a real server whatever its document allows, and what it doesn't: schemathesis over all of it.

    python -m tests.api.fuzz --examples 100 --seed 1

A server error, an answer that the document doesn't describe, and wrong data that is taken fail it;
the exit code says so. The streams of `/api/events` never end, so they are left out.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx2
from tests.api.process import ENVIRONMENT, serving, tizmor

HERE = Path(__file__).parent
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
)
"""What is promised. That all data which fits the document is taken is not: a step that isn't there,
or an execution that has ended, is refused."""
QUERIES = (
    "what did we do in December at Tevuot?",
    "set a meeting with Yoav tomorrow at 15:00",
    "check the system",
)


def main(words: list[str]) -> int:
    """Serve a workspace, ask it, and tell how that went."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--phases", default="examples,coverage,fuzzing")
    given = parser.parse_args(words)
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder) / "tevuot"
        made = tizmor("init", str(workspace), "--example", "tevuot")
        subprocess.run(made, check=True, capture_output=True, env=ENVIRONMENT)
        with serving(workspace) as (_, client):
            asked = ask(client, folder, given.examples, given.seed, given.phases)
            assert client.get("/healthz").status_code == 200
    return asked


def ask(client: httpx2.Client, folder: str, examples: int, seed: int, phases: str) -> int:
    """The exit code of schemathesis on a served workspace."""
    url = str(client.base_url)
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        *("run", f"{url.rstrip('/')}/openapi.json"),
        *("--checks", ",".join(CHECKS), "--phases", phases, "--seed", str(seed)),
        *("--max-examples", str(examples), "--request-timeout", "20", "--no-color"),
        *("--exclude-path", "/api/events", "--warnings", "off"),
        *("--generation-database", "none", "--suppress-health-check", "all"),
    ]
    environment = {
        **os.environ,
        "NO_PROXY": "*",
        "PYTHONPATH": os.pathsep.join((str(HERE.parents[1]), os.environ.get("PYTHONPATH", ""))),
        "SCHEMATHESIS_HOOKS": "tests.api.fuzz_hooks",
        "TIZMOR_FUZZ_KNOWN": json.dumps(known(client)),
    }
    return subprocess.run(command, check=False, cwd=folder, env=environment).returncode


def known(client: httpx2.Client) -> dict[str, list[str]]:
    """What there is to ask about: begun here, of every kind."""
    begun = [
        client.post("/api/orchestrate", json={"query": query, "dryRun": dry_run})
        for query in QUERIES
        for dry_run in (False, True)
    ]
    executions = [response.json()["executionId"] for response in begun]
    steps: set[str] = set()
    for execution in executions:
        with client.sse(f"/api/orchestrate/stream/{execution}") as events:
            for event in events:
                if event.event in ("approval", "question", "complete", "failed"):
                    break
        shown: dict[str, Any] = client.get(f"/api/orchestrate/{execution}").json()
        steps |= {step["id"] for step in shown["steps"]}
    return {
        "execution_id": executions,
        "approval_id": ["a1"],
        "question_id": ["q1"],
        "step_id": sorted(steps),
        "name": ["DriveSearch", "invalid"],
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
