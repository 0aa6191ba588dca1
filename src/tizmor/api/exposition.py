"""The metrics as Prometheus reads them: OpenMetrics 1.0, or the older text format.

What is told was added up in the database by all processes together, so every server of a database
tells the same, and none has to be asked twice. Gauges are as of this moment; what is counted is
some seconds behind.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from prometheus_client import Metric
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import CollectorRegistry

from tizmor.ports.breakers import CLOSED, Standing
from tizmor.ports.cache import CacheUse
from tizmor.ports.metrics import BOUNDS_MS, Count, Measure, Unfinished

_HISTOGRAMS = {
    Measure.STEP_RUN: (
        "tizmor_step_run_seconds",
        "How long the calls of a step took together, by how it ended.",
        ("agent", "outcome"),
    ),
    Measure.STEP_QUEUE: (
        "tizmor_step_queue_seconds",
        "How long a step was ready before its first call began.",
        ("agent",),
    ),
    Measure.STEP_WAIT: (
        "tizmor_step_wait_seconds",
        "How long a step was held for a limit, a resource, a budget and the like, if it was.",
        ("agent",),
    ),
    Measure.EXECUTION: (
        "tizmor_execution_seconds",
        "How long executions took from the request to the end, by how they ended.",
        ("status",),
    ),
    Measure.ASKED: (
        "tizmor_human_wait_seconds",
        "How long a human was waited for, by what was asked and what became of it.",
        ("kind", "outcome"),
    ),
}
_COUNTERS = {
    Measure.ATTEMPTS: ("tizmor_calls", "Calls of agents.", 1.0),
    Measure.TOKENS: ("tizmor_tokens", "Tokens that calls have used.", 1.0),
    Measure.MICROUSD: ("tizmor_cost_usd", "What calls have cost, in USD.", 1e-6),
}


class Measured(NamedTuple):
    """All that a scrape tells."""

    totals: Sequence[Count]
    unfinished: Unfinished
    lines: Mapping[str, int]
    cache: Sequence[CacheUse]
    breakers: Sequence[Standing]


class _Collected:
    """What a registry holds for one scrape."""

    def __init__(self, measured: Measured) -> None:
        self._measured = measured

    def collect(self) -> Iterator[Metric]:
        yield from _histograms(self._measured.totals)
        yield from _counters(self._measured.totals)
        yield from _gauges(self._measured)


def exposed(measured: Measured, accept: str) -> tuple[bytes, str]:
    """The text that a scraper asks for by its `Accept`, and its media type."""
    registry = CollectorRegistry()
    registry.register(_Collected(measured))
    ProcessCollector(registry=registry)
    encode, media_type = choose_encoder(accept)
    return encode(registry), media_type


def _histograms(totals: Iterable[Count]) -> Iterator[Metric]:
    counted: dict[str, dict[tuple[str, ...], list[Count]]] = defaultdict(lambda: defaultdict(list))
    for count in totals:
        counted[count.measure][count.label, count.outcome].append(count)
    for measure, (name, told, labels) in _HISTOGRAMS.items():
        family = HistogramMetricFamily(name, told, labels=labels)
        for (label, outcome), counts in sorted(counted[measure].items()):
            known = {"agent": label, "kind": label, "outcome": outcome, "status": outcome}
            total_s = sum(count.total for count in counts) / 1000
            values = [known[label] for label in labels]
            family.add_metric(values, _cumulative(counts), sum_value=total_s)
        yield family


def _cumulative(counts: Iterable[Count]) -> list[tuple[str, float]]:
    """How many took at most as long as each bound."""
    numbers = {count.bucket: count.number for count in counts}
    seen, buckets = 0, []
    for place, bound in enumerate((*(f"{ms / 1000}" for ms in BOUNDS_MS), "+Inf")):
        seen += numbers.get(place, 0)
        buckets.append((bound, float(seen)))
    return buckets


def _counters(totals: Sequence[Count]) -> Iterator[Metric]:
    for measure, (name, told, unit) in _COUNTERS.items():
        family = CounterMetricFamily(name, told, labels=("agent",))
        for count in totals:
            if count.measure == measure:
                family.add_metric([count.label], count.total * unit)
        yield family


def _gauges(measured: Measured) -> Iterator[Metric]:
    executions, asked = measured.unfinished
    yield _gauge("tizmor_executions", "Executions that have not ended.", "status", executions)
    yield _gauge("tizmor_open", "What humans are asked just now.", "kind", asked)
    yield _gauge("tizmor_steps_in_line", "Steps that are held, by what for.", "for", measured.lines)
    broken = {b.name: float(b.state != CLOSED) for b in measured.breakers}
    yield _gauge("tizmor_breaker_open", "Whether it is left alone for a while.", "name", broken)
    served = CounterMetricFamily(
        "tizmor_cache_lookups", "Calls that a kept answer might serve.", labels=("agent", "result")
    )
    for use in measured.cache:
        for result, number in (("hit", use.hits), ("alike", use.alike), ("miss", use.misses)):
            served.add_metric([use.agent, result], number)
    yield served
    sizes = {use.agent: use.bytes for use in measured.cache}
    yield _gauge("tizmor_cache_bytes", "How much of answers is kept.", "agent", sizes)


def _gauge(name: str, told: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, told, labels=(label,))
    for value, number in sorted(values.items()):
        family.add_metric([value], number)
    return family
