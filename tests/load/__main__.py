"""`make load`: the run that was asked for, findings on standard error, and one line of JSON."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

from tests.crash.databases import NotThere, database
from tests.load.cast import recording
from tests.load.run import Outcome, prepare, run
from tests.load.sabotage import SHOWS
from tests.load.scene import Scene

_SHOWN = 10
_VIOLATIONS = (
    "quota_exceeded",
    "double_holders",
    "budget_exceeded",
    "approvals_reused",
    "deadlocks",
    "unfinished",
)


def main() -> int:
    """0 when nothing was violated, as many were killed as should, and there were budgets that
    didn't suffice; with a part taken out, 0 when that was found."""
    executions = int(os.environ.get("EXECUTIONS") or 500)
    processes = int(os.environ.get("PROCESSES") or 4)
    kills = int(os.environ.get("KILLS") or 2)
    sabotage = os.environ.get("SABOTAGE", "")
    if sabotage and sabotage not in SHOWS:
        say(f"SABOTAGE is one of {', '.join(SHOWS)}")
        return 2
    try:
        outcome = _run(executions, processes, kills, sabotage)
    except NotThere as reason:
        say(f"not run: {reason}")
        return 1
    except KeyboardInterrupt:
        say("interrupted; all processes are gone")
        return 130
    line = _line(outcome)
    for name in (*_VIOLATIONS, "failed"):
        for finding in getattr(outcome, name)[:_SHOWN]:
            say(f"{name}: {finding}")
    say(
        f"{outcome.calls} calls, {outcome.steps} steps in {outcome.seconds} s;"
        f" a budget didn't suffice for {outcome.out_of_budget} calls"
    )
    sys.stdout.write(json.dumps(line) + "\n")
    if sabotage:
        return 0 if line[SHOWS[sabotage]] else 1
    whole = (outcome.executions, outcome.killed) == (executions, kills)
    bound = outcome.out_of_budget > 0 and not outcome.failed
    return 0 if whole and bound and not any(line[name] for name in _VIOLATIONS) else 1


def say(line: str) -> None:
    """A word to who watches; standard output is for scripts."""
    sys.stderr.write(line + "\n")


def _run(executions: int, processes: int, kills: int, sabotage: str) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="tizmor-load-") as folder:
        workspace = Path(folder)
        prepare(workspace, executions)
        with database("postgresql", workspace) as url, recording() as address:
            taken_out = f", without {sabotage}" if sabotage else ""
            say(f"{executions} executions, {processes} processes, {kills} kills{taken_out}")
            scene = Scene(
                name="",
                workspace=folder,
                database_url=url,
                recorder=address,
                sabotage=sabotage,
            )
            return run(scene, executions=executions, processes=processes, kills=kills, say=say)


def _line(outcome: Outcome) -> dict[str, object]:
    return {
        "executions": outcome.executions,
        "processes": outcome.processes,
        "killed": outcome.killed,
        **{name: len(getattr(outcome, name)) for name in _VIOLATIONS},
        "cpu_us_per_step": round(outcome.cpu_s * 1e6 / max(1, outcome.steps)),
    }


if __name__ == "__main__":
    sys.exit(main())
