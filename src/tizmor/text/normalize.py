"""Hebrew and English words made comparable.

Folding is Unicode's NFKD without marks (niqqud, accents) and without invisible format characters,
lower-case, with Hebrew final letters as their plain forms. A word's *forms* are what it may stand
for: Hebrew writes "and", "the", "in", "to", "from", "that" and "as" as letters before the word
(ו ה ב ל מ ש כ), so 'הפגישה' has the form 'פגישה'. Two words meet when they share a form. English
gets light suffix stripping (after Harman's S stemmer and Porter's step 1), which is enough to join
inflections and too little to join different words.
"""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable

_FINAL_FORMS = str.maketrans("ךםןףץ", "כמנפצ")
_INSIDE_WORDS = re.compile("(?<=[^\\W\\d_])['’‘`´׳\"״“”](?=[^\\W\\d_])|(?<=[א-ת])['’׳]")
_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W_]+")
_HEBREW = re.compile(r"[א-ת]")
_SHORTEST_BASE = 3
_SHORTEST_BASE_OF_MANY = 4

_PREFIXES = (
    "ו", "ה", "ב", "ל", "מ", "ש", "כ",
    "וה", "וב", "ול", "ומ", "וש", "וכ", "שה", "שב", "של", "שמ", "מה", "כש",
    "ושה", "כשה", "לכש", "מש", "בש", "וכש", "ומה", "ושב",
)  # fmt: skip

_ENGLISH_FUNCTION_WORDS = """
a about above after again all also am an and any are as at be because been before being below
between both but by can could did do does doing down during each few for from further had has have
having he her here hers him his how i if in into is it its just me more most my no nor not now of
off on once only or other our out over own per same she should so some such than that the their
them then there these they this those through to too under until up us very was we were what when
where which while who whom whose why will with would you your across among around every however
many much must since still upon within without yet
"""
_HEBREW_FUNCTION_WORDS = """
של את על עם אל או גם כי לא אם זה זו זאת אלה אלו הוא היא הם הן אני אנחנו אנו אתה את אתם כל כדי כך כן
רק עוד יש אין היה היתה הייתה היו יהיה תהיה יהיו להיות אבל אך אולם לפי בין תוך אחרי לפני עד מאוד
יותר פחות אשר מה מי איך למה מדוע כמה מתי איפה היכן האם איזה איזו אילו לו לה להם לי לנו לך לכם בו
בה בהם בנו ממנו ממנה שלנו שלו שלה שלהם שלי שלך אותו אותה אותם כבר שם פה כאן אז ידי כאשר אף מול
"""


def fold(text: str) -> str:
    """`text` as it is compared: NFKD, no marks, no invisible characters, lower-case, no finals."""
    decomposed = unicodedata.normalize("NFKD", text)
    if not decomposed.isascii():
        decomposed = "".join(c for c in decomposed if unicodedata.category(c) not in ("Mn", "Cf"))
    return decomposed.casefold().translate(_FINAL_FORMS)


def words(text: str) -> list[str]:
    """The folded words and numbers of `text` in order; 12,500 is one word, written 12500."""
    found = _WORD.findall(_INSIDE_WORDS.sub("", fold(text)))
    return [w.replace(",", "") if w[0].isdecimal() else w for w in found]


def content_words(text: str) -> list[str]:
    """The words that say what a text is about: no function words, no single letters."""
    return [w for w in words(text) if is_content(w)]


def is_content(word: str) -> bool:
    """Whether a folded word carries meaning of its own."""
    return word not in STOPWORDS and (len(word) > 1 or word.isdecimal())


def is_hebrew(text: str) -> bool:
    """Whether `text` holds a Hebrew letter."""
    return _HEBREW.search(text) is not None


@functools.lru_cache(maxsize=200_000)
def forms(word: str) -> frozenset[str]:
    """What a folded word may stand for, itself included."""
    if not is_hebrew(word):
        return frozenset({word, _english_stem(word)})
    bases = [word, *_without_prefixes(word)]
    return frozenset(itertools.chain(bases, *map(_singulars, bases)))


@functools.lru_cache(maxsize=200_000)
def roots(word: str) -> frozenset[str]:
    """Coarser forms, which join a Hebrew verb's inflections (אישר, אושר, אישרה): the letters
    without vowel letters inside. For scoring, not for deciding that two words are one."""
    if not is_hebrew(word):
        return forms(word)
    skeletons = {re.sub(r"(?<=.)[וי]", "", re.sub(r"(?<=...)[הת]\Z", "", f)) for f in forms(word)}
    return forms(word) | {s for s in skeletons if len(s) >= _SHORTEST_BASE}


class Lexicon:
    """The words of a collection of texts, by which prefixes are told from letters of the word.

    'בתקציב' is taken as 'תקציב' when 'תקציב' stands in the texts too, bare or behind another
    prefix, and 'ביצוע' stays as it is.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self.counts = Counter(words)
        self._bearers: defaultdict[str, set[str]] = defaultdict(set)
        for word in self.counts:
            for base in _without_prefixes(word) if is_hebrew(word) else ():
                self._bearers[base].add(word)
        self._stems = Counter[str]()
        for word, count in self.counts.items():
            self._stems[self.base(word)] += count

    def base(self, word: str) -> str:
        """One form that stands for all inflections of the word in these texts."""
        if not is_hebrew(word):
            return _english_stem(word)
        for base in sorted(_without_prefixes(word), key=len):
            if self._is_proven(base):
                return self._singular(base)
        return self._singular(word)

    def frequency(self, base: str) -> int:
        """How many words of the texts have this base."""
        return self._stems[base]

    def _is_proven(self, base: str) -> bool:
        return len(self._bearers.get(base, ())) > 1 or any(
            form in self.counts for form in (base, *_singulars(base))
        )

    def _singular(self, base: str) -> str:
        return next((s for s in _singulars(base) if s in self.counts or s in self._bearers), base)


def _without_prefixes(word: str) -> list[str]:
    bases = []
    for prefix in _PREFIXES:
        base = word.removeprefix(prefix)
        shortest = _SHORTEST_BASE if len(prefix) == 1 else _SHORTEST_BASE_OF_MANY
        if base != word and len(base) >= shortest:
            bases.append(base)
    return bases


def _singulars(word: str) -> list[str]:
    """Hebrew nouns as their singular: החלטות is the plural of החלטה, מסמכים of מסמך."""
    if len(word) < _SHORTEST_BASE + 2:
        return []
    if word.endswith("ות"):
        return [word[:-2] + "ה", word[:-2] + "ת"] if word.endswith("יות") else [word[:-2] + "ה"]
    if word.endswith("ימ"):
        return [word[:-2]]
    return []


@functools.lru_cache(maxsize=100_000)
def _english_stem(word: str) -> str:
    if len(word) < 4 or not word.isascii() or not word.isalpha():
        return word
    for suffix, ending, shortest in (
        ("ies", "y", 2), ("sses", "ss", 1), ("ing", "", 3), ("ed", "", 3), ("es", "e", 3),
    ):  # fmt: skip
        if word.endswith(suffix) and len(word) - len(suffix) >= shortest:
            return _without_ending(word.removesuffix(suffix) + ending)
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    return _without_ending(word)


def _without_ending(stem: str) -> str:
    """Planned and plan, price and pricing: a doubled consonant and a last e say nothing."""
    if len(stem) > 3 and stem[-1] == stem[-2] and stem[-1] not in "aeiouls":
        return stem[:-1]
    return stem[:-1] if len(stem) > 3 and stem.endswith("e") else stem


STOPWORDS: frozenset[str] = frozenset(
    fold(_ENGLISH_FUNCTION_WORDS + _HEBREW_FUNCTION_WORDS).split()
)
"""Folded function words of both languages."""
