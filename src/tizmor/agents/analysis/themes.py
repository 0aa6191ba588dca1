"""What the documents come back to: passages grouped by the terms that they share."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from tizmor.agents.analysis.cues import names_a_kind
from tizmor.agents.analysis.points import Weighed
from tizmor.ports.vocabulary import Theme
from tizmor.text.normalize import is_content, is_hebrew, words

Term = tuple[str, ...]

_MAX_THEMES = 5
_MAX_POINTS = 4
_FEWEST_DOCUMENTS = 2
_FEWEST_PASSAGES = 3
_SHORTEST_TERM = 3
_LARGEST_SHARE = 0.5
"""A term that stands in more of the passages than this tells nothing apart."""
_PAIR_COUNTS = 2.2
_OWN_LANGUAGE_COUNTS = 1.6
_SURFACE = re.compile(r"[^\W\d_]+(?:['’׳\"״][^\W\d_]+)*")


def themes(weighed: Sequence[Weighed], *, without: frozenset[str], language: str) -> list[Theme]:
    """Up to five themes, the widest first, each of up to four points.

    A theme is a term (a word, or two side by side) that at least two documents use; it's chosen
    greedily by how many passages it groups that no theme has yet. `without` are folded words that
    name no theme: the topics themselves, which stand everywhere.
    """
    by_term = _by_term(weighed, without)
    titles = _Surfaces(weighed)
    free = set(range(len(weighed)))
    found: list[Theme] = []
    while len(found) < _MAX_THEMES and by_term:
        worth = {
            term: _worth(term, places & free, weighed, language) for term, places in by_term.items()
        }
        worth = {term: w for term, w in worth.items() if titles.is_a_subject(term)} or {(): 0.0}
        best = max(worth, key=lambda term: (worth[term], term))
        if worth[best] <= 0:
            break
        places = by_term.pop(best) & free
        free -= places
        found.append(_theme(titles.of(best), [weighed[i] for i in sorted(places)]))
        by_term = {t: p for t, p in by_term.items() if set(t).isdisjoint(best)}
    return found


def _by_term(weighed: Sequence[Weighed], without: frozenset[str]) -> dict[Term, set[int]]:
    places: defaultdict[Term, set[int]] = defaultdict(set)
    for index, one in enumerate(weighed):
        for term in _terms(one.bases, without):
            places[term].add(index)
    return {
        term: found
        for term, found in places.items()
        if len(found) >= _FEWEST_PASSAGES
        and len(found) <= max(_FEWEST_PASSAGES, _LARGEST_SHARE * len(weighed))
        and len({weighed[i].passage.source for i in found}) >= _FEWEST_DOCUMENTS
    }


def _terms(bases: Sequence[str], without: frozenset[str]) -> Iterable[Term]:
    def names(base: str) -> bool:
        is_word = len(base) >= _SHORTEST_TERM and base.isalpha()
        return is_word and base not in without

    yield from ((base,) for base in bases if names(base))
    yield from ((a, b) for a, b in itertools.pairwise(bases) if names(a) and names(b))


def _worth(term: Term, places: set[int], weighed: Sequence[Weighed], language: str) -> float:
    sources = {weighed[i].passage.source for i in places}
    if len(places) < _FEWEST_PASSAGES or len(sources) < _FEWEST_DOCUMENTS:
        return 0.0
    rarity = math.log(1 + len(weighed) / len(places))
    own = _OWN_LANGUAGE_COUNTS if is_hebrew(term[0]) == (language == "he") else 1.0
    return (
        len(places) * math.sqrt(len(sources)) * rarity * own * (_PAIR_COUNTS if term[1:] else 1.0)
    )


def _theme(title: str, members: Sequence[Weighed]) -> Theme:
    best = sorted(members, key=lambda w: -w.weight)
    return Theme(title=title, points=tuple(w.point for w in best[:_MAX_POINTS]))


class _Surfaces:
    """How terms are written in the passages, to title themes with."""

    def __init__(self, weighed: Sequence[Weighed]) -> None:
        self._written: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for one in weighed:
            surfaces = [(w[0], s) for s in _SURFACE.findall(one.passage.text) if (w := words(s))]
            content = [(word, surface) for word, surface in surfaces if is_content(word)]
            lettered = [base for base in one.bases if not base[0].isdecimal()]
            for base, (_, surface) in zip(lettered, content, strict=False):
                self._written[base][surface] += 1

    def of(self, term: Term) -> str:
        title = " ".join(self._best(base, self._written) for base in term)
        return title[:1].upper() + title[1:]

    def is_a_subject(self, term: Term) -> bool:
        """Neither a name, which English always writes with a capital, nor a word such as 'decided'
        that only says what kind of passage it stands in."""
        surfaces = [surface for base in term for surface in self._written.get(base, ())]
        is_name = not is_hebrew(term[0]) and all(s[0].isupper() for s in surfaces)
        return not is_name and not any(names_a_kind(w) for s in surfaces for w in words(s))

    @staticmethod
    def _best(base: str, written: Mapping[str, Counter[str]]) -> str:
        """The most usual writing of the bare word; of an inflected one when it's never bare."""
        surfaces = written.get(base) or Counter({base: 1})
        bare = {s: n for s, n in surfaces.items() if words(s) == [base]}
        return max((bare or surfaces).items(), key=lambda item: (item[1], item[0]))[0]
