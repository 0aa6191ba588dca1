"""Which passages stand for a collection, and which say the same.

Centroid-based extraction (Radev, Jing, Styś and Tam, "Centroid-based summarization of multiple
documents", 2004): a passage is salient when its TF-IDF vector lies near the collection's mean.
Choosing is by maximal marginal relevance (Carbonell and Goldstein, 1998), so that what is chosen
doesn't repeat itself.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from tizmor.text.normalize import Lexicon, content_words

Vector = dict[str, float]
T = TypeVar("T")

_FULL_WORDS = 8
"""Content words from which on a text isn't taken for a fragment."""
_SAME_FROM = 0.72
_LIKENESS_COSTS = 0.6
_MOST_COMPARED = 200
"""Texts with a rare word in common that one text is compared with: the newest kept."""


class Collection:
    """Texts as TF-IDF vectors over the base forms of their content words."""

    def __init__(self, texts: Sequence[str]) -> None:
        tokenized = [content_words(text) for text in texts]
        self.lexicon = Lexicon(word for tokens in tokenized for word in tokens)
        self.bases = [[self.lexicon.base(word) for word in tokens] for tokens in tokenized]
        self._holding = Counter(base for bases in self.bases for base in set(bases))
        self._size = len(texts)
        self.vectors = [self._vector(bases) for bases in self.bases]

    def rarity(self, base: str) -> float:
        """Inverse document frequency, smoothed; at least a little above 0."""
        return math.log((self._size + 1) / (self._holding[base] + 0.5)) + 0.1

    def salience(self) -> list[float]:
        """How much each text stands for all, 0 to 1, in their order."""
        mean: Counter[str] = Counter()
        for vector in self.vectors:
            mean.update(vector)
        length = math.sqrt(sum(w * w for w in mean.values())) or 1.0
        scores = [
            sum(w * mean[b] for b, w in vector.items())
            / length
            * min(1.0, len(bases) / _FULL_WORDS)
            for vector, bases in zip(self.vectors, self.bases, strict=True)
        ]
        highest = max(scores, default=0.0) or 1.0
        return [score / highest for score in scores]

    def _vector(self, bases: Sequence[str]) -> Vector:
        weights = {
            base: (1 + math.log(count)) * self.rarity(base)
            for base, count in Counter(bases).items()
        }
        length = math.sqrt(sum(w * w for w in weights.values())) or 1.0
        return {base: weight / length for base, weight in weights.items()}


def cosine(a: Vector, b: Vector) -> float:
    """The cosine of two vectors of length 1."""
    shorter, longer = (a, b) if len(a) <= len(b) else (b, a)
    return sum(weight * longer.get(base, 0.0) for base, weight in shorter.items())


def choose(scores: Sequence[float], vectors: Sequence[Vector], count: int) -> list[int]:
    """The places of `count` texts that score high and don't repeat one another, best first."""
    left = sorted(range(len(scores)), key=lambda i: -scores[i])[: count * 10]
    chosen: list[int] = []
    while left and len(chosen) < count:
        best = max(left, key=lambda i: scores[i] - _LIKENESS_COSTS * _nearest(i, chosen, vectors))
        left.remove(best)
        chosen.append(best)
    return chosen


def distinct(items: Iterable[T], words_of: Callable[[T], Iterable[str]]) -> list[T]:
    """The items without those that say the same as an earlier one: the same numbers and nearly
    the same words (Jaccard index).

    Only items that share one of their rarest words are compared: sets that are alike enough must
    (prefix filtering; Bayardo, Ma and Srikant, "Scaling up all pairs similarity search", 2007).
    """
    sets = [(item, frozenset(words_of(item))) for item in items]
    frequency = Counter(word for _, words in sets for word in words)
    kept: list[T] = []
    by_rare_word: defaultdict[str, list[frozenset[str]]] = defaultdict(list)
    for item, words in sets:
        ordered = sorted(words, key=lambda word: (frequency[word], word))
        rare = ordered[: len(ordered) - math.ceil(_SAME_FROM * len(ordered)) + 1] or [""]
        if not any(
            _is_same(words, other)
            for word in rare
            for other in by_rare_word[word][-_MOST_COMPARED:]
        ):
            kept.append(item)
            for word in rare:
                by_rare_word[word].append(words)
    return kept


def _is_same(a: frozenset[str], b: frozenset[str]) -> bool:
    if any(word[0].isdecimal() for word in a ^ b):
        return False
    union = len(a | b)
    return union == 0 or len(a & b) / union >= _SAME_FROM


def _nearest(index: int, chosen: Sequence[int], vectors: Sequence[Vector]) -> float:
    return max((cosine(vectors[index], vectors[other]) for other in chosen), default=0.0)
