"""What executions took and cost, added up by the minute: counts that any process may add to, and
that merge with each other by addition.

A time is counted in a fixed bucket, so percentiles can be told of any sum of counts
(`quantile_ms`), as precisely as its buckets are narrow.
"""

from __future__ import annotations

import bisect
import enum
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

import msgspec

BOUNDS_MS = (
    1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000,
    1_800_000, 14_400_000, 86_400_000,
)  # fmt: skip
"""What a bucket holds at most; the last one, which has no number here, holds what is longer."""
MINUTE_MS, HOUR_MS = 60_000, 3_600_000
OTHER = "other"
"""Whom those are counted for who come when there are too many names already."""


class Measure(enum.StrEnum):
    """What is counted: `label` and `outcome` of each in brackets.

    The first five are of times: `total` is their sum in ms. Of the others `total` is the amount.
    """

    STEP_RUN = "step_run"
    """How long its calls took together (agent; how the step ended, or `cached`)."""
    STEP_QUEUE = "step_queue"
    """How long a step was ready before its first call began (agent)."""
    STEP_WAIT = "step_wait"
    """How long it was held: for a limit, a resource, a budget, … (agent); only what was held."""
    EXECUTION = "execution"
    """From the request to the end (nothing; how it ended)."""
    ASKED = "asked"
    """How long a human was waited for (`approval` or `question`; what became of it)."""
    ATTEMPTS = "attempts"
    """Calls (agent)."""
    TOKENS = "tokens"
    MICROUSD = "microusd"


TIMES = frozenset(
    {Measure.STEP_RUN, Measure.STEP_QUEUE, Measure.STEP_WAIT, Measure.EXECUTION, Measure.ASKED}
)


class Count(NamedTuple):
    """So many times, `total` together, within the minute (or hour) that begins at `at_ms`."""

    measure: str
    at_ms: int
    label: str
    outcome: str
    bucket: int
    number: int
    total: int


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """What the executions took that ended behind the journal's position `after` and up to `until`.
    Where both are the same, there is nothing to count yet."""

    after: int
    until: int
    counts: Sequence[Count] = ()


class Unfinished(NamedTuple):
    """How many executions have not ended, by status, and of how much humans are asked in them, by
    kind (`approval`, `question`)."""

    executions: Mapping[str, int]
    asked: Mapping[str, int]


class Metrics(Protocol):
    """The counts of one database. Raises `StorageFailed` when it can't be reached."""

    async def position(self) -> int:
        """Up to which of the journal's positions all is counted."""
        ...

    async def add(self, tally: Tally) -> bool:
        """Add a tally, once: False when another process has counted that before."""
        ...

    async def totals(self) -> Sequence[Count]:
        """All that was ever counted, whatever was removed since; `at_ms` is 0."""
        ...

    async def series(self, from_ms: int, to_ms: int, *, step_ms: int) -> Sequence[Count]:
        """What was counted from one time to before another, by `step_ms`, in order. Older than two
        days, there are but hours."""
        ...

    async def lines(self) -> Mapping[str, int]:
        """How many steps stand in line just now, by what for."""
        ...

    async def tidy(self) -> None:
        """Fold old minutes into hours, and remove what is too old."""
        ...


def merged(counts: Iterable[Count]) -> list[Count]:
    """Counts in order, those of the same added up."""
    sums: dict[tuple[object, ...], Count] = {}
    for count in counts:
        place = count[:5]
        if (other := sums.get(place)) is not None:
            count = count._replace(
                number=count.number + other.number, total=count.total + other.total
            )
        sums[place] = count
    return sorted(sums.values())


def bucket(ms: int) -> int:
    """Where a time is counted."""
    return bisect.bisect_left(BOUNDS_MS, ms)


def quantile_ms(part: float, numbers: Mapping[int, int]) -> float | None:
    """The time within which that part of what was counted was over: linear within a bucket, as
    Prometheus has it (`histogram_quantile`). What is longer than all bounds is told by the last of
    them. None when nothing was counted."""
    rank = part * sum(numbers.values())
    seen = 0
    for place in sorted(numbers):
        count = numbers[place]
        if count and seen + count >= rank:
            if place == len(BOUNDS_MS):
                return float(BOUNDS_MS[-1])
            least = BOUNDS_MS[place - 1] if place else 0
            return least + (BOUNDS_MS[place] - least) * max(0.0, rank - seen) / count
        seen += count
    return None
