"""`make soak`: the run that was asked for, and one line of JSON."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

import uvloop
from tests.soak.run import run

MOST_MB_AN_HOUR = 20.0
"""Memory that surely grows faster than this is a leak."""


def main() -> int:
    """0 when nothing went wrong and memory doesn't surely grow."""
    minutes = float(os.environ.get("MINUTES") or 20)
    live = int(os.environ.get("LIVE") or 1000)
    with tempfile.TemporaryDirectory(prefix="tizmor-soak-") as folder:
        outcome = uvloop.run(run(Path(folder), minutes=minutes, live=live))
    memory = {"per_hour_mb": round(outcome.memory.per, 2), "error": round(outcome.memory.error, 2)}
    line = outcome._asdict() | {"memory": memory, "answering": outcome.answering._asdict()}
    sys.stdout.write(json.dumps(line) + "\n")
    return 1 if outcome.errors or outcome.memory.surely > MOST_MB_AN_HOUR else 0


if __name__ == "__main__":
    sys.exit(main())
