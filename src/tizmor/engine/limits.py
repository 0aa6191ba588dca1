"""How much a process takes on at a time."""

from __future__ import annotations

from typing import NamedTuple


class Limits(NamedTuple):
    """`calls` run, the others wait their turn by priority. `live` executions are kept in memory:
    one that rests (it waits for a human or a timer) makes room and is read back when something
    happens, and one that is started when there is no room waits for it, on disk.
    """

    calls: int = 256
    live: int = 1_000


LIMITS = Limits()
