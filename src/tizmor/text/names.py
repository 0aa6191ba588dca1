"""Names of people and things compared within a script and across Hebrew and Latin letters.

Within one script names are compared letter by letter (case, accents, points and final letter forms
aside): Cohen and Kohen are two spellings that a person may mean to tell apart. Across scripts one
spelling stands for another as `tizmor.text.transliteration` says. Keys are coarser than both: they
are for looking candidates up.
"""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from difflib import SequenceMatcher

from tizmor.text.transliteration import spells

__all__ = ["closeness", "name_keys", "name_words", "names_meet", "words_meet"]

_MAX_LENGTH = 200
_MAX_KEYS = 64
_LONGEST_COMPARED = 32
_KEYS_COMPARED = 8
"""Comparing two words letter by letter takes time that grows with both."""
_WORD = re.compile(r"[^\W_]+(?:׳[^\W_]*)*")
_APOSTROPHES = re.compile(r"['’‘`´׳]")
_QUOTES = re.compile('["״“”]')
_SPECIAL_LATIN = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ß": "ss", "æ": "ae", "œ": "oe"})
_FINAL_FORMS = str.maketrans("ךםןףץ", "כמנפצ")

_HEBREW_SOUNDS = {
    "א": ("",), "ב": ("v",), "ג": ("g",), "ד": ("d",), "ה": ("", "k"), "ו": ("", "v"),
    "ז": ("z", "s"), "ח": ("k",), "ט": ("t",), "י": ("", "j"), "כ": ("k",), "ל": ("l",),
    "מ": ("m",), "נ": ("n",), "ס": ("s",), "ע": ("",), "פ": ("p",), "צ": ("c",), "ק": ("k",),
    "ר": ("r",), "ש": ("s",), "ת": ("t",), "ג׳": ("j",), "ז׳": ("j",), "צ׳": ("c",),
    "ד׳": ("t",), "ת׳": ("t",),
}  # fmt: skip
_LATIN_SOUNDS = {
    "sch": ("s",), "tch": ("c",), "sh": ("s",), "ch": ("k", "c", "s"), "kh": ("k",), "ck": ("k",),
    "ph": ("p",), "th": ("t",), "tz": ("c",), "ts": ("c",), "zh": ("j",), "dg": ("j",),
    "b": ("v",), "c": ("k", "s"), "d": ("d",), "f": ("p",), "g": ("g", "j"), "h": ("", "k"),
    "j": ("", "j"), "k": ("k",), "l": ("l",), "m": ("m",), "n": ("n",), "p": ("p",), "q": ("k",),
    "r": ("r",), "s": ("s",), "t": ("t",), "v": ("v",), "w": ("v", ""), "x": ("ks",),
    "z": ("z", "c"),
}  # fmt: skip
_HEBREW_UNIT = re.compile(r"[גדזצת]׳|[א-ת]")
_LATIN_UNIT = re.compile("|".join(_LATIN_SOUNDS))


def name_words(text: str) -> tuple[str, ...]:
    """The words of a name as they are compared: folded, in order."""
    return _name_words(text[:_MAX_LENGTH])


def name_keys(text: str) -> frozenset[str]:
    """Keys of the words of `text`, by sound of the consonants and in no script: words that may be
    spellings of one another share one. Words that have neither Hebrew nor Latin letters are their
    own keys."""
    return frozenset(itertools.chain.from_iterable(_word_keys(w) for w in name_words(text)))


def names_meet(a: str, b: str) -> bool:
    """Whether two names may be of one person or thing: every word of the shorter meets a word of
    the longer, each its own."""
    shorter, longer = sorted((name_words(a), name_words(b)), key=len)
    remaining = list(longer)
    for word in shorter:
        met = next((other for other in remaining if _meet(word, other)), None)
        if met is None:
            return False
        remaining.remove(met)
    return bool(shorter)


def words_meet(a: str, b: str) -> bool:
    """Whether two single words are the same, or spell the same across scripts."""
    words = name_words(a), name_words(b)
    return len(words[0]) == len(words[1]) == 1 and _meet(words[0][0], words[1][0])


def closeness(a: str, b: str) -> float:
    """How near two names are, 0 to 1, for suggestions only: 1 when they meet with the same number
    of words, above 0.7 for a slip of the pen. Symmetric."""
    shorter, longer = sorted((name_words(a), name_words(b)), key=lambda words: (len(words), words))
    if not shorter:
        return 0.0
    best = [max(_word_closeness(word, other) for other in longer) for word in shorter]
    return sum(best) / len(best) * (1 - 0.1 * (1 - len(shorter) / len(longer)))


@functools.lru_cache(maxsize=4096)
def _name_words(text: str) -> tuple[str, ...]:
    text = unicodedata.normalize("NFKD", text.casefold()).translate(_SPECIAL_LATIN)
    text = "".join(c for c in text if unicodedata.category(c) not in ("Mn", "Cf"))
    text = _QUOTES.sub("", _APOSTROPHES.sub("׳", text)).translate(_FINAL_FORMS)
    return tuple(filter(None, map(_fold_geresh, _WORD.findall(text))))


def _fold_geresh(word: str) -> str:
    """A geresh changes the sound of a Hebrew letter; elsewhere an apostrophe says nothing."""
    return re.sub(r"(?<![גדזצתט])׳", "", word)


@functools.lru_cache(maxsize=65536)
def _meet(a: str, b: str) -> bool:
    if a == b:
        return True
    if _is_hebrew(a) and _is_latin(b):
        return spells(_plain_latin(b), a)
    if _is_latin(a) and _is_hebrew(b):
        return spells(_plain_latin(a), b)
    return False


def _plain_latin(word: str) -> str:
    word = re.sub(r"\Ax", "z", word).replace("x", "ks")
    return re.sub(r"uy\Z", "ay", word)


def _is_hebrew(word: str) -> bool:
    return all("א" <= c <= "ת" or c == "׳" for c in word)


def _is_latin(word: str) -> bool:
    return all("a" <= c <= "z" for c in word)


@functools.lru_cache(maxsize=65536)
def _word_keys(word: str) -> frozenset[str]:
    if _is_hebrew(word):
        sounds = [_HEBREW_SOUNDS[u] for u in _HEBREW_UNIT.findall(word)]
    elif _is_latin(word):
        sounds = [_LATIN_SOUNDS[u] for u in _LATIN_UNIT.findall(re.sub(r"(.)\1", r"\1", word))]
    else:
        return frozenset({word})
    combinations = itertools.islice(itertools.product(*sounds), _MAX_KEYS)
    return frozenset(re.sub(r"(.)\1+", r"\1", "".join(c)) or "-" for c in combinations)


def _some_keys(word: str) -> list[str]:
    """The first keys of a word: what is alike in sound is so in any of them."""
    return sorted(_word_keys(word))[:_KEYS_COMPARED]


@functools.lru_cache(maxsize=65536)
def _word_closeness(a: str, b: str) -> float:
    if _meet(a, b):
        return 1.0
    if max(len(a), len(b)) > _LONGEST_COMPARED:
        return 0.0
    alike = SequenceMatcher(None, a, b).ratio()
    sound_alike = max(
        SequenceMatcher(None, x, y).ratio() for x in _some_keys(a) for y in _some_keys(b)
    )
    return min(0.95, max(alike, 0.85 * sound_alike))
