"""Measure: `python -m benchmarks [--workload NAME …] [--system NAME …]`.

Every measurement is a process of its own on an empty folder. Rounds go over all systems in turn, so
that what else the machine does meets all of them. Progress goes to standard error, one table to
standard output, and `benchmarks/results.json` is written after each workload: a run that is broken
off keeps what it has, and one of some workloads or systems replaces only their rows.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Sequence

from benchmarks.catalog import SYSTEMS, System
from benchmarks.outcome import Outcome
from benchmarks.rows import Row, keep, row_of, row_without
from benchmarks.run import NotRun, measured
from benchmarks.servers import Servers
from benchmarks.table import text
from benchmarks.workloads import WORKLOADS, Workload

_ORDER = [(workload, system) for workload in WORKLOADS for system in SYSTEMS]


def main() -> None:
    options = _options()
    # Ended from outside, the servers must end, too.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    workloads = [WORKLOADS[name] for name in options.workload or WORKLOADS]
    systems = [SYSTEMS[name] for name in options.system or SYSTEMS]
    rows: list[Row] = []
    with Servers() as servers:
        for workload in workloads:
            found = _compare(systems, workload, servers, options)
            keep(found, _ORDER)
            rows += found
    print(text(rows))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--workload", nargs="+", choices=WORKLOADS)
    parser.add_argument("--system", nargs="+", choices=SYSTEMS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--long-s",
        type=float,
        default=10.0,
        help="a system whose first round took longer gets no other",
    )
    return parser.parse_args()


def _compare(
    systems: Sequence[System], workload: Workload, servers: Servers, options: argparse.Namespace
) -> list[Row]:
    outcomes: dict[str, list[Outcome]] = {system.name: [] for system in systems}
    reasons: dict[str, str] = {}
    going = list(systems)
    for number in range(1, options.rounds + 1):
        for system in list(going):
            started = time.monotonic()
            try:
                outcomes[system.name].append(measured(system, workload, servers))
                said = f"{time.monotonic() - started:.1f} s"
            except NotRun as error:
                said = reasons[system.name] = str(error)
            _say(f"{workload.name}, round {number}, {system.name}: {said}")
            if system.name in reasons or time.monotonic() - started > options.long_s:
                going.remove(system)
    return [
        row_of(system, workload, outcomes[system.name])
        if outcomes[system.name]
        else row_without(system, workload, reasons[system.name])
        for system in systems
    ]


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
