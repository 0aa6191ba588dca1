"""Results: several rounds of one measurement as one row, and `results.json`.

CPU is the best round's, as other work on the machine only ever adds to it; latencies and rates are
the median of the rounds' own.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import os
import platform
import re
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.catalog import System
from benchmarks.outcome import Outcome
from benchmarks.workloads import Kind, Workload, depth

RESULTS = Path(__file__).with_name("results.json")

Row = dict[str, Any]


def row_of(system: System, workload: Workload, outcomes: Sequence[Outcome]) -> Row:
    """`n` is the executions measured, of all rounds."""
    row: Row = {
        "system": system.name,
        "workload": workload.name,
        "n": sum(o.n for o in outcomes),
        "steps_per_s": _median(outcomes, lambda o: o.steps / o.wall_s, 1),
        "cpu_us_per_step": round(min(o.cpu_s / o.steps for o in outcomes) * 1e6, 1),
        "p50_ms": _median(outcomes, lambda o: _percentile(o.latencies_ms, 50), 3),
        "p99_ms": _median(outcomes, lambda o: _percentile(o.latencies_ms, 99), 3),
        "bytes": outcomes[-1].bytes,
        "settings": system.settings,
        "fsync_ms": _median(outcomes, lambda o: o.fsync_ms, 3),
        "durable": system.durable,
        "versions": outcomes[-1].versions,
        "rounds": len(outcomes),
        "measured": dt.datetime.now(dt.UTC).date().isoformat(),
        "machine": machine(),
    }
    if outcomes[-1].stored_steps:
        row["bytes_per_step"] = round(outcomes[-1].bytes / outcomes[-1].stored_steps)
    if outcomes[-1].server_cpu_s is not None:
        server = min((o.server_cpu_s or 0.0) / o.steps for o in outcomes)
        row["server"] = str(system.server)
        row["server_cpu_us_per_step"] = round(server * 1e6, 1)
    if workload.step_ms:
        row["critical_path_ms"] = workload.step_ms * depth(workload.shape, workload.size)
    if workload.kind is not Kind.THROUGHPUT:
        row["resumed_ms"] = row["p50_ms"]
        row["resumed_cpu_s"] = round(min(o.cpu_s for o in outcomes), 3)
    if workload.kind is Kind.KILL:
        row["repeated_steps"] = max(o.repeated_steps or 0 for o in outcomes)
    return row


def machine() -> str:
    """Processors and Python, as the page says them."""
    models = re.findall(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    model = models[0].strip() if models else platform.machine()
    return f"{os.cpu_count()} × {model}, Python {platform.python_version()}"


def row_without(system: System, workload: Workload, reason: str) -> Row:
    """A row with the same fields and no figures."""
    empty = ("steps_per_s", "cpu_us_per_step", "p50_ms", "p99_ms", "bytes", "fsync_ms")
    return {
        "system": system.name,
        "workload": workload.name,
        "n": 0,
        **dict.fromkeys(empty),
        "settings": system.settings,
        "durable": system.durable,
        "reason": reason,
    }


def load() -> list[Row]:
    rows: list[Row] = json.loads(RESULTS.read_text()) if RESULTS.exists() else []
    return rows


def keep(rows: Sequence[Row], order: Sequence[tuple[str, str]]) -> None:
    """Replace what was measured, keep what was not; `order` is of (workload, system). What is no
    longer measured at all is dropped."""
    known = {_key(row): row for row in [*load(), *rows]}
    kept = [known[key] for key in order if key in known]
    partial = RESULTS.with_suffix(".partial")
    partial.write_text(json.dumps(kept, indent=1) + "\n")
    partial.replace(RESULTS)


def _key(row: Row) -> tuple[str, str]:
    return row["workload"], row["system"]


def _median(outcomes: Sequence[Outcome], value: Callable[[Outcome], float], digits: int) -> float:
    return round(statistics.median(value(o) for o in outcomes), digits)


def _percentile(values: Sequence[float], percent: int) -> float:
    """The nearest rank."""
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]
