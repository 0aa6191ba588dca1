"""Metrics as a dashboard draws them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

import msgspec

from tizmor.ports.metrics import TIMES, Count, Measure, quantile_ms

_MICRO = 1_000_000


class MetricPoint(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What ended in one step of time: how much, and `total` of it together (ms, calls, tokens, or
    USD). Of times, within how many ms 50, 95 and 99 % were over, as precisely as the buckets are
    narrow."""

    at: str
    count: int
    total: float
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None


class MetricLine(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One measure of one agent (or of `approval` or `question`) by one outcome; steps of time in
    which nothing ended have no point."""

    measure: str
    label: str
    outcome: str
    points: tuple[MetricPoint, ...]


class MetricSeries(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What ended between two times, by `step` seconds. `measure` is `step_run`, `step_queue`,
    `step_wait`, `execution`, `asked` (times), `attempts`, `tokens` or `cost_usd`."""

    start: str = msgspec.field(name="from")
    end: str = msgspec.field(name="to")
    step: int
    items: tuple[MetricLine, ...]


def points_of(counts: Sequence[Count], time: Callable[[int], str]) -> tuple[MetricLine, ...]:
    """Counts in order (`Metrics.series`) as lines of points."""
    lines = []
    for (measure, label, outcome), of_line in groupby(counts, lambda c: (c[0], c.label, c.outcome)):
        points = tuple(
            _point(measure, list(at_once), time(at_ms))
            for at_ms, at_once in groupby(of_line, lambda c: c.at_ms)
        )
        name = "cost_usd" if measure == Measure.MICROUSD else measure
        lines.append(MetricLine(measure=name, label=label, outcome=outcome, points=points))
    return tuple(lines)


def _point(measure: str, counts: Sequence[Count], at: str) -> MetricPoint:
    total = float(sum(count.total for count in counts))
    number = sum(count.number for count in counts)
    if measure not in TIMES:
        total = total / _MICRO if measure == Measure.MICROUSD else total
        return MetricPoint(at=at, count=number, total=total)
    numbers = {count.bucket: count.number for count in counts}
    p50, p95, p99 = (quantile_ms(part, numbers) for part in (0.5, 0.95, 0.99))
    return MetricPoint(at=at, count=number, total=total, p50=p50, p95=p95, p99=p99)
