"""Measure: `python -m benchmarks [--workload NAME …] [--system NAME …]`.

Every measurement is a process of its own on an empty folder; see `session` for their order.
Progress goes to standard error, one table to standard output. `benchmarks/results.json` is written
after each measurement: a run that is broken off keeps what it has, and one of some workloads or
systems replaces only their rows.
"""

from __future__ import annotations

import argparse
import signal
import sys

from benchmarks.catalog import SYSTEMS
from benchmarks.environments import prepare
from benchmarks.rows import keep
from benchmarks.servers import Servers
from benchmarks.session import Session
from benchmarks.table import text
from benchmarks.workloads import WORKLOADS

_ORDER = [(workload, system) for workload in WORKLOADS for system in SYSTEMS]


def main() -> None:
    options = _options()
    # Ended from outside, the servers must end, too.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: sys.exit(128 + number))
    workloads = [WORKLOADS[name] for name in options.workload or WORKLOADS]
    systems = [SYSTEMS[name] for name in options.system or SYSTEMS]
    prepare(system.environment for system in systems)
    session = Session(systems, workloads, rounds=options.rounds, minutes=options.minutes)
    try:
        with Servers() as servers:
            for row in session.measure(servers):
                keep([row], _ORDER)
    finally:
        print(text(session.rows()))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--workload", nargs="+", choices=WORKLOADS)
    parser.add_argument("--system", nargs="+", choices=SYSTEMS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--minutes", type=float, default=31.0, help="no measurement is begun later than this"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
