"""`make simulate`: many seeds on all cores, and one JSON line at the end.

python -m tests.simulation --seeds 20000 --start 0
python -m tests.simulation --replay 4711
python -m tests.simulation --replay '{"faults": [1, 0, 2]}'
"""

from __future__ import annotations

import argparse
import concurrent.futures
import json
import multiprocessing
import os
import sys
import time
from collections.abc import Callable
from typing import Any

from tests.simulation.run import Outcome, simulate
from tests.simulation.shrinking import Record, shrunk
from tests.simulation.tally import BATCH, Tally, run_batch

from tizmor.drivers.simulated.choices import Choices

MAX_SHOWN = 5


def fails_as(name: str) -> Callable[[Record], bool]:
    """Whether a record still breaks this property."""
    return lambda record: any(
        violation.property == name for violation in simulate(Choices(record=record)).violations
    )


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def show(outcome: Outcome) -> None:
    say("\n".join(outcome.story))
    for violation in outcome.violations:
        say(f"VIOLATED: {violation.property}: {violation.detail}")


def explain(seed: int, name: str) -> None:
    """Print a failing seed, its run made small, and the line that replays it."""
    say(f"\nseed {seed}: {name}")
    small: Record = shrunk(simulate(Choices(seed)).record, fails_as(name))
    show(simulate(Choices(record=small)))
    say(f"replay the seed:  python -m tests.simulation --replay {seed}")
    say(f"replay it shrunk: python -m tests.simulation --replay '{json.dumps(small)}'")


def many(start: int, seeds: int) -> int:
    began = time.monotonic()
    total = Tally()
    workers = os.cpu_count() or 1
    spawning = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(workers, mp_context=spawning) as pool:
        batches = [
            pool.submit(run_batch, first, min(BATCH, start + seeds - first))
            for first in range(start, start + seeds, BATCH)
        ]
        for done in concurrent.futures.as_completed(batches):
            batch = done.result()
            total.join(batch)
            for seed, name in sorted(batch.failed):
                say(f"seed {seed} breaks: {name}")
            if total.seeds % 1000 < BATCH:
                spent = time.monotonic() - began
                say(f"{total.seeds} seeds, {spent:.0f} s, {len(total.failed)} violations")
    for seed, name in sorted(total.failed)[:MAX_SHOWN]:
        explain(seed, name)
    say(json.dumps(summary(total, time.monotonic() - began)))
    return 1 if total.failed else 0


def summary(total: Tally, seconds: float) -> dict[str, Any]:
    return {
        "seeds": total.seeds,
        "seconds": round(seconds, 1),
        "events": total.events,
        "faults": dict(sorted(total.faults.items())),
        "executions": dict(sorted(total.executions.items())),
        "violations": len(total.failed),
    }


def replay(what: str) -> int:
    """Tell one run: a seed's, or a record's."""
    given = json.loads(what)
    choices = Choices(given) if isinstance(given, int) else Choices(record=given)
    outcome = simulate(choices)
    show(outcome)
    return 1 if outcome.violations else 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20_000)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--replay", metavar="SEED|RECORD")
    given = parser.parse_args()
    if given.replay is not None:
        return replay(given.replay)
    return many(given.start, given.seeds)


if __name__ == "__main__":
    sys.exit(main())
