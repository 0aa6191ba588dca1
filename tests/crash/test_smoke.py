"""The harness itself runs: a few kills, and nothing lost or doubled.

The share of questions to humans is no measure of a run this short.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
FIRST = ["kills", "executions", "effects", "lost", "doubled", "asked", "control_doubled"]


def test_after_a_few_kills_nothing_is_lost_or_doubled() -> None:
    given = {"KILLS": "6", "SEED": "20261121", "DATABASE": "sqlite"}
    ran = subprocess.run(
        [sys.executable, "-m", "tests.crash"],
        cwd=ROOT,
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.stdout, ran.stderr
    told = json.loads(ran.stdout.splitlines()[-1])
    assert list(told)[: len(FIRST)] == FIRST
    assert told["kills"] >= 6
    assert told["executions"] > 0
    assert told["effects"] > 0
    assert (told["lost"], told["doubled"], told["control_doubled"]) == (0, 0, 0), ran.stderr
