"""Numbers in words, both languages; folded, both genders."""

from __future__ import annotations

from collections.abc import Sequence

from tizmor.planner.embedded.tokens import Kind, Token, fold, peel

_WORDS = {
    1: "one אחד אחת",
    2: "two couple שניים שתיים שני שתי שנים שתים",
    3: "three שלוש שלושה שלושת",
    4: "four ארבע ארבעה ארבעת",
    5: "five חמש חמישה חמשת",
    6: "six שש שישה ששת",
    7: "seven שבע שבעה שבעת",
    8: "eight שמונה שמונת",
    9: "nine תשע תשעה תשעת",
    10: "ten עשר עשרה עשרת",
    11: "eleven",
    12: "twelve",
    15: "fifteen",
    20: "twenty עשרים",
    25: "twenty-five",
    30: "thirty שלושים",
    40: "forty ארבעים",
    45: "forty-five",
    50: "fifty חמישים",
    60: "sixty שישים",
    90: "ninety תשעים",
}
NUMBERS: dict[str, int] = {fold(w): n for n, words in _WORDS.items() for w in words.split()}

ORDINALS: dict[str, int] = {
    fold(word): number
    for number, words in enumerate(
        ("first ראשון ראשונה", "second שני שנייה", "third שלישי", "fourth רביעי רביעית"), 1
    )
    for word in words.split()
}


def number(tokens: Sequence[Token], i: int) -> tuple[int, int] | None:
    """The number that stands at `i`, in digits or in words, and the index after it."""
    if i >= len(tokens):
        return None
    token = tokens[i]
    if token.kind is Kind.NUMBER:
        return int(token.text), i + 1
    for _, rest in peel(token.word):
        if rest in NUMBERS:
            return _compound(tokens, i + 1, NUMBERS[rest])
    return None


def _compound(tokens: Sequence[Token], i: int, first: int) -> tuple[int, int]:
    """Eleven and twelve of Hebrew (אחת עשרה), tens with units (ארבעים וחמש, forty five)."""
    if i < len(tokens):
        word = tokens[i].word
        if word == "עשרה" and first < 10:
            return first + 10, i + 1
        unit = NUMBERS.get(word.removeprefix("ו"), 0)
        joined = word.startswith("ו") or word.isascii()
        if first >= 20 and 0 < unit < 10 and joined:
            return first + unit, i + 1
    return first, i
