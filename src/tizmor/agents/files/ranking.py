"""Which documents are about the topics, and how much.

Okapi BM25 over fields (Robertson, Zaragoza and Taylor, "Simple BM25 Extension to Multiple Weighted
Fields", 2004): a word in the title or in the path counts as several in the text.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import msgspec

from tizmor.agents.files.library import Shelved
from tizmor.text.normalize import words
from tizmor.text.topics import TopicWords

_TITLE_WEIGHT = 4
_PATH_WEIGHT = 3
_SATURATION = 1.2
_LENGTH_MATTERS = 0.6


class Indexed(msgspec.Struct, frozen=True, kw_only=True):
    """A document with its words counted, those of title and path by their weight."""

    shelved: Shelved
    counts: Counter[str]
    length: int


class Ranked(msgspec.Struct, frozen=True, kw_only=True):
    """A document that meets at least one topic. Higher scores are better; 0 without topics."""

    shelved: Shelved
    score: float


def index(documents: Sequence[Shelved]) -> list[Indexed]:
    """The documents with their words counted. Blocks."""
    return [_indexed(shelved) for shelved in documents]


def topic_words(topics: Sequence[str], indexed: Sequence[Indexed]) -> TopicWords:
    """The topics against the words of these documents."""
    return TopicWords(topics, {word for document in indexed for word in document.counts})


def rank(indexed: Sequence[Indexed], topics: TopicWords) -> list[Ranked]:
    """The documents that meet a topic, best first, and of equals the newest first.

    Every word of a topic must stand somewhere in the document; of several topics one is enough,
    and more of them count for more.
    """
    mean_length = sum(d.length for d in indexed) / max(1, len(indexed))
    weights = {word: _rarity(topics.meeting(word), indexed) for word in topics.words}
    ranked = []
    for document in indexed:
        met = topics.met(frozenset(document.counts))
        if met:
            score = sum(
                weights[word] * _strength(document, topics.meeting(word), mean_length)
                for word in dict.fromkeys(w for topic in met for w in topic)
            )
            ranked.append(Ranked(shelved=document.shelved, score=round(score, 4)))
    return sorted(ranked, key=lambda r: (-r.score, -r.shelved.date.toordinal(), r.shelved.path))


def _indexed(shelved: Shelved) -> Indexed:
    counts = Counter(words(shelved.document.text))
    length = counts.total()
    for field, weight in ((shelved.document.title, _TITLE_WEIGHT), (shelved.path, _PATH_WEIGHT)):
        for word in words(field):
            counts[word] += weight
    return Indexed(shelved=shelved, counts=counts, length=length)


def _rarity(meeting: frozenset[str], indexed: Sequence[Indexed]) -> float:
    holding = sum(not meeting.isdisjoint(d.counts) for d in indexed)
    return math.log(1 + (len(indexed) - holding + 0.5) / (holding + 0.5))


def _strength(document: Indexed, meeting: frozenset[str], mean_length: float) -> float:
    count = sum(document.counts[word] for word in meeting if word in document.counts)
    norm = 1 - _LENGTH_MATTERS + _LENGTH_MATTERS * document.length / max(1.0, mean_length)
    return count * (_SATURATION + 1) / (count + _SATURATION * norm)
