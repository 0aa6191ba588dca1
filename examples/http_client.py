"""A client of `tizmor serve` on the standard library alone: start, watch, approve, show the result.

    tizmor serve --workspace work &
    python examples/http_client.py "set a meeting with Yoav tomorrow at 15:00"

It goes on where it was cut off: the id of the last event is said when it asks again.
"""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

SERVER = os.environ.get("TIZMOR_SERVER", "http://localhost:3000")
ENDS = {"complete", "failed", "cancelled", "rejected"}
Event = tuple[str, str, dict[str, Any]]
"""Its type, its id, and what it says."""


def call(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """What a route answers. Raises `SystemExit` with the problem that it tells instead."""
    request = urllib.request.Request(
        SERVER + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        problem = json.load(error)
        raise SystemExit(f"{problem['title']} {problem.get('detail', '')}") from error


def stream(execution: str) -> Iterator[Event]:
    """The events of an execution to its end, over any cut."""
    last = ""
    while True:
        request = urllib.request.Request(f"{SERVER}/api/orchestrate/stream/{execution}")
        if last:
            request.add_header("Last-Event-ID", last)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                for kind, name, told in frames(response):
                    last = name or last
                    yield kind, name, told
                    if kind in ENDS:
                        return
        except (OSError, json.JSONDecodeError):
            pass  # cut off: it is asked for again
        time.sleep(2)


def frames(lines: Iterator[bytes]) -> Iterator[Event]:
    """Server-sent events, as they come (WHATWG HTML, section 9.2)."""
    fields: dict[str, str] = {}
    for raw in lines:
        line = raw.decode().rstrip("\n")
        if line:
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
        else:
            if "data" in fields:
                yield fields.get("event", ""), fields.get("id", ""), json.loads(fields["data"])
            fields = {}


def main(request: str) -> None:
    """Have it done, and agree to whatever asks."""
    execution = call("POST", "/api/orchestrate", {"query": request})["executionId"]
    print(execution)
    for kind, _, told in stream(execution):
        if kind in ("step", "log"):
            print(told["step"], told.get("state") or told.get("message"))
        if kind == "approval" and told["state"] == "open":
            gate = told["waiting"]
            print("approving:", gate["text"])
            call("POST", f"/api/orchestrate/{execution}/approvals/{gate['id']}/approve")
        if kind in ENDS:
            print(kind, json.dumps(told.get("result"), ensure_ascii=False))


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]) or sys.exit("what do you want done?"))
