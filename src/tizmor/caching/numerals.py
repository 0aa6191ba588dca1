"""Numbers in words or digits, in English and in Hebrew, as one token each: `=25`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from tizmor.text.normalize import fold

_ONES = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14,
    "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "dozen": 12,
    "אחד": 1, "אחת": 1, "שניים": 2, "שתיים": 2, "שתים": 2, "שתימ": 2, "שני": 2, "שתי": 2,
    "שנים": 2, "שלוש": 3,
    "שלושה": 3, "שלשה": 3, "ארבע": 4, "ארבעה": 4, "חמש": 5, "חמישה": 5, "חמשה": 5, "שש": 6,
    "שישה": 6, "ששה": 6, "שבע": 7, "שבעה": 7, "שמונה": 8, "תשע": 9, "תשעה": 9, "עשר": 10,
    "עשרה": 10, "שלושת": 3, "ארבעת": 4, "חמשת": 5, "ששת": 6, "שבעת": 7, "עשרת": 10,
}  # fmt: skip
_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
    "eighty": 80, "ninety": 90, "עשרים": 20, "שלושים": 30, "ארבעים": 40, "חמישים": 50,
    "שישים": 60, "שבעים": 70, "שמונים": 80, "תשעים": 90,
}  # fmt: skip
_SCALES = {
    "hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "k": 1000,
    "מאה": 100, "מאות": 100, "אלף": 1000, "אלפים": 1000, "מיליון": 10**6, "מליון": 10**6,
    "מיליארד": 10**9,
}  # fmt: skip
_WHOLES = {"מאתיים": 200, "אלפיים": 2000}
_ONES, _TENS, _SCALES, _WHOLES = (
    {fold(word): value for word, value in table.items()}
    for table in (_ONES, _TENS, _SCALES, _WHOLES)
)
_TEEN = frozenset(map(fold, ("עשר", "עשרה")))
NUMERALS = frozenset({*_ONES, *_TENS, *_SCALES, *_WHOLES})
PLAIN = re.compile(r"\d+(?:\.\d+)?\Z")
AND_HALF = fold("וחצי")


def numbers(tokens: Sequence[str]) -> list[str]:
    """Numerals in words, as digits: `twenty`, `five` is `=25`."""
    found: list[str] = []
    at = 0
    while at < len(tokens):
        value, after = _number(tokens, at)
        if value is None:
            found.append(tokens[at])
            at += 1
        else:
            # As it was written: section 3.10 isn't section 3.1.
            is_written = after == at + 1 and PLAIN.match(tokens[at])
            found.append(f"={tokens[at] if is_written else digits(value)}")
            at = after
    return found


def _number(tokens: Sequence[str], at: int) -> tuple[Fraction | None, int]:
    """The number that begins at a token, and where it ends."""
    total = group = last = Fraction(0)
    begun = at
    while at < len(tokens):
        word = tokens[at]
        joined = word[1:] if at > begun and word.startswith("ו") else word
        if PLAIN.match(word) and at == begun:
            group = last = Fraction(word)
        elif joined in _TEEN and 1 <= group % 100 <= 9 and at > begun:
            group, last = group + 10, last + 10
        elif joined in _ONES and group % 10 == 0 and group != 10:
            last = Fraction(_ONES[joined])
            group += last
        elif joined in _TENS and group % 100 == 0:
            last = Fraction(_TENS[joined])
            group += last
        elif joined in _WHOLES:
            total, group = (
                (total + 2000, group) if _WHOLES[joined] == 2000 else (total, group + 200)
            )
        elif joined in _SCALES and (at > begun or len(word) > 1):
            scale = _SCALES[joined]
            if scale == 100:
                group, last = group - last + (last or 1) * 100, Fraction(0)
            else:
                total, group, last = total + (group or 1) * scale, Fraction(0), Fraction(0)
                half = _and_a_half(tokens, at + 1)
                total, at = total + Fraction(scale, 2) * (half > 0), at + half
        elif not (word == "and" and at > begun and _goes_on(tokens, at, total + group)):
            break
        at += 1
    return (None, at) if at == begun else (total + group, at)


def _and_a_half(tokens: Sequence[str], at: int) -> int:
    """How many tokens say so."""
    if list(tokens[at : at + 3]) == ["and", "a", "half"]:
        return 3
    return int(at < len(tokens) and tokens[at] == AND_HALF)


def _goes_on(tokens: Sequence[str], at: int, value: Fraction) -> bool:
    """Whether "and" is a part of the number: a hundred and five."""
    following = tokens[at + 1] if at + 1 < len(tokens) else ""
    return value >= 100 and value % 100 == 0 and (following in _ONES or following in _TENS)


def digits(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"{float(value):g}"
