"""Which passages answer a question, and whether any does.

A passage is scored by how much of the question it covers: each content word counts by its rarity,
fully where the passage has it, less where only its root matches or where it stands in the heading,
the title or the document's date. Names and numbers of the question have no substitute. Below the
threshold nothing is an answer; it was set by measuring (see `docs/reference/agents-documents.md`).
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping, Sequence

import msgspec

from tizmor.text.calendar_words import MONTHS
from tizmor.text.names import words_meet
from tizmor.text.normalize import content_words, fold, forms, is_hebrew, roots, words
from tizmor.text.passages import Kind, Passage

THRESHOLD = 0.58
_MAX_ANSWERS = 3
_NEARLY_AS_GOOD = 0.85
_ROOT_COUNTS = 0.8
_CONTEXT_COUNTS = 0.6
_EXPECTED_COUNTS = 0.12
_NEWER_COUNTS = 0.03
_LONG_FROM_WORDS = 45

_ASKING = frozenset(
    fold(
        "tell say says said written wrote write document documents file files please show give know"
        " find according question answer explain describe much many happened happen there anything"
        " כתוב נאמר אמרו אמר מסמך מסמכים במסמכים קובץ קבצים בבקשה תגיד תגידי ספר לגבי בנוגע"
        " בקשר נושא שאלה ענה תענה הסבר תסביר יודע ידוע קרה"
    ).split()
)
_CAPITALIZED = re.compile(r"(?<=[\w,;:] )[A-Z][\w'’-]+")
_MONTH = "|".join(name for name in MONTHS if len(name) > 3)


class _Expectation(msgspec.Struct, frozen=True):
    """What a question word asks for, and what a passage that has it looks like."""

    asks: re.Pattern[str]
    shows: re.Pattern[str]


_EXPECTATIONS = (
    _Expectation(
        re.compile(
            r"\bhow (?:much|many)\b|\bwhat (?:is|was) the (?:price|cost|budget|rate)\b|"
            r"(?<![א-ת])כמה(?![א-ת])"
        ),
        re.compile(r"\d"),
    ),
    _Expectation(
        re.compile(r"\bwhen\b|\bwhat date\b|(?<![א-ת])(?:מתי|באיזה תאריכ)(?![א-ת])"),
        re.compile(rf"\d{{1,2}}[./]\d{{1,2}}|\d{{4}}-\d{{2}}|(?:{_MONTH})", re.IGNORECASE),
    ),
    _Expectation(
        re.compile(r"\b(?:who|whose|whom)\b|(?<![א-ת])(?:מי|למי|של מי)(?![א-ת])"),
        re.compile(r"\b[A-Z][a-z]+ [A-Z][a-z]+|[א-ת]{2} [א-ת]{2}"),
    ),
)


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """A passage with the share of the question that it covers, 0 to 1, and its score."""

    passage: Passage
    coverage: float
    score: float


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """What answers the question, best first; and the question's words that stand nowhere."""

    answers: list[Evidence]
    unknown_words: list[str]


class _Indexed(msgspec.Struct, frozen=True, kw_only=True):
    passage: Passage
    own: frozenset[str]
    roots: frozenset[str]
    context: frozenset[str]


def search(
    question: str,
    passages: Sequence[Passage],
    *,
    titles: Mapping[str, str],
    dates: Mapping[str, dt.date],
) -> Search:
    """The passages that answer the question; none when none covers enough of it. Blocks."""
    asked = list(dict.fromkeys(w for w in content_words(question) if not _is_asking(w)))
    indexed = [_index(p, titles.get(p.source, ""), dates.get(p.source)) for p in passages]
    matches = {word: [_match(word, one) for one in indexed] for word in asked}
    rarity = {word: _rarity(found) for word, found in matches.items()}
    total = sum(rarity.values())
    if not total:
        return Search(answers=[], unknown_words=[])
    needed = _without_substitute(question) & set(asked)
    evidence = [
        Evidence(
            passage=one.passage,
            coverage=(coverage := sum(rarity[w] * matches[w][i] for w in asked) / total),
            score=coverage + _bonus(question, one.passage, dates),
        )
        for i, one in enumerate(indexed)
        if all(matches[w][i] for w in needed)
    ]
    return Search(
        answers=_best([e for e in evidence if e.coverage >= THRESHOLD]),
        unknown_words=[_as_written(w, question) for w in asked if not any(matches[w])],
    )


def _best(evidence: Sequence[Evidence]) -> list[Evidence]:
    ordered = sorted(evidence, key=lambda e: -e.score)
    floor = ordered[0].score * _NEARLY_AS_GOOD if ordered else 0.0
    distinct = {" ".join(words(e.passage.text)): e for e in reversed(ordered)}
    kept = [e for e in ordered if distinct[" ".join(words(e.passage.text))] is e]
    return [e for e in kept if e.score >= floor][:_MAX_ANSWERS]


def _index(passage: Passage, title: str, date: dt.date | None) -> _Indexed:
    own = words(passage.text)
    around = [*words(passage.heading), *words(title), *_date_words(date)]
    return _Indexed(
        passage=passage,
        own=frozenset(form for word in own for form in forms(word)),
        roots=frozenset(root for word in own for root in roots(word)),
        context=frozenset(form for word in around for form in forms(word)),
    )


def _date_words(date: dt.date | None) -> list[str]:
    if date is None:
        return []
    return [str(date.year), *(fold(name) for name, month in MONTHS.items() if month == date.month)]


def _match(word: str, one: _Indexed) -> float:
    wanted = forms(word)
    if not wanted.isdisjoint(one.own):
        return 1.0
    if not roots(word).isdisjoint(one.roots):
        return _ROOT_COUNTS
    if not wanted.isdisjoint(one.context):
        return _CONTEXT_COUNTS
    if _spelled_otherwise(word, one.own):
        return 1.0
    return _CONTEXT_COUNTS if _spelled_otherwise(word, one.context) else 0.0


def _spelled_otherwise(word: str, present: frozenset[str]) -> bool:
    """Whether the word's name stands there in the other script."""
    if len(word) < 3 or not word.isalpha():
        return False
    hebrew = is_hebrew(word)
    bases = forms(word) if hebrew else {word}
    return any(
        words_meet(base, other)
        for other in present
        if len(other) > 2 and other.isalpha() and is_hebrew(other) != hebrew
        for base in bases
    )


def _rarity(matches: Sequence[float]) -> float:
    holding = sum(m > 0 for m in matches)
    return math.log(1 + (len(matches) + 1) / (holding + 0.5))


def _without_substitute(question: str) -> set[str]:
    """Numbers, and words that English writes with a capital within the sentence."""
    named = [word for name in _CAPITALIZED.findall(question) for word in words(name)]
    numbers = [word for word in words(question) if word[0].isdecimal()]
    return {w for w in [*named, *numbers] if not _is_asking(w) and fold(w) not in MONTHS}


def _as_written(word: str, question: str) -> str:
    written = (piece.strip("?!.,;:\"'()") for piece in question.split())
    return next((piece for piece in written if words(piece) == [word]), word)


def _is_asking(word: str) -> bool:
    return word in _ASKING or not forms(word).isdisjoint(_ASKING)


def _bonus(question: str, passage: Passage, dates: Mapping[str, dt.date]) -> float:
    asked = fold(question)
    expected = sum(
        _EXPECTED_COUNTS
        for expectation in _EXPECTATIONS
        if expectation.asks.search(asked) and expectation.shows.search(passage.text)
    )
    newest = max(dates.values(), default=None)
    date = dates.get(passage.source)
    age = (newest - date).days / 365 if newest and date else 1.0
    is_question = passage.text.rstrip().endswith("?") or passage.kind is Kind.OPEN_BOX
    is_long = len(passage.text.split()) > _LONG_FROM_WORDS
    return (
        expected + _NEWER_COUNTS * (1 - min(1.0, age)) - _EXPECTED_COUNTS * (is_question + is_long)
    )
