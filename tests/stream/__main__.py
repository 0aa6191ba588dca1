"""`make stream`: the run that was asked for, findings on standard error, and one line of JSON."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

import uvloop
from tests.stream.run import Shape, run

_SHOWN = 10


def main() -> int:
    """0 when nothing was lost or told twice, and nobody had to begin anew."""
    shape = Shape(
        readers=int(os.environ.get("READERS") or 1000),
        events=int(os.environ.get("EVENTS") or 100),
        seconds=float(os.environ.get("SECONDS_EACH") or 20),
        cuts=int(os.environ.get("CUTS") or 100),
        kills=int(os.environ.get("KILLS") or 1),
    )
    with tempfile.TemporaryDirectory(prefix="tizmor-stream-") as folder:
        outcome = uvloop.run(run(Path(folder), shape))
    for name in ("lost", "repeated"):
        for finding in getattr(outcome, name)[:_SHOWN]:
            sys.stderr.write(f"{name}: {finding}\n")
    line = outcome._asdict() | {"lost": len(outcome.lost), "repeated": len(outcome.repeated)}
    sys.stdout.write(json.dumps(line) + "\n")
    return 1 if outcome.lost or outcome.repeated or outcome.resyncs else 0


if __name__ == "__main__":
    sys.exit(main())
