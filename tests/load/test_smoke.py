"""The harness itself runs: a small load with a kill violates nothing, and what is taken out of the
processes is found."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FIELDS = [
    "executions",
    "processes",
    "killed",
    "quota_exceeded",
    "double_holders",
    "budget_exceeded",
    "approvals_reused",
    "deadlocks",
    "unfinished",
    "cpu_us_per_step",
]


def load(**given: str) -> tuple[dict[str, Any], subprocess.CompletedProcess[str]]:
    """What a run's last line says, and the run."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.load"],
        cwd=ROOT,
        env={**os.environ, "SABOTAGE": "", **given},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    if ran.stderr.startswith("not run: "):
        pytest.skip(ran.stderr.strip())
    assert ran.stdout, ran.stderr
    return json.loads(ran.stdout.splitlines()[-1]), ran


def test_with_a_process_killed_nothing_that_all_share_is_violated() -> None:
    told, ran = load(EXECUTIONS="24", PROCESSES="2", KILLS="1")
    assert list(told) == FIELDS
    assert (told["executions"], told["processes"], told["killed"]) == (24, 2, 1), ran.stderr
    assert [told[name] for name in FIELDS[3:-1]] == [0] * 6, ran.stderr
    assert told["cpu_us_per_step"] > 0
    assert ran.returncode == 0, ran.stderr


def test_calls_that_no_budget_holds_back_are_found() -> None:
    told, ran = load(EXECUTIONS="12", PROCESSES="2", KILLS="0", SABOTAGE="budget")
    assert told["budget_exceeded"] > 0, ran.stderr
    assert ran.returncode == 0
