"""Passages sorted into what an analysis reports, each once, the best of each kind first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence

import msgspec

from tizmor.agents.analysis.cues import (
    has_quantity,
    is_decision,
    is_open,
    is_under_numbers,
    progress_strength,
    strategy_strength,
)
from tizmor.ports.vocabulary import Point
from tizmor.text.normalize import is_hebrew
from tizmor.text.passages import Kind, Passage, clip
from tizmor.text.salience import Collection, distinct

_MAX_DECISIONS = 20
_MAX_OPEN = 20
_MAX_NUMBERS = 15
_MAX_STRATEGY = 8
_LONGEST_POINT = 320
_FEWEST_WORDS = 3
_NEWER_COUNTS = 0.35
_OWN_LANGUAGE_COUNTS = 0.25
_ON_STRATEGY_COUNTS = 0.3


class Weighed(msgspec.Struct, frozen=True, kw_only=True):
    """A passage with what it is worth, and its words as base forms."""

    passage: Passage
    weight: float
    bases: tuple[str, ...]

    @property
    def point(self) -> Point:
        return Point(text=clip(self.passage.text, _LONGEST_POINT), source=self.passage.source)


class Sorted(msgspec.Struct, frozen=True, kw_only=True):
    """What was found of each kind. A passage stands in one of them only."""

    strategy: list[Weighed]
    decisions: list[Weighed]
    open_points: list[Weighed]
    numbers: list[Weighed]
    progress: list[Weighed]
    others: list[Weighed]


def weigh(
    passages: Sequence[Passage], dates: Mapping[str, dt.date], *, language: str
) -> list[Weighed]:
    """The passages that say something, weighed by how much they stand for all of them, how new
    their document is, and whether they are in the reader's language."""
    spoken = [
        p for p in passages if p.kind is not Kind.LABEL and len(p.text.split()) >= _FEWEST_WORDS
    ]
    collection = Collection([p.text for p in spoken])
    newness = _newness(dates)
    return [
        Weighed(
            passage=passage,
            weight=salience
            + _NEWER_COUNTS * newness.get(passage.source, 0.0)
            + _OWN_LANGUAGE_COUNTS * (is_hebrew(passage.text) == (language == "he")),
            bases=tuple(bases),
        )
        for passage, salience, bases in zip(
            spoken, collection.salience(), collection.bases, strict=True
        )
    ]


def sort(weighed: Sequence[Weighed]) -> Sorted:
    """Each passage under the first that it is: decision, open point, strategy, number, progress."""
    left = distinct(sorted(weighed, key=lambda w: -w.weight), lambda w: w.bases)
    decisions, left = _part(left, is_decision)
    open_points, left = _part(left, is_open)
    strategy, left = _part(left, lambda p: strategy_strength(p) > 0)
    numbers, left = _part(left, has_quantity)
    progress, others = _part(left, lambda p: progress_strength(p) > 0)
    strategy.sort(key=lambda w: -(strategy_strength(w.passage) + w.weight))
    decisions.sort(
        key=lambda w: -(w.weight + _ON_STRATEGY_COUNTS * (strategy_strength(w.passage) > 0))
    )
    numbers.sort(
        key=lambda w: -(w.weight + is_under_numbers(w.passage) - (w.passage.kind is Kind.ROW))
    )
    return Sorted(
        strategy=strategy[:_MAX_STRATEGY],
        decisions=decisions[:_MAX_DECISIONS],
        open_points=open_points[:_MAX_OPEN],
        numbers=numbers[:_MAX_NUMBERS],
        progress=_strongest([*progress, *(w for w in numbers if progress_strength(w.passage) > 1)]),
        others=[*others, *strategy[_MAX_STRATEGY:], *numbers[_MAX_NUMBERS:]],
    )


def _strongest(progress: Sequence[Weighed]) -> list[Weighed]:
    return sorted(progress, key=lambda w: -(progress_strength(w.passage) + w.weight))


def _part(
    weighed: Sequence[Weighed], belongs: Callable[[Passage], bool]
) -> tuple[list[Weighed], list[Weighed]]:
    inside: list[Weighed] = []
    outside: list[Weighed] = []
    for one in weighed:
        (inside if belongs(one.passage) else outside).append(one)
    return inside, outside


def _newness(dates: Mapping[str, dt.date]) -> dict[str, float]:
    """0 for the oldest document, 1 for the newest."""
    if not dates:
        return {}
    first, last = min(dates.values()), max(dates.values())
    span = max(1, (last - first).days)
    return {path: (date - first).days / span for path, date in dates.items()}
