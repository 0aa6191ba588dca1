"""What is measured of a process and of a disk: CPU, bytes, the time of a sync."""

from __future__ import annotations

import os
import resource
import statistics
import time
from pathlib import Path

_TICKS_S = os.sysconf("SC_CLK_TCK")
_PARENT, _USER, _CHILDREN_SYSTEM = 1, 11, 14
"""Fields of /proc/PID/stat behind the command's name, see proc(5): ppid, utime … cstime."""


def own_cpu_s() -> float:
    """User and system time of this process, all of its threads, and its children."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    me = os.getpid()
    alive = tree_cpu_s(me) - _cpu_s(_stat(me))
    return time.process_time() + ended.ru_utime + ended.ru_stime + alive


def tree_cpu_s(*roots: int) -> float:
    """User and system time of processes and of all that descend from them, ended ones included.
    Its unit is the kernel's tick, 10 ms."""
    stats = {int(p.name): _stat(int(p.name)) for p in Path("/proc").iterdir() if p.name.isdigit()}
    children: dict[int, list[int]] = {}
    for pid, fields in stats.items():
        if fields:
            children.setdefault(int(fields[_PARENT]), []).append(pid)
    total, pending = 0.0, [*roots]
    while pending:
        pid = pending.pop()
        total += _cpu_s(stats.get(pid, []))
        pending += children.get(pid, [])
    return total


def _cpu_s(fields: list[str]) -> float:
    return sum(map(int, fields[_USER : _CHILDREN_SYSTEM + 1])) / _TICKS_S


def _stat(pid: int) -> list[str]:
    """The fields behind the name; empty for a process that has gone meanwhile."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def pace_ms() -> float:
    """CPU ms of a piece of Python that is always the same: how fast the processor is just now.
    Where others share it that may halve from one minute to the next."""
    times = []
    for _ in range(3):
        started = time.process_time()
        table: dict[int, int] = {}
        total = 0
        for i in range(200_000):
            table[i & 1023] = total
            total += i
        times.append(time.process_time() - started)
    return statistics.median(times) * 1000


def bytes_in(folder: Path) -> int:
    return sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())


def fsync_ms(folder: Path, rounds: int = 50) -> float:
    """The median time of a 4 KiB append and its fdatasync, in milliseconds."""
    times = []
    path = folder / "fsync-probe"
    with path.open("wb", buffering=0) as file:
        for _ in range(rounds):
            started = time.perf_counter()
            file.write(b"\0" * 4096)
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - started)
    path.unlink()
    return round(statistics.median(times) * 1000, 3)
