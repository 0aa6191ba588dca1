"""A process as its own machine knows it: who dies there is seen dead, and nobody waits for a lease.

An identity names the machine as booted, the namespace of its process ids, the process id and the
time at which it started (Linux, proc(5)); another process of the same machine and namespace looks
it up. From elsewhere, or where there is no /proc, nothing can be seen, and nothing is guessed.
"""

from __future__ import annotations

import os
from pathlib import Path

_PROC = Path("/proc")
_STATE, _START = 0, 19
"""Fields of `stat` behind the process's name."""
_DEAD = {"Z", "X"}


def identity() -> str:
    """This process; empty where it can't be told."""
    place = _place()
    stat = _stat(os.getpid())
    return f"{place}/{os.getpid()}/{stat[_START]}" if place and stat else ""


def seen_dead(process: str) -> bool:
    """Whether the process is known to run no more; False when that can't be seen from here."""
    place, _, rest = process.partition("/")
    pid, _, started = rest.partition("/")
    if not place or place != _place() or not pid.isdecimal():
        return False
    stat = _stat(int(pid))
    return stat is None or stat[_STATE] in _DEAD or stat[_START] != started


def _place() -> str:
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        namespace = os.stat(_PROC / "self/ns/pid").st_ino
    except OSError:
        return ""
    return f"{os.uname().nodename}:{boot}:{namespace}"


def _stat(pid: int) -> list[str] | None:
    try:
        line = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    # The name stands in parentheses and may hold anything, parentheses and spaces too.
    return line.rpartition(")")[2].split()
