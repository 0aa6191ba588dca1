"""The examples do what they say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.e2e.product import Tizmor

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_a_booking_that_is_killed_in_flight_is_found_once_and_taken_back() -> None:
    ran = subprocess.run(
        [sys.executable, EXAMPLES / "killed_booking.py"],
        capture_output=True,
        text=True,
        timeout=60,
        env={k: v for k, v in os.environ.items() if not k.startswith(("TIZMOR_", "DATABASE_"))},
        check=False,
    )
    assert ran.stdout.splitlines()[-3:] == [
        "the service was asked: book blue, then find, then release",
        "the journal holds the secret's name: True",
        "the journal holds the secret: False",
    ], ran.stderr


def test_the_plan_file_runs_on_the_example_workspace_up_to_its_gate(tevuot: Tizmor) -> None:
    *_, last = tevuot.lines("run", "--plan", str(EXAMPLES / "lotus.plan.json"))
    (asked,) = last["waitingFor"]
    assert (last["status"], asked["step"]) == ("WAITING", "meeting")
    assert last["result"]["agenda"]["points"]
    people = {contact["name"] for contact in last["result"]["contacts"]}
    assert all(any(who in s["reason"] for s in last["result"]["slots"]) for who in people)
