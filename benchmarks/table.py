"""The rows as a table: in columns for the terminal, in Markdown for the documentation."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.rows import Row

HEAD = (
    "workload", "system", "n", "rounds", "steps/s", "CPU µs/step", "server's CPU", "p50 ms",
    "p99 ms", "bytes/step", "fsync ms", "pace ms", "remarks",
)  # fmt: skip


def text(rows: Sequence[Row]) -> str:
    lines = [HEAD, *(_cells(row) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEAD))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def markdown(rows: Sequence[Row]) -> str:
    lines = [HEAD, tuple("---" for _ in HEAD), *(_cells(row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row["workload"],
        row["system"],
        f"{row['n']:,}",
        _figure(row.get("rounds"), 0),
        _figure(row["steps_per_s"], 0),
        _figure(row["cpu_us_per_step"], 1),
        _figure(row.get("server_cpu_us_per_step"), 0),
        _figure(row["p50_ms"], 2),
        _figure(row["p99_ms"], 2),
        _figure(row.get("bytes_per_step"), 0),
        _figure(row["fsync_ms"], 3),
        _figure(row.get("pace_ms"), 1),
        _remarks(row),
    )


def _figure(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:,.{digits}f}"


def _remarks(row: Row) -> str:
    if reason := row.get("reason"):
        return str(reason)
    said = []
    if "cut_off_s" in row:
        said.append(f"over {row['cut_off_s']:.0f} s: cut off after {row['cut_off_steps']:,} steps")
    if "critical_path_ms" in row:
        said.append(f"critical path {row['critical_path_ms']} ms")
    if "repeated_steps" in row:
        said.append(f"{row['repeated_steps']} finished steps ran again")
    if "resumed_cpu_s" in row:
        said.append(f"goes on after {row['resumed_ms']:,.0f} ms, CPU {row['resumed_cpu_s']:.2f} s")
    return "; ".join(said)
