"""`tizmor serve` as a process, and a client of it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2

ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith(("TIZMOR_", "DATABASE_"))}


def tizmor(*words: str) -> list[str]:
    return [sys.executable, "-m", "tizmor", *words]


@contextlib.contextmanager
def serving(workspace: Path, *words: str) -> Iterator[tuple[subprocess.Popen[str], httpx2.Client]]:
    """A server in a process of its own, and a client of it."""
    command = tizmor("serve", "--workspace", str(workspace), "--port", "0", "--json", *words)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT) as process:
        try:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            assert told["type"] == "serving"
            with httpx2.Client(base_url=told["url"], timeout=60, trust_env=False) as client:
                yield process, client
        finally:
            process.kill()
