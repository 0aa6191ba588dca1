"""Killed, doubled, answered from elsewhere: the same end each time, and no effect twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
from collections.abc import Callable

import pytest
from tests.e2e.product import ANCHOR, Tizmor

KILLS = int(os.environ.get("KILLS", "4"))


def _ended_well(tizmor: Tizmor) -> None:
    assert len(tizmor.made_events()) == 1
    assert len(tizmor.agendas()) == 1
    assert [line["status"] for line in tizmor.lines("list")] == ["COMPLETED"]


def _run_time_s(tizmor: Tizmor) -> float:
    """How long the anchor request takes on this machine now, start to end, in seconds."""
    with tizmor.start("run", ANCHOR, "--yes", "--json") as process:
        output, _ = process.communicate(timeout=60)
    return json.loads(output.splitlines()[-1])["durationMs"] / 1000


def test_killed_at_random_moments_it_goes_on_where_it_was(
    workspace: Callable[[str], Tizmor],
) -> None:
    """`kill -9` anywhere, then `resume`: one event, one agenda, COMPLETED."""
    dice = random.Random(20261121)
    run_time_s = _run_time_s(workspace("measured"))
    for number in range(KILLS):
        tizmor = workspace(f"killed-{number}")
        with tizmor.start("run", ANCHOR, "--yes", "--json") as process:
            assert process.stdout is not None
            process.stdout.readline()
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(timeout=dice.uniform(0, run_time_s * 0.9))
            process.kill()
        (line,) = tizmor.lines("list")
        resumed = tizmor("resume", line["executionId"], "--yes")
        assert resumed.returncode == 0, (number, line, resumed.stderr)
        _ended_well(tizmor)


def test_two_processes_that_resume_at_once_come_to_the_same_end(tevuot: Tizmor) -> None:
    """One runs it, the other follows; both print the same result and exit with 0."""
    waiting = json.loads(tevuot("run", ANCHOR, "--json").stdout.splitlines()[-1])
    both = [tevuot.start("resume", waiting["executionId"], "--yes", "--json") for _ in range(2)]
    outputs = [process.communicate(timeout=60) for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    first, second = (json.loads(out.splitlines()[-1]) for out, _ in outputs)
    assert first["result"]["meeting"] == second["result"]["meeting"]
    _ended_well(tevuot)


def test_a_second_terminal_takes_over_when_the_first_is_killed(tevuot: Tizmor) -> None:
    """A process that follows adopts the execution when its owner dies."""
    waiting = json.loads(tevuot("run", ANCHOR, "--json").stdout.splitlines()[-1])
    approved = tevuot("approve", waiting["executionId"])
    assert approved.returncode == 0, approved.stderr
    _ended_well(tevuot)


def test_a_stopped_owner_keeps_the_execution_and_loses_nothing(tevuot: Tizmor) -> None:
    """SIGSTOP is not death: nobody takes over, and an order waits until the owner goes on."""
    with tevuot.start("run", ANCHOR, "--yes", "--json") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGSTOP)
        (line,) = tevuot.lines("list")
        assert line["status"] in ("PLANNING", "RUNNING")
        process.send_signal(signal.SIGCONT)
        process.communicate(timeout=60)
    assert process.returncode == 0
    _ended_well(tevuot)
