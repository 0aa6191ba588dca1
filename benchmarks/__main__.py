"""Measure: `python -m benchmarks [WORKLOAD…]`, each system in a process of its own.

Prints a table and writes `benchmarks/results.json`. CPU per step and the ratios within one run are
steady; wall times depend on the disk, whose own fsync in that run stands beside them.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import msgspec
import uvloop

from benchmarks.measure import Measurement, measure
from benchmarks.systems import naive, tizmor_core
from benchmarks.workloads import WORKLOADS

SYSTEMS = {"tizmor-core": tizmor_core, "naive": naive}
RESULTS = Path(__file__).with_name("results.json")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=", ".join(WORKLOADS))
    parser.add_argument("--system", choices=SYSTEMS, help="measure only this one, in this process")
    options = parser.parse_args()
    names = options.workloads or list(WORKLOADS)
    if unknown := [name for name in names if name not in WORKLOADS]:
        parser.error(f"unknown workload {unknown[0]!r}; there are {', '.join(WORKLOADS)}")
    if options.system:
        for name in names:
            print(msgspec.json.encode(_measured(options.system, name)).decode(), flush=True)
        return
    rows = [_in_own_process(system, name) for name in names for system in SYSTEMS]
    _print(rows)
    _keep(rows)


def _measured(system: str, workload: str) -> Measurement:
    module = SYSTEMS[system]
    work = measure(system, module.SETTINGS, module.opened, WORKLOADS[workload])
    return uvloop.run(work)


def _in_own_process(system: str, workload: str) -> Measurement:
    command = [sys.executable, "-m", "benchmarks", "--system", system, workload]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    return msgspec.json.decode(output.splitlines()[-1], type=Measurement)


def _print(rows: list[Measurement]) -> None:
    head = ("system", "workload", "n", "steps/s", "CPU µs/step", "p50 ms", "p99 ms", "fsync ms")
    table = [head] + [
        (
            row.system,
            row.workload,
            str(row.n),
            f"{row.steps_per_s:,.0f}",
            f"{row.cpu_us_per_step:.1f}",
            f"{row.p50_ms:.2f}",
            f"{row.p99_ms:.2f}",
            f"{row.fsync_ms:.3f}",
        )
        for row in rows
    ]
    widths = [max(len(line[i]) for line in table) for i in range(len(head))]
    for line in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)))


def _keep(rows: list[Measurement]) -> None:
    """Replace the results of what was measured, keep those of what was not."""
    measured = {(row.system, row.workload) for row in rows}
    kept: list[Measurement] = []
    if RESULTS.exists():
        before = msgspec.json.decode(RESULTS.read_bytes(), type=list[Measurement])
        kept = [row for row in before if (row.system, row.workload) not in measured]
    content = msgspec.json.format(msgspec.json.encode([*kept, *rows]), indent=1)
    RESULTS.write_bytes(content + b"\n")


if __name__ == "__main__":
    main()
