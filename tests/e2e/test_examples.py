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


def test_an_answer_is_given_again_in_other_words_and_to_no_other_question(tmp_path: Path) -> None:
    """Nor when what it was made from has changed."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("TIZMOR_", "DATABASE_"))}
    ran = subprocess.run(
        [sys.executable, EXAMPLES / "asked_otherwise.py", tmp_path],
        capture_output=True,
        text=True,
        timeout=60,
        env={**kept, "TIZMOR_CACHE_VERIFY": "0"},
        check=False,
    )
    said = ran.stdout.splitlines()
    assert [line.partition(":")[0] for line in said[:-1]] == [
        "called", "kept", "called", "called", "called", "kept", "called",
    ], ran.stderr  # fmt: skip
    totals = [line.rpartition(" ")[2] for line in said[:-1]]
    assert totals == ["800.0}", "800.0}", "1200.0}", "450.0}", "800.0}", "800.0}", "0}"]
    assert said[-1] == "2 of 7 given again, 2 in other words"
    shown = Tizmor(tmp_path)("cache", "show", "--agent", "Ledger")  # which no command knows
    assert (shown.returncode, "2 of 7 served  2 alike" in shown.stdout) == (0, True)
    (removed,) = Tizmor(tmp_path).lines("cache", "clear", "--agent", "Ledger")
    assert removed["removed"] == 5
    assert Tizmor(tmp_path)("cache", "show", "--agent", "Ledger").returncode == 2
