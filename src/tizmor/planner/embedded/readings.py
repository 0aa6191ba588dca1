"""What each word of a request may mean: its concepts, and the form it has as a verb."""

from __future__ import annotations

import enum
import functools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tizmor.planner.embedded import conjugation, phrasals, vocabulary
from tizmor.planner.embedded.conjugation import Form
from tizmor.planner.embedded.numerals import NUMBERS
from tizmor.planner.embedded.tokens import Kind, Token, fold, peel


class Role(enum.StrEnum):
    """What part a word plays."""

    VERB = "verb"
    NOUN = "noun"
    ASK = "ask"
    FUNCTION = "function"
    UNKNOWN = "unknown"


class Reading(NamedTuple):
    """One way to read a word. `prefix` are the letters peeled off it, `concept` its meaning."""

    role: Role
    concept: str = ""
    form: Form | None = None
    prefix: str = ""


class Word(NamedTuple):
    """A token with all its readings. Later words of an expression are `absorbed` by its first."""

    token: Token
    readings: tuple[Reading, ...]
    absorbed: bool = False

    def reading(self, role: Role) -> Reading | None:
        for reading in self.readings:
            if reading.role is role:
                return reading
        return None

    @property
    def verb(self) -> Reading | None:
        return self.reading(Role.VERB)

    @property
    def noun(self) -> Reading | None:
        return self.reading(Role.NOUN)

    @property
    def asks(self) -> Reading | None:
        return self.reading(Role.ASK)

    @property
    def unknown(self) -> bool:
        return not self.absorbed and self.readings[0].role is Role.UNKNOWN

    @property
    def function(self) -> bool:
        return self.absorbed or self.readings[0].role is Role.FUNCTION

    def is_in(self, words: frozenset[str]) -> bool:
        """Whether the word, with or without a conjunction before it, is one of folded `words`."""
        said = self.token.word
        return said in words or (said[:1] == "ו" and said[1:] in words)


def read(tokens: Sequence[Token]) -> list[Word]:
    """Every token with its readings, expressions of several words recognised."""
    words: list[Word] = []
    while len(words) < len(tokens):
        i = len(words)
        length, reading = _expression(tokens, i)
        if reading is None:
            words.append(Word(tokens[i], _readings_of(tokens[i])))
            continue
        words.append(Word(tokens[i], (reading,)))
        words += [Word(t, (Reading(Role.FUNCTION),), True) for t in tokens[i + 1 : i + length]]
    for i in range(len(words)):
        found = None if words[i].absorbed or tokens[i].quoted else phrasals.find(tokens, i)
        if found is not None and _tells(words, i, found.form):
            found = None
        if found is not None:
            reading = Reading(Role.VERB, found.concept, found.form, found.prefix)
            words[i] = Word(tokens[i], (reading,))
            for j in found.particles:
                words[j] = Word(tokens[j], (Reading(Role.FUNCTION),), True)
    return words


def _tells(words: Sequence[Word], i: int, form: Form) -> bool:
    """Whether a Hebrew form that may be an imperative or the past is the past: מה עבר על הגשר."""
    asked = i > 0 and words[i - 1].asks is not None
    return asked and form in (Form.BASE, Form.PAST) and words[i].token.hebrew


def stems(word: str) -> tuple[str, ...]:
    """Stems that a folded word outside the vocabulary is found by, the likeliest first.

    Light stemming: English plural, -ing and -ed; Hebrew prefixes and plural endings.
    """
    if not "א" <= word[:1] <= "ת":
        return (_english_stem(word),)
    return tuple(dict.fromkeys(_hebrew_stem(rest) for _, rest in peel(word)))


def _english_stem(word: str) -> str:
    word = word.removesuffix("'s")
    for ending, least in (("ing", 4), ("ies", 3), ("ed", 4), ("es", 5), ("s", 3)):
        if word.endswith(ending) and len(word) - len(ending) >= least and word[-2:] != "ss":
            return word[: -len(ending)]
    return word


def _hebrew_stem(word: str) -> str:
    for ending in ("ימ", "ות", "ה", "ת"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def _readings_of(token: Token) -> tuple[Reading, ...]:
    if token.kind is not Kind.WORD:
        return (Reading(Role.FUNCTION if token.kind is Kind.MARK else Role.UNKNOWN),)
    return _lookup(token.word)


@functools.lru_cache(maxsize=8192)
def _lookup(word: str) -> tuple[Reading, ...]:
    if word in _FUNCTION and word not in _VERB and word not in _ASK:
        return (Reading(Role.FUNCTION),)
    found = list(_known(word))
    if not found and word.partition("'")[0] in _ASK and "'" in word:
        found = list(_known(word.partition("'")[0]))
    return tuple(found) or (Reading(Role.UNKNOWN),)


def _known(word: str) -> Iterator[Reading]:
    for prefix, rest in peel(word) if "א" <= word[:1] <= "ת" else [("", word)]:
        if (
            rest in _VERB
            and prefix in ("", "ו", "ש", "וש", "כש", "ה")
            and not (prefix and len(rest) < 3)
        ):
            concept, form = _VERB[rest]
            # An article before an imperative is none: ההסכם is an agreement, not "agree!".
            is_noun = form is Form.PRESENT and rest in _NOUN
            if not is_noun and (prefix != "ה" or form in (Form.PRESENT, Form.PAST)):
                yield Reading(Role.VERB, concept, form, prefix)
        if rest in _NOUN:
            yield Reading(Role.NOUN, _NOUN[rest], None, prefix)
        if rest in _ASK and prefix in ("", "ו", "ל", "ש"):
            yield Reading(Role.ASK, _ASK[rest], None, prefix)
        if prefix[-1:] in ("ב", "ל") and rest in NUMBERS:
            yield Reading(Role.FUNCTION, prefix=prefix)
        if rest in _FUNCTION and (prefix in ("ו", "ש") or (prefix == "ה" and len(rest) > 2)):
            yield Reading(Role.FUNCTION, prefix=prefix)


def _expression(tokens: Sequence[Token], i: int) -> tuple[int, Reading | None]:
    for prefix, first in peel(tokens[i].word):
        for rest, reading in _EXPRESSIONS.get(first, ()):
            following = [t for t in tokens[i + 1 : i + 2 + 2 * len(rest)] if t.text != "-"]
            if [t.word for t in following[: len(rest)]] != list(rest):
                continue
            end = tokens.index(following[len(rest) - 1], i) if rest else i
            return end - i + 1, reading._replace(prefix=prefix)
    return 1, None


def _verbs() -> dict[str, tuple[str, Form]]:
    forms: dict[str, tuple[str, Form]] = {}
    for concept, (english, hebrew) in vocabulary.VERBS.items():
        for verb in english.split():
            base, _, past = verb.partition("/")
            for word, form in conjugation.english(base, past):
                forms.setdefault(fold(word), (concept, form))
        for verb in hebrew.split():
            pattern, _, root = verb.partition(":")
            for word, form in conjugation.hebrew(pattern, root):
                forms.setdefault(fold(word), (concept, form))
    for concept, irregular in vocabulary.IRREGULAR.items():
        for form_name, words in irregular.items():
            forms |= {fold(w): (concept, Form(form_name)) for w in words.split()}
    return forms


def _nouns() -> dict[str, str]:
    nouns = {fold(w): concept for concept, words in vocabulary.NOUNS.items() for w in words.split()}
    return {w + "s": c for w, c in nouns.items() if w.isascii()} | nouns


def _expressions() -> dict[str, list[tuple[tuple[str, ...], Reading]]]:
    kinds = {
        "v": (Role.VERB, Form.BASE),
        "i": (Role.VERB, Form.INFINITIVE),
        "n": (Role.NOUN, None),
        "a": (Role.ASK, None),
    }
    found: dict[str, list[tuple[tuple[str, ...], Reading]]] = {}
    for words, meaning in vocabulary.EXPRESSIONS.items():
        concept, _, kind = meaning.partition(" ")
        role, form = kinds[kind]
        first, *rest = fold(words).split()
        found.setdefault(first, []).append((tuple(rest), Reading(role, concept, form)))
    return found


_VERB = _verbs()
_NOUN = _nouns()
_ASK = {fold(w): concept for concept, words in vocabulary.ASKING.items() for w in words.split()}
_FUNCTION = vocabulary.FUNCTION | vocabulary.WANTING | vocabulary.MODAL | frozenset(NUMBERS)
_EXPRESSIONS = _expressions()
