"""Seeds in batches, and what they came to: importable by worker processes, as `__main__` is not."""

from __future__ import annotations

import gc
from collections import Counter

import msgspec
from tests.simulation.run import Outcome, simulate

from tizmor.drivers.simulated.choices import Choices

BATCH = 50


class Tally(msgspec.Struct):
    """What a batch of seeds came to; `failed` are its failing seeds, by the property."""

    seeds: int = 0
    events: int = 0
    faults: Counter[str] = msgspec.field(default_factory=Counter)
    executions: Counter[str] = msgspec.field(default_factory=Counter)
    failed: list[tuple[int, str]] = msgspec.field(default_factory=list)

    def add(self, seed: int, outcome: Outcome) -> None:
        self.seeds += 1
        self.events += outcome.events
        self.faults.update(outcome.faults)
        self.executions.update(outcome.ends)
        if outcome.violations:
            self.failed.append((seed, outcome.violations[0].property))

    def join(self, other: Tally) -> None:
        self.seeds += other.seeds
        self.events += other.events
        self.faults += other.faults
        self.executions += other.executions
        self.failed += other.failed


def run_batch(start: int, count: int) -> Tally:
    """Seeds in a row. Cycles are collected between batches, not in a run's midst."""
    tally = Tally()
    for seed in range(start, start + count):
        tally.add(seed, simulate(Choices(seed)))
    gc.collect()
    return tally
