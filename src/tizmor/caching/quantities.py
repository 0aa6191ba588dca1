"""Numbers, dates, hours and amounts, each as one token whatever they are written like.

An amount is `=Q5400s`, `=Q2d`, `=Q6mo`, `=Q5usd`; a plain number `=25`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from tizmor.caching.dates import MONTHS, ORDINAL_DAYS, dates
from tizmor.caching.hours import AND_QUARTER, QUARTER, clocks, quarters, ranges
from tizmor.caching.numerals import AND_HALF, NUMERALS, PLAIN, digits, numbers
from tizmor.caching.units import BEFORE, HALF, PAIRS, UNITS
from tizmor.text.normalize import fold, is_hebrew

_NUMERALS = frozenset({*NUMERALS, *PAIRS, *HALF, fold("שבת")})
_PARTED = frozenset({*_NUMERALS, *MONTHS, QUARTER})
_AND_THE = frozenset({"בה", "לה", "מה"})
_AN_AMOUNT = re.compile("=Q")
_A_DAY = re.compile("=[DW]")
_NOTHING = re.compile(r"(?!)")
_NAMED = {
    fold(word): followed
    for words, followed in (
        ("חודש month", re.compile("=M")), ("שנת שנה year", re.compile(r"=\d{4}\Z")),
        ("תאריך date יום", _A_DAY), ("שעה השעה", re.compile("=T")),
        ("בת בן באורך במשך בסך אורך שאורכו שאורכה שאורכם שאורכן הנמשכת שנמשכת הנמשכות שנמשכות",
         _AN_AMOUNT),
    )
    for word in words.split()
}  # fmt: skip
"""Words that only name what follows, and what that looks like."""


def quantities(tokens: Sequence[str]) -> list[str]:
    """The tokens with what says how much or when as one each."""
    timed = clocks(quarters(dates(numbers(_parted(tokens)))))
    return _unnamed(_amounts(ranges(timed)))


def _parted(tokens: Sequence[str]) -> list[str]:
    """Hebrew prefixes apart from numerals, months, weekdays and halves."""
    found: list[str] = []
    for word in tokens:
        rest = word[1:]
        if word[:1] in "בלמכהש" and rest in _PARTED and word not in _PARTED:
            found += [word[:1], rest] if word[0] != "ה" or rest not in MONTHS else [rest]
        elif word[:2] in _AND_THE and rest[1:] in ORDINAL_DAYS:
            found += [word[:1], rest[1:]]
        else:
            found.append(word)
    return found


def _unnamed(tokens: Sequence[str]) -> list[str]:
    """Without the word that names what follows: the month of August, שנת 2025, השעה 10:00."""
    found: list[str] = []
    for at, word in enumerate(tokens):
        following = tokens[at + 1] if at + 1 < len(tokens) else ""
        bare_word = word[1:] if word[:1] in "בלמהשכ" and word[1:] in _NAMED else word
        if following == "של" and at + 2 < len(tokens) and _NAMED.get(bare_word) is _AN_AMOUNT:
            following = tokens[at + 2]
        if _NAMED.get(bare_word, _NOTHING).match(following):
            found += [word[0]] if bare_word != word and word[0] in "למ" else []
            continue
        found.append(word)
    return found


def _amounts(tokens: Sequence[str]) -> list[str]:
    found: list[str] = []
    at = 0
    while at < len(tokens):
        amount, after = _amount(tokens, at)
        found.append(amount or tokens[at])
        at = after if amount else at + 1
    return found


def _amount(tokens: Sequence[str], at: int) -> tuple[str | None, int]:
    """A number and its unit, or `a`, `half` and the like before it."""
    word = tokens[at]
    number: Fraction | None = None
    after = at
    if word in PAIRS:
        unit, count = PAIRS[word]
        return _with_half(tokens, at + 1, unit, Fraction(count))
    if word in BEFORE and at + 1 < len(tokens) and _value(tokens[at + 1]) is not None:
        return _said(word, _value(tokens[at + 1]) or Fraction(0)), at + 2
    if word in HALF:
        number, after = Fraction(1, 2), at + 1
        after += after < len(tokens) and tokens[after] in ("a", "an")
    elif word == QUARTER or word == "quarter":
        number, after = Fraction(1, 4), at + 1
        for skipped in ("of", "an"):
            after += after < len(tokens) and tokens[after] == skipped
        if after == at + 1 and word == "quarter":
            return None, at
    elif word in ("a", "an"):
        number, after = Fraction(1), at + 1
    elif (value := _value(word)) is not None:
        number, after = value, at + 1
        if tokens[after : after + 3] == ["and", "a", "half"]:
            number, after = number + Fraction(1, 2), after + 3
        elif after < len(tokens) and tokens[after] == AND_HALF:
            number, after = number + Fraction(1, 2), after + 1
    elif word in UNITS and at + 1 < len(tokens) and tokens[at + 1] in (AND_HALF, AND_QUARTER):
        return _with_half(tokens, at + 1, word, Fraction(1))
    if word in UNITS and is_hebrew(word) and tokens[at + 1 : at + 2] == ["=1"]:
        return _said(word, Fraction(1)), at + 2
    if number is None or after >= len(tokens) or tokens[after] not in UNITS:
        return None, at
    return _with_half(tokens, after + 1, tokens[after], number)


def _with_half(
    tokens: Sequence[str], at: int, unit: str, number: Fraction
) -> tuple[str | None, int]:
    if list(tokens[at : at + 3]) == ["and", "a", "half"]:
        return _said(unit, number + Fraction(1, 2)), at + 3
    if at < len(tokens) and tokens[at] == AND_HALF:
        return _said(unit, number + Fraction(1, 2)), at + 1
    if at < len(tokens) and tokens[at] == AND_QUARTER:
        return _said(unit, number + Fraction(1, 4)), at + 1
    return _said(unit, number), at


def _said(unit: str, number: Fraction) -> str:
    kind, size = UNITS[unit]
    return f"=Q{digits(number * size)}{kind}"


def _value(word: str) -> Fraction | None:
    digits = word.removeprefix("=")
    return Fraction(digits) if PLAIN.match(digits) else None
