"""Which agents a clause asks for: lexical retrieval over what agents say about themselves.

An agent's phrases are read by the same grammar as requests, so "book a meeting" and לתאם ישיבה
are the same two concepts. A phrase scores by the rarity of its matched terms (the inverse document
frequency of BM25, Robertson and Zaragoza 2009) times the share of the phrase that was matched.
What a verb says goes before what nouns say: nobody who asks to cancel a meeting gets one set.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tizmor.core.agents import AgentSpec
from tizmor.core.plan import Effect
from tizmor.core.schema import fields, type_name
from tizmor.planner.embedded import vocabulary, when
from tizmor.planner.embedded.clauses import Mood
from tizmor.planner.embedded.conjugation import Form
from tizmor.planner.embedded.readings import Role, Word, read, stems
from tizmor.planner.embedded.tokens import Kind, clean, tokenize

COVERAGE = 0.6
"""The share of a phrase's weight that a clause must say."""
_LEAST_FITTING = 0.3
_OBJECT = 1.5
_LIGHT_WEIGHT = 0.3
_FEWEST_LETTERS = 3

Terms = tuple[tuple[str, ...], ...]
"""Terms in order; each as its alternatives, the likeliest first."""


class Query(NamedTuple):
    """What a clause says to the index."""

    terms: Terms
    mood: Mood
    verb: str = ""
    """The concept of the verb that asks."""
    object: str = ""
    """The concept of the first noun after the verb."""
    given: frozenset[str] = frozenset()
    """Names of the types that the clause gives values of."""
    own_time: bool = False
    """Whether time is to be kept for whoever asks, without other people."""


class Hit(NamedTuple):
    agent: AgentSpec
    score: float


class _Entry(NamedTuple):
    spec: AgentSpec
    phrases: tuple[Terms, ...]
    vocabulary: frozenset[str]
    asked: frozenset[str]
    """What the agent is asked by: what its phrases begin with. A noun within a phrase is none:
    who goes over summaries can't be asked to summarize."""
    takes: frozenset[str]
    needs: frozenset[str]
    """Types that only words give and that it must have."""
    makes: frozenset[str]


class Index:
    """The agents' phrases, names and descriptions, ready to be searched."""

    def __init__(self, specs: Sequence[AgentSpec]) -> None:
        self._entries = [_entry(spec) for spec in specs]
        counts = Counter(t for e in self._entries for t in e.vocabulary)
        total = len(self._entries)
        self._idf = {t: math.log(1 + (total - n + 0.5) / (n + 0.5)) for t, n in counts.items()}
        self._rarest = math.log(1 + (total + 0.5) / 0.5)
        self._delivered = frozenset(c for e in self._entries for c in e.makes)

    def delivers(self, concept: str) -> bool:
        """Whether some agent makes what a noun's concept names."""
        return concept in self._delivered

    def search(self, query: Query) -> list[Hit]:
        """The agents that a clause may ask for, best first; empty when it asks for none."""
        hits = [Hit(e.spec, self._score(e, query)) for e in self._entries]
        return sorted((h for h in hits if h.score > 0), key=lambda h: (-h.score, h.agent.name))

    def asked_by(self, verb: str) -> AgentSpec | None:
        """Who reads documents and is asked by a verb."""
        return next(
            (
                e.spec
                for e in self._entries
                if not _verbs_of(verb).isdisjoint(e.asked)
                and "Document" in e.takes
                and "FileName" not in e.takes
                and "RequestText" not in e.takes
                and e.spec.effect is Effect.READ
            ),
            None,
        )

    def mentioned(self, query: Query) -> list[AgentSpec]:
        """The agents that a negated clause means: those whose effect its verb names, or those
        that make what its nouns name; of several the ones that it says best."""
        scores = {h.agent.name: h.score for h in self.search(query)}
        nouns = {a for alternatives in query.terms for a in alternatives[:1]}
        strong = query.verb not in vocabulary.LIGHT | vocabulary.MAKING
        found = [
            e.spec
            for e in self._entries
            if not nouns.isdisjoint(e.makes)
            or (strong and query.verb in e.asked and e.spec.effect is not Effect.READ)
        ] or [e.spec for e in self._entries if e.spec.name in scores]
        best = max((scores.get(s.name, 0.0) for s in found), default=0.0)
        return [s for s in found if scores.get(s.name, 0.0) == best]

    def _score(self, entry: _Entry, query: Query) -> float:
        if not self._is_allowed(entry, query):
            return 0.0
        verbs = _verbs(query)
        said = {a for alternatives in query.terms for a in alternatives} | verbs
        said |= {kind for term in said for kind in vocabulary.KINDS.get(term, ())}
        least = _least_coverage(entry, query)
        best = max((self._phrase(p, said, least) for p in entry.phrases), default=0.0)
        if best == 0.0:
            return 0.0
        if not entry.needs <= query.given:
            best /= 2
        rest = sum(self._weight(t) for t in said & entry.vocabulary)
        fits = 0.25 * len(query.given & entry.takes)
        led = 0.75 if not verbs.isdisjoint(entry.asked) else 0.0
        made = _OBJECT if query.object and query.object in entry.makes else 0.0
        return (
            best + 0.1 * rest + fits + made + (led if query.verb not in vocabulary.LIGHT else 0.0)
        )

    def _is_allowed(self, entry: _Entry, query: Query) -> bool:
        writes = entry.spec.effect is not Effect.READ
        if not entry.spec.parameters and _names_another(entry, query):
            return False
        if entry.spec.critical and query.object in _OTHER_OBJECTS - entry.makes:
            return False
        if query.mood is Mood.QUESTION:
            return not writes and ("RequestText" in entry.takes or not _asks_records(query))
        if not query.verb:
            return True
        if query.verb in vocabulary.LIGHT:
            return not entry.spec.critical
        if query.verb in vocabulary.MAKING:
            nouns = {a for alternatives in query.terms for a in alternatives}
            written = entry.vocabulary & vocabulary.DELIVERABLE
            return not nouns.isdisjoint(entry.makes | written)
        if query.verb in vocabulary.MEANS and not writes:
            return True
        if not _verbs(query).isdisjoint(entry.asked):
            return True
        unheard = query.verb not in vocabulary.KNOWN_VERBS
        made = query.object in entry.makes & vocabulary.DELIVERABLE
        return unheard and made and not entry.spec.critical

    def _phrase(self, phrase: Terms, said: set[str], least: float) -> float:
        whole = sum(self._weight(t[0]) for t in phrase)
        matched = [t for t in phrase if not said.isdisjoint(t)]
        share = sum(self._weight(t[0]) for t in matched)
        if whole == 0 or share / whole < least:
            return 0.0
        if share < whole and all(t[0] in _WEAK for t in matched):
            return 0.0
        return share * share / whole

    def _weight(self, term: str) -> float:
        rarity = self._idf.get(term, self._rarest)
        return rarity * _LIGHT_WEIGHT if term in _WEAK else rarity


def _names_another(entry: _Entry, query: Query) -> bool:
    """Whether something is named that an agent without arguments can do nothing about."""
    if query.given & {"PersonName", "FileName"}:
        return True
    foreign = (t for t in query.terms if entry.vocabulary.isdisjoint(t))
    return "Topic" in query.given and any(t[0] not in vocabulary.CONCEPTS for t in foreign)


def _verbs(query: Query) -> set[str]:
    """The verb that asks, and what asking for it says, too."""
    return _verbs_of(query.verb)


def _verbs_of(verb: str) -> set[str]:
    return {verb, *vocabulary.IMPLIED.get(verb, ())} - {""}


def _asks_records(query: Query) -> bool:
    """Whether a question's verb tells of something written down: who signed, what did it cost."""
    said = {a for alternatives in query.terms for a in alternatives}
    return not said.isdisjoint(vocabulary.ABOUT_RECORDS)


def _least_coverage(entry: _Entry, query: Query) -> float:
    """Less of a phrase need be said when the clause gives the agent people or a time: "book 45
    minutes with Noa" has the verb of "book a meeting", "meeting with Noa at ten" its object."""
    if "FileName" in query.given & entry.takes:
        return _LEAST_FITTING
    fits = not query.given.isdisjoint(entry.takes & {"TimeWish", "Contact"})
    if entry.spec.critical and "Contact" not in query.given and not query.own_time:
        fits = query.object in entry.makes
    if query.verb in vocabulary.MEANS:
        return _LEAST_FITTING if fits and query.object in entry.makes else COVERAGE
    said = query.object in entry.makes or not _verbs(query).isdisjoint(entry.asked)
    return _LEAST_FITTING if fits and said else COVERAGE


def terms(words: Iterable[Word]) -> Terms:
    """What words are found by: concepts, and stems of words that no concept has."""
    listed = list(words)
    found: list[tuple[str, ...]] = []
    for i, word in enumerate(listed):
        if word.absorbed or _is_auxiliary(listed, i):
            continue
        concepts = _concepts(word, first=i == 0)
        if concepts:
            found.append(concepts)
        elif word.token.kind is Kind.FILE:
            found.append(("document",))
        elif word.unknown and len(word.token.word) >= _FEWEST_LETTERS:
            found.append(stems(word.token.word))
        elif word.token.word in _HAVING:
            found.append(("have",))
    return tuple(found)


def _concepts(word: Word, *, first: bool) -> tuple[str, ...]:
    """What a known word means; one that is a noun, too, is a verb only where it leads."""
    noun = word.noun
    readings = [
        r
        for r in word.readings
        if r.role is not Role.VERB or noun is None or first or r.form is not Form.BASE
    ]
    return tuple(dict.fromkeys(r.concept for r in readings if r.concept))


_HAVING = frozenset(("have", "had", "has", "יש"))
_OTHER_OBJECTS = vocabulary.DELIVERABLE | {"contact", "document", "reminder", "task", "email"}
"""What nobody means who wants something critical done, unless the agent makes just that."""
_WEAK = frozenset(vocabulary.ASKING) - {"mine"} | vocabulary.LIGHT | {"have"}


def _is_auxiliary(words: Sequence[Word], i: int) -> bool:
    """Did in "what did we do", "which glass did Dana choose": first, or in a question."""
    if words[i].asks or words[i].token.word not in ("do", "does", "did"):
        return False
    if i == 0 or words[i - 1].asks is not None:
        return True
    follower = words[i + 1].token.word if i + 1 < len(words) else ""
    leads_subject = bool(follower) and follower not in _AFTER_MAIN_VERB
    said_of = words[i - 1].token.word in ("i", "we", "they", "you", "he", "she")
    asked = any(w.asks for w in words[max(0, i - 8) : i])
    return asked and leads_subject and not said_of and words[i].token.word != "do"


_AFTER_MAIN_VERB = vocabulary.folded("in on at with for to about during since from last this and")


def _entry(spec: AgentSpec) -> _Entry:
    texts = spec.phrases or (_spaced(spec.name), spec.description)
    phrases = tuple(t for t in map(_analysed, texts) if t)
    about = _analysed(f"{_spaced(spec.name)}. {spec.description}")
    makes = _analysed(" ".join((*map(_spaced, fields(spec.output, spec.defs)), _made(spec))))
    said = phrases if spec.phrases else (*phrases, *((t,) for t in about))
    return _Entry(
        spec,
        phrases,
        frozenset(a for phrase in said for t in phrase for a in t),
        frozenset(a for phrase in said for a in _leading(phrase)),
        frozenset(type_name(p.schema).removesuffix("[]") for p in spec.parameters),
        frozenset(type_name(p.schema).removesuffix("[]") for p in spec.parameters if p.required)
        & {"PersonName", "FileName"},
        frozenset(a for t in makes for a in t) - {"find"},
    )


def _leading(phrase: Terms) -> tuple[str, ...]:
    """The first term, and the next after a verb that only leads to it: give me a summary."""
    first = phrase[0]
    leads = not vocabulary.LIGHT.union(vocabulary.MAKING).isdisjoint(first)
    return first + phrase[1] if leads and len(phrase) > 1 else first


def _made(spec: AgentSpec) -> str:
    types = [type_name(f).removesuffix("[]") for f in fields(spec.output, spec.defs).values()]
    return _spaced(" ".join([*types, type_name(spec.output)]))


def _spaced(name: str) -> str:
    """WeeklyStatus and weekly_status as words."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", name)


def _analysed(text: str) -> Terms:
    cleaned = clean(text)
    tokens = tokenize(cleaned)
    timed = {i for m in when.mentions(tokens, cleaned) for i in range(m.start, m.end)}
    return terms(w for i, w in enumerate(read(tokens)) if i not in timed)
