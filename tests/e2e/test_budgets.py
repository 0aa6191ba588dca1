"""A budget of the workspace, kept by real processes together: to the call, also when one of them is
killed in the middle of one."""

from __future__ import annotations

import fcntl
import json
import subprocess
from typing import Any

from tests.e2e.product import Tizmor

MEETING = "schedule a meeting with Yoav"
"""Two calls: to find the contact, and to put the meeting into the calendar."""
CALL = "step", "running"


def _is_a_call(line: dict[str, Any], step: str = "") -> bool:
    """Whether a line of the stream says that a call began, of this step or of any."""
    return (line["type"], line.get("state")) == CALL and step in ("", line["step"])


def _calls(output: str) -> int:
    return sum(_is_a_call(json.loads(line)) for line in output.splitlines())


def _until_in_the_calendar(process: subprocess.Popen[str]) -> str:
    """What the process says up to the call that puts a meeting into the calendar."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if _is_a_call(json.loads(line), "calendar"):
            return said
    raise AssertionError(f"it has not come to the calendar: {said}")


def test_calls_of_several_processes_are_counted_exactly_when_one_is_killed_in_a_call(
    tevuot: Tizmor,
) -> None:
    """The call that was cut off counts, and so does the one that is made in its place."""
    with (tevuot.folder / "tizmor.toml").open("a") as settings:
        settings.write('\n[budgets]\n"workspace.calls" = 100\n')
    with (tevuot.folder / "calendar" / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a call of the calendar waits for this
        with tevuot.start("run", MEETING, "--yes", "--json") as killed:
            before = _until_in_the_calendar(killed)
            other = tevuot.start("run", MEETING, "--yes", "--json")
            killed.kill()
    output, _ = other.communicate(timeout=60)
    assert other.returncode == 0, output
    execution = json.loads(before.splitlines()[0])["executionId"]
    resumed = tevuot("resume", execution, "--yes", "--json")
    assert resumed.returncode == 0, resumed.stderr

    (counted,) = [line for line in tevuot.lines("budget") if line["measure"] == "calls"]
    made = [_calls(said) for said in (before, output, resumed.stdout)]
    assert made[0] == 2
    assert counted["spent"] == sum(made)
    assert counted["reserved"] == 0
    assert len(tevuot.made_events()) == 2
