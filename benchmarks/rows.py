"""Results: several rounds of one measurement as one row, and `results.json`.

A figure is the median of the rounds' own, so that one that was disturbed, or lucky, doesn't decide
it; of repeated steps it is the worst round's.
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
    """`n` is the executions measured to their end, of all rounds. A round that was cut off has no
    latency, and what it stored lies on the disk half done."""
    whole = [o for o in outcomes if not o.cut_off_s]
    row: Row = {
        "system": system.name,
        "workload": workload.name,
        "n": sum(o.n for o in outcomes),
        "steps_per_s": _median(outcomes, lambda o: o.steps / o.wall_s, 1),
        "cpu_us_per_step": _median(outcomes, lambda o: o.cpu_s / o.steps * 1e6, 1),
        "p50_ms": _latency_ms(whole, 50),
        "p99_ms": _latency_ms(whole, 99),
        "bytes": outcomes[-1].bytes,
        "settings": system.settings,
        "fsync_ms": _median(outcomes, lambda o: o.fsync_ms, 3),
        "pace_ms": _median(outcomes, lambda o: o.pace_ms, 1),
        "durable": system.durable,
        "versions": outcomes[-1].versions,
        "rounds": len(outcomes),
        "measured": dt.datetime.now(dt.UTC).date().isoformat(),
        "machine": machine(),
    }
    if whole and whole[-1].stored_steps:
        row["bytes_per_step"] = round(whole[-1].bytes / whole[-1].stored_steps)
    if system.server:
        row["server"] = str(system.server)
        row["server_cpu_us_per_step"] = _median(
            outcomes, lambda o: (o.server_cpu_s or 0.0) / o.steps * 1e6, 1
        )
    match workload.kind:
        case Kind.THROUGHPUT:
            row |= _throughput(workload, outcomes)
        case Kind.KILL:
            row |= _recovery(outcomes)
            row["repeated_steps"] = max(o.repeated_steps or 0 for o in outcomes)
        case Kind.RECOVERY:
            row |= _recovery(outcomes)
    return row


def _throughput(workload: Workload, outcomes: Sequence[Outcome]) -> Row:
    row: Row = {}
    if workload.step_ms:
        row["critical_path_ms"] = workload.step_ms * depth(workload.shape, workload.size)
    for outcome in outcomes:
        if outcome.cut_off_s:
            row |= {"cut_off_s": outcome.cut_off_s, "cut_off_steps": outcome.steps}
    return row


def _recovery(outcomes: Sequence[Outcome]) -> Row:
    return {
        "resumed_ms": _latency_ms(outcomes, 50),
        "resumed_cpu_s": _median(outcomes, lambda o: o.cpu_s, 3),
    }


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


def _latency_ms(outcomes: Sequence[Outcome], percent: int) -> float | None:
    if not outcomes:
        return None
    return _median(outcomes, lambda o: _percentile(o.latencies_ms, percent), 3)


def _percentile(values: Sequence[float], percent: int) -> float:
    """The nearest rank."""
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]
