"""`make crash`: the runs that were asked for, findings on standard error, and one line of JSON."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.crash.databases import NotThere, database
from tests.crash.process import Scene
from tests.crash.run import Outcome, recording, run

_SHOWN = 20


def main() -> int:
    """0 when nothing was lost or doubled, and humans were asked for less than 5 %; without the
    barrier, 0 when doubles were found."""
    kills = int(os.environ.get("KILLS") or 200)
    seed = int(os.environ.get("SEED") or time.time_ns() % 10**9)
    barrier = os.environ.get("BARRIER") != "off"
    wanted = os.environ.get("DATABASE")
    good = True
    for name in [wanted] if wanted else ["sqlite", "postgresql"]:
        try:
            outcome = _run_on(name, kills=kills, seed=seed, barrier=barrier)
        except NotThere as reason:
            say(f"{name}: not run: {reason}")
            good = good and not wanted
            continue
        _tell(outcome)
        good = good and (_is_good(outcome) if barrier else bool(outcome.verdict.doubled))
        sys.stdout.write(json.dumps(_line(name, seed, barrier, outcome)) + "\n")
        sys.stdout.flush()
    return 0 if good else 1


def say(line: str) -> None:
    """A word to who watches; standard output is for scripts."""
    sys.stderr.write(line + "\n")


def _run_on(name: str, *, kills: int, seed: int, barrier: bool) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="tizmor-crash-") as folder:
        workspace = Path(folder)
        with database(name, workspace) as url, recording(seed) as address:
            say(
                f"{name}: {kills} kills, seed {seed}" + ("" if barrier else ", without the barrier")
            )
            scene = Scene(workspace=folder, database_url=url, recorder=address, barrier=barrier)
            return run(scene, kills=kills, seed=seed)


def _is_good(outcome: Outcome) -> bool:
    verdict = outcome.verdict
    wrong = verdict.lost or verdict.doubled or verdict.control_doubled or outcome.damage
    return not wrong and verdict.asked_percent < 5


def _tell(outcome: Outcome) -> None:
    verdict = outcome.verdict
    for title, findings in (
        ("lost", verdict.lost),
        ("doubled", verdict.doubled),
        ("control doubled", verdict.control_doubled),
        ("damaged", outcome.damage),
        ("trouble", verdict.troubles),
    ):
        for finding in findings[:_SHOWN]:
            say(f"{title}: {finding}")
        if len(findings) > _SHOWN:
            say(f"{title}: and {len(findings) - _SHOWN} more")


def _line(name: str, seed: int, barrier: bool, outcome: Outcome) -> dict[str, object]:
    verdict = outcome.verdict
    return {
        "kills": outcome.kills,
        "executions": verdict.executions,
        "effects": verdict.effects,
        "lost": len(verdict.lost) + len(outcome.damage),
        "doubled": len(verdict.doubled),
        "asked": verdict.asked,
        "control_doubled": len(verdict.control_doubled),
        "database": name,
        "barrier": "on" if barrier else "off",
        "killed": outcome.killed,
        "stops": outcome.stops,
        "seconds": outcome.seconds,
        "seed": seed,
        "orders": outcome.orders,
        "irreversible": verdict.irreversible,
        "asked_percent": verdict.asked_percent,
        "repeated": verdict.repeated,
        "undone": verdict.undone,
        "cut_off": verdict.cut_off,
        "questions": verdict.questions,
        "troubles": len(verdict.troubles),
    }


if __name__ == "__main__":
    sys.exit(main())
