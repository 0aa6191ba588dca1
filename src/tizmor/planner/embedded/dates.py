"""The grammar of days and periods in both languages: tokens in, `periods` values out.

Every rule looks at the tokens from one index and answers with what it read and the index after
it, or None. The rules are tried in order, the longest readings first.
"""

from __future__ import annotations

from collections.abc import Callable

from tizmor.planner.embedded import days, stretches
from tizmor.planner.embedded.matching import Read, Tokens, lookup, says, table, word
from tizmor.planner.embedded.numerals import ORDINALS
from tizmor.planner.embedded.periods import (
    Ahead,
    Month,
    Named,
    Offset,
    Portion,
    Range,
    Stretch,
    Turn,
    Unit,
    Weekend,
)
from tizmor.planner.embedded.tokens import Kind, fold, peel
from tizmor.planner.embedded.turns import MONTHS, TURNS_AFTER, TURNS_BEFORE

_LATELY = Range(Ahead(Unit.DAY, -30), Offset(0))


def find(tokens: Tokens, i: int) -> tuple[Named | Range, int] | None:
    """The day, period or range of days that starts at token `i`, and the index after it."""
    return _between(tokens, i) or _bounded(tokens, i) or _lately(tokens, i) or _since(tokens, i)


def named(tokens: Tokens, i: int) -> Read:
    """The day or period that starts at token `i`."""
    if i >= len(tokens):
        return None
    skipped = i + 1 if tokens[i].word in ("on", "in", "at", "the", "of", "during") else i
    skipped = skipped + 1 if word(tokens, skipped) == "the" else skipped
    if word(tokens, i) == "at" and not _portion(tokens, skipped):
        return None
    rules = _RULES if tokens[i].kind is Kind.WORD else _RULES_OF_NUMBERS
    for rule in rules:
        if read := rule(tokens, skipped):
            return read
    return None


def _portion(tokens: Tokens, i: int) -> Read:
    """The end of next week, first half of October, early May, סוף החודש, אמצע מרץ."""
    if read := _weekend(tokens, i):
        return read
    of, at = _part_of(tokens, i)
    if of is None:
        return None
    at += word(tokens, at) in ("of", "in", "של")
    at += word(tokens, at) == "the"
    whole = named(tokens, at) or _bare_unit(tokens, at)
    return (Portion(whole[0], *of), whole[1]) if whole else None


def _part_of(tokens: Tokens, i: int) -> tuple[tuple[int, int, int] | None, int]:
    """Which part is said (from, to, of how many), and the index after it."""
    if part := lookup(tokens, i, _PARTS):
        return part, i + 1
    if says(tokens, i, "חצי") or says(tokens, i, "מחצית") or says(tokens, i, "המחצית"):
        half = lookup(tokens, i + 1, ORDINALS)
    else:
        half = ORDINALS.get(word(tokens, i)) if word(tokens, i + 1) == "half" else None
    return ((half - 1, half, 2), i + 2) if half in (1, 2) else (None, i)


def _bare_unit(tokens: Tokens, i: int) -> Read:
    """The week, month or year that it is: the end of the month."""
    unit = lookup(tokens, i, stretches.UNITS)
    return (Stretch(unit, Turn.THIS), i + 1) if unit not in (None, Unit.DAY) else None


def _weekend(tokens: Tokens, i: int) -> Read:
    """The weekend, last weekend, סוף השבוע הבא, סופ"ש."""
    turn = lookup(tokens, i, TURNS_BEFORE) if i < len(tokens) and not tokens[i].hebrew else None
    at = i + 1 if turn else i
    if word(tokens, at) in ("weekend", "weekends") or says(tokens, at, 'סופ"ש'):
        at += 1
    elif says(tokens, at, "סופ") and says(tokens, at + 1, "שבוע"):
        at += 2
    else:
        return None
    after = TURNS_AFTER.get(word(tokens, at))
    return Weekend(after or turn or Turn.BARE), at + (after is not None)


def _week_of(tokens: Tokens, i: int) -> Read:
    """The first week of December, השבוע האחרון של מרץ."""
    if word(tokens, i + 1) == "week":
        which = 4 if word(tokens, i) == "last" else ORDINALS.get(word(tokens, i))
    elif says(tokens, i, "שבוע"):
        is_last = says(tokens, i + 1, "אחרונ") or word(tokens, i + 1) == "האחרונ"
        which = 4 if is_last else lookup(tokens, i + 1, ORDINALS)
    else:
        return None
    at = i + 2 + (word(tokens, i + 2) in ("of", "in", "של"))
    month = stretches.month(tokens, at) if which else None
    if month is None or which is None:
        return None
    return Portion(month[0], which - 1, which, 4), month[1]


def _mid(tokens: Tokens, i: int) -> Read:
    """Mid-October, written as one word."""
    name = word(tokens, i)
    month = MONTHS.get(name.removeprefix("mid-")) if name.startswith("mid-") else None
    return (Portion(Month(month), 1, 2, 3), i + 1) if month else None


def _lately(tokens: Tokens, i: int) -> tuple[Range, int] | None:
    if word(tokens, i) in ("recently", "lately", "לאחרונה"):
        return _LATELY, i + 1
    if word(tokens, i) in ("בזמנ", "בתקופה") and word(tokens, i + 1) in ("האחרונ", "האחרונה"):
        return _LATELY, i + 2
    return None


def _since(tokens: Tokens, i: int) -> tuple[Named | Range, int] | None:
    """What is named; from its beginning on where it says so: מתחילת אוקטובר."""
    read = named(tokens, i)
    if read and isinstance(read[0], Portion) and word(tokens, i)[:1] == "מ":
        opener = next((p for p, rest in peel(word(tokens, i)) if rest in _PARTS), "")
        return (Range(read[0], None), read[1]) if opener[-1:] == "מ" else read
    return read


def _between(tokens: Tokens, i: int) -> tuple[Range, int] | None:
    """Between X and Y, from X to Y, בין X ל-Y, מ-X עד Y."""
    opener = word(tokens, i)
    prefixed = i < len(tokens) and (tokens[i].prefix == "מ" or opener[:1] == "מ")
    if opener in ("between", "from", "בינ", "מאז", "החל"):
        first = named(tokens, i + 1)
    elif prefixed:
        first = named(tokens, i)
    else:
        return None
    if first is None:
        return None
    at = first[1]
    joined = word(tokens, at) in _JOINING
    at += joined
    at += joined and word(tokens, at) in ("until", "till", "to", "the")
    is_letter = at < len(tokens) and (tokens[at].prefix or word(tokens, at))[:1] in ("ל", "ו")
    if not joined and not is_letter:
        return None
    second = named(tokens, at)
    return (Range(first[0], second[0]), second[1]) if second else None


def _bounded(tokens: Tokens, i: int) -> tuple[Range, int] | None:
    """Until Thursday, since March, before Sunday, עד יום חמישי, אחרי שבת."""
    make = _BOUNDS.get(word(tokens, i))
    if make is None:
        return None
    skipped = i + 1 + (word(tokens, i + 1) == "the")
    read = named(tokens, skipped) or _bare_unit(tokens, skipped)
    return (make(read[0]), read[1]) if read else None


def _before(named_: Named) -> Range:
    """Before the end of the week means by it; before Sunday leaves Sunday out."""
    is_end = isinstance(named_, Portion) and named_.last == named_.of_parts
    return Range(None, named_, beyond=not is_end)


_JOINING = frozenset(map(fold, ("and", "to", "until", "till", "through", "-", "עד", "ועד", "לבין")))
_PARTS = table(
    {
        "beginning start early תחילת ראשית": (0, 1, 3),
        "middle mid אמצע": (1, 2, 3),
        "end late סוף שלהי": (2, 3, 3),
    }
)
_BOUNDS: dict[str, Callable[[Named], Range]] = {
    fold(opener): make
    for openers, make in (
        ("until till by עד ועד", lambda n: Range(None, n)),
        ("since מאז", lambda n: Range(n, None)),
        ("before לפני", _before),
        ("after אחרי", lambda n: Range(n, None, beyond=True)),
    )
    for opener in openers.split()
}
_RULES: tuple[Callable[[Tokens, int], Read], ...] = (
    days.offset,
    stretches.ahead,
    days.dated,
    _week_of,
    _portion,
    _mid,
    stretches.quarter,
    days.weekday,
    stretches.month,
    stretches.stretch,
    stretches.year,
)
_RULES_OF_NUMBERS = (stretches.ahead, days.dated, stretches.stretch, stretches.year)
