"""Every choice of a simulated run, drawn from a seed or taken from a record.

A run draws from several named streams, so that a choice left out of one (a fault, say) doesn't
shift those of the others. In each, 0 is the plainest choice: nothing fails, nobody hurries, first
come first served. A record that ends goes on with zeros. That makes shrinking simple (MacIver and
Donaldson, "Test-Case Reduction via Test-Case Generation", ECOOP 2020): shorten and zero the record,
never the things that are made of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import TypeVar

_T = TypeVar("_T")

Record = Mapping[str, Sequence[int]]
"""What was chosen, by stream."""


class Stream:
    """One sequence of choices. `taken` is what has been chosen so far."""

    def __init__(self, seed: str | None, recorded: Sequence[int]) -> None:
        self.taken: list[int] = []
        self._recorded = recorded
        self._draw = None if seed is None else Random(seed).random  # noqa: S311 - chance, no secret

    def below(self, count: int) -> int:
        """An integer from 0 to `count` - 1."""
        chosen = int(self._draw() * count) if self._draw else min(self._next(), count - 1)
        self.taken.append(chosen)
        return chosen

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        chosen = self._draw() < probability if self._draw else self._next() > 0
        self.taken.append(int(chosen))
        return chosen

    def pick(self, options: Sequence[_T]) -> _T:
        """One of the options, of which the first is the plainest."""
        return options[self.below(len(options))]

    def _next(self) -> int:
        at = len(self.taken)
        return self._recorded[at] if at < len(self._recorded) else 0


class Choices:
    """The streams of one run: of a seed, or of a record."""

    def __init__(self, seed: int | None = None, *, record: Record | None = None) -> None:
        if (seed is None) == (record is None):
            raise ValueError("choices come from a seed or from a record")
        self._seed = seed
        self._record = record or {}
        self._streams: dict[str, Stream] = {}

    def stream(self, name: str) -> Stream:
        if name not in self._streams:
            seed = None if self._seed is None else f"{self._seed}/{name}"
            self._streams[name] = Stream(seed, self._record.get(name, ()))
        return self._streams[name]

    def taken(self) -> dict[str, list[int]]:
        """The record of all that was chosen, without the zeros at the end of each stream."""
        record = {}
        for name in sorted(self._streams):
            chosen = list(self._streams[name].taken)
            while chosen and not chosen[-1]:
                chosen.pop()
            if chosen:
                record[name] = chosen
        return record
