"""The grammar of days and periods in both languages: tokens in, `periods` values out.

Every rule looks at the tokens from one index and answers with what it read and the index after
it, or None. The rules are tried in order, the longest readings first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from tizmor.planner.embedded.numerals import ORDINALS, number
from tizmor.planner.embedded.periods import (
    Ahead,
    Date,
    Month,
    Named,
    Offset,
    Quarter,
    Range,
    Stretch,
    Turn,
    Unit,
    Weekday,
    Year,
)
from tizmor.planner.embedded.tokens import Kind, Token, fold, peel
from tizmor.planner.embedded.vocabulary import folded
from tizmor.text.calendar_words import MONTHS, WEEKDAYS

Tokens = Sequence[Token]
Read = tuple[Named, int] | None
T = TypeVar("T")

_MOST = 1000
"""Larger counts of days or weeks are not dates."""


def _vocabulary(words: Mapping[str, T]) -> dict[str, T]:
    return {fold(word): value for key, value in words.items() for word in key.split()}


_MONTHS = _vocabulary(MONTHS)
_WEEKDAYS = _vocabulary(WEEKDAYS)
_LETTER_DAYS = {"א": 6, "ב": 0, "ג": 1, "ד": 2, "ה": 3, "ו": 4, "ש": 5}
_OFFSETS = _vocabulary(
    {
        "today היום tonight הערב הלילה": 0,
        "tomorrow מחר": 1,
        "מחרתיים": 2,
        "yesterday אתמול": -1,
        "שלשום": -2,
    }
)
_UNITS = _vocabulary(
    {
        "day days יום ימים": Unit.DAY,
        "week weeks שבוע שבועות": Unit.WEEK,
        "month months חודש חודשים": Unit.MONTH,
        "quarter quarters רבעון רבעונים": Unit.QUARTER,
        "year years שנה שנים": Unit.YEAR,
    }
)
_TWO_UNITS = _vocabulary(
    {"יומיים": Unit.DAY, "שבועיים": Unit.WEEK, "חודשיים": Unit.MONTH, "שנתיים": Unit.YEAR}
)
_THIS_UNITS = _vocabulary(
    {
        "השבוע": Unit.WEEK,
        "החודש": Unit.MONTH,
        "הרבעון": Unit.QUARTER,
        "השנה": Unit.YEAR,
    }
)
_TURNS_BEFORE = _vocabulary(
    {
        "last past previous": Turn.LAST,
        "this current": Turn.THIS,
        "next coming upcoming following": Turn.NEXT,
    }
)
_TURNS_AFTER = _vocabulary(
    {
        "שעבר שעברה האחרון האחרונה האחרונים האחרונות הקודם הקודמת": Turn.LAST,
        "הזה הזו הזאת הנוכחי הנוכחית": Turn.THIS,
        "הבא הבאה הבאים הבאות הקרוב הקרובה הקרובים הקרובות": Turn.NEXT,
    }
)
_AMBIGUOUS = folded("may march mar sun sat wed mon")
"""Names that are other words, too: only after a preposition, before a number, or capitalised."""
_NAMING = folded("in on last next of since from until by this for during past before after")


def find(tokens: Tokens, i: int) -> tuple[Named | Range, int] | None:
    """The day, period or range of days that starts at token `i`, and the index after it."""
    return _between(tokens, i) or _bounded(tokens, i) or named(tokens, i)


def named(tokens: Tokens, i: int) -> Read:
    """The day or period that starts at token `i`."""
    if i >= len(tokens):
        return None
    skipped = i + 1 if tokens[i].word in ("on", "in", "the", "of", "during") else i
    skipped = skipped + 1 if word(tokens, skipped) == "the" else skipped
    for rule in _RULES:
        if read := rule(tokens, skipped):
            return read
    return None


def word(tokens: Tokens, i: int) -> str:
    return tokens[i].word if 0 <= i < len(tokens) else ""


def lookup(tokens: Tokens, i: int, vocabulary: Mapping[str, T]) -> T | None:
    """What the word at `i` means in `vocabulary`, with or without Hebrew prefix letters."""
    if i >= len(tokens):
        return None
    token = tokens[i]
    if not token.hebrew:
        return vocabulary.get(token.word.removesuffix("'s"))
    return next((vocabulary[rest] for _, rest in peel(token.word) if rest in vocabulary), None)


def says(tokens: Tokens, i: int, said: str) -> bool:
    """Whether the word at `i` is `said`, with or without Hebrew prefix letters."""
    return i < len(tokens) and any(rest == said for _, rest in peel(tokens[i].word))


def _offset(tokens: Tokens, i: int) -> Read:
    words = [word(tokens, j) for j in range(i, i + 4)]
    for day, days in (("tomorrow", 2), ("yesterday", -2)):
        for start in (0, 1):
            if words[start : start + 3] == ["day", "after" if days > 0 else "before", day]:
                return Offset(days), i + start + 3
    days_off = lookup(tokens, i, _OFFSETS)
    return None if days_off is None else (Offset(days_off), i + 1)


def _ahead(tokens: Tokens, i: int) -> Read:
    """In two weeks, three days ago, בעוד שבועיים, לפני חודש."""
    if word(tokens, i) in ("בעוד", "עוד") and (counted := _counted(tokens, i + 1)):
        return Ahead(counted[0], counted[1]), counted[2]
    if word(tokens, i) == "לפני" and (counted := _counted(tokens, i + 1)):
        return Ahead(counted[0], -counted[1]), counted[2]
    counted = _counted(tokens, i)
    if counted is None:
        return None
    unit, count, after = counted
    if word(tokens, after) == "ago":
        return Ahead(unit, -count), after + 1
    if word(tokens, after) == "from" and word(tokens, after + 1) in ("now", "today"):
        return Ahead(unit, count), after + 2
    if word(tokens, i - 1) == "in":
        return Ahead(unit, count), after
    return None


def _counted(tokens: Tokens, i: int) -> tuple[Unit, int, int] | None:
    """A count of units: a week, two weeks, שבועיים, שלושה ימים."""
    if (two := lookup(tokens, i, _TWO_UNITS)) is not None:
        return two, 2, i + 1
    if word(tokens, i) in ("a", "one") and (unit := lookup(tokens, i + 1, _UNITS)):
        return unit, 1, i + 2
    if counted := number(tokens, i):
        count, after = counted
        after += word(tokens, after) == "of"
        unit = lookup(tokens, after, _UNITS)
        return (unit, count, after + 1) if unit and 0 < count <= _MOST else None
    unit = lookup(tokens, i, _UNITS)
    return (unit, 1, i + 1) if unit and tokens[i].hebrew else None


def _stretch(tokens: Tokens, i: int) -> Read:
    """Last week, the past three months, השבוע, בחודש שעבר, השבועיים האחרונים."""
    turn = lookup(tokens, i, _TURNS_BEFORE)
    if turn is not None:
        if (unit := lookup(tokens, i + 1, _UNITS)) is not None:
            return Stretch(unit, turn), i + 2
        counted = _counted(tokens, i + 1)
        return (Stretch(counted[0], turn, counted[1]), counted[2]) if counted else None
    if word(tokens, i) == "אשתקד":
        return Stretch(Unit.YEAR, Turn.LAST), i + 1
    counted = _counted(tokens, i)
    if counted and (turn := _TURNS_AFTER.get(word(tokens, counted[2]))):
        return Stretch(counted[0], turn, counted[1]), counted[2] + 1
    this = lookup(tokens, i, _THIS_UNITS)
    return (Stretch(this, Turn.THIS), i + 1) if this else None


def _weekday(tokens: Tokens, i: int) -> Read:
    """Next Tuesday, ביום שלישי הבא, יום ג', בשבת."""
    turn = lookup(tokens, i, _TURNS_BEFORE) if not _hebrew(tokens, i) else None
    at = i + 1 if turn else i
    is_day_said = _ends_with_day(tokens, at)
    at += is_day_said
    day = _weekday_name(tokens, at, is_day_said=is_day_said)
    if day is None:
        return None
    after = at + 1
    turn_after = _TURNS_AFTER.get(word(tokens, after))
    if not is_day_said and _hebrew(tokens, at) and not _stands_as_day(tokens, at, turn_after):
        return None
    if turn_after:
        return Weekday(day, turn_after), after + 1
    return Weekday(day, turn or Turn.BARE), after


def _ends_with_day(tokens: Tokens, i: int) -> bool:
    return _hebrew(tokens, i) and any(rest == "יומ" for _, rest in peel(word(tokens, i)))


def _weekday_name(tokens: Tokens, i: int, *, is_day_said: bool) -> int | None:
    name = word(tokens, i)
    if is_day_said:
        letter = name.rstrip("'")
        return _LETTER_DAYS.get(letter, _WEEKDAYS.get(name))
    if name in _AMBIGUOUS and not _names_a_date(tokens, i):
        return None
    return lookup(tokens, i, _WEEKDAYS)


def _stands_as_day(tokens: Tokens, i: int, turn: Turn | None) -> bool:
    """Whether a Hebrew ordinal without יום is a day of the week: בשלישי בעשר, but not דוח שני."""
    if says(tokens, i, "שבת") or turn:
        return True
    prefixed = word(tokens, i)[:1] in "בלו" and word(tokens, i) not in _WEEKDAYS
    follower = word(tokens, i + 1)
    is_of_month = any(rest in _MONTHS for _, rest in peel(follower)) if follower else False
    return prefixed and not is_of_month


def _date(tokens: Tokens, i: int) -> Read:
    """3/12, 26.12.2026, 2026-12-26, 26 December, December 26th, ב-26 לחודש, the 26th."""
    if i >= len(tokens):
        return None
    token = tokens[i]
    if token.kind is Kind.ISO:
        year, month, day = map(int, token.text.split("-"))
        return _valid(day, month, year, i + 1)
    if token.kind is Kind.DATE:
        parts = [int(p) for p in token.text.replace(".", "/").split("/")]
        return _valid(parts[0], parts[1], _full_year(parts[2]) if parts[2:] else None, i + 1)
    return _day_then_month(tokens, i) or _month_then_day(tokens, i)


def _day_then_month(tokens: Tokens, i: int) -> Read:
    token = tokens[i]
    if token.kind in (Kind.NUMBER, Kind.ORDINAL):
        day = int(token.text.rstrip("stndrhSTNDRH"))
    elif token.hebrew and says(tokens, i, "ראשונ"):
        day = 1
    else:
        return None
    at = i + 1 + (word(tokens, i + 1) == "of")
    month = lookup(tokens, at, _MONTHS)
    if month is not None and not token.quoted:
        year = _year_at(tokens, at + 1)
        return _valid(day, month, year, at + 1 + (year is not None))
    if word(tokens, at) in ("לחודש", "בחודש") and 0 < day <= 31:
        return Date(day), at + 1
    is_of_month = token.kind is Kind.ORDINAL or (
        token.kind is Kind.NUMBER and day > 24 and token.prefix in ("ב", "ה", "ל")
    )
    if is_of_month and 0 < day <= 31 and not _is_counted_thing(tokens, i):
        return Date(day), i + 1
    return None


def _is_counted_thing(tokens: Tokens, i: int) -> bool:
    """ל-30 דקות is no date, nor is the 4th quarter."""
    follower = word(tokens, i + 1)
    return follower[:3] in ("דקו", "דקה", "min") or follower in ("quarter", "floor", "אחוז", "%")


def _month_then_day(tokens: Tokens, i: int) -> Read:
    month = lookup(tokens, i, _MONTHS)
    if month is None or _hebrew(tokens, i) or i + 1 >= len(tokens):
        return None
    day = tokens[i + 1]
    if day.kind not in (Kind.NUMBER, Kind.ORDINAL):
        return None
    number_ = int(day.text.rstrip("stndrhSTNDRH"))
    if number_ > 31:
        return None
    at = i + 2 + (word(tokens, i + 2) == ",")
    year = _year_at(tokens, at)
    return _valid(number_, month, year, at + 1 if year else i + 2)


def _month(tokens: Tokens, i: int) -> Read:
    """December, last December, December 2024, בדצמבר האחרון, דצמבר של שנה שעברה."""
    turn = lookup(tokens, i, _TURNS_BEFORE) if not _hebrew(tokens, i) else None
    at = i + 1 if turn else i
    at += word(tokens, at) in ("month", "חודש", "בחודש")
    name = word(tokens, at)
    if name in _AMBIGUOUS and not _names_a_date(tokens, at):
        return None
    month = lookup(tokens, at, _MONTHS)
    if month is None:
        return None
    at += 1
    if turn_after := _TURNS_AFTER.get(word(tokens, at)):
        return Month(month, turn=turn_after), at + 1
    comma = at + (word(tokens, at) in ("of", ",", "של"))
    if (year := _year_at(tokens, comma)) is not None:
        return Month(month, year), comma + 1
    if back := _year_back(tokens, comma):
        return Month(month, years_back=1), back
    return Month(month, turn=turn or Turn.BARE), at


def _year_back(tokens: Tokens, i: int) -> int | None:
    """The index after "last year" or שנה שעברה, which may stand after a month."""
    if word(tokens, i) == "last" and word(tokens, i + 1) == "year":
        return i + 2
    if any(rest == "שנה" for _, rest in peel(word(tokens, i))) and (
        _TURNS_AFTER.get(word(tokens, i + 1)) is Turn.LAST
    ):
        return i + 2
    return None


def _quarter(tokens: Tokens, i: int) -> Read:
    """Q4 2025, the fourth quarter, רבעון 4, ברבעון הרביעי של 2025."""
    turn = lookup(tokens, i, _TURNS_BEFORE) if not _hebrew(tokens, i) else None
    at = i + 1 if turn else i
    name = word(tokens, at)
    if len(name) == 2 and name[0] == "q" and name[1] in "1234":
        quarter, at = int(name[1]), at + 1
    elif (ordinal := ORDINALS.get(name)) and word(tokens, at + 1) == "quarter":
        quarter, at = ordinal, at + 2
    elif says(tokens, at, "רבעונ") and (found := _quarter_number(tokens, at + 1)):
        quarter, at = found, at + 2
    else:
        return None
    of = at + (word(tokens, at) in ("of", "של"))
    if (year := _year_at(tokens, of)) is not None:
        return Quarter(quarter, year), of + 1
    return Quarter(quarter, turn=turn or Turn.BARE), at


def _quarter_number(tokens: Tokens, i: int) -> int | None:
    if i < len(tokens) and tokens[i].text in ("1", "2", "3", "4"):
        return int(tokens[i].text)
    return lookup(tokens, i, ORDINALS)


def _year(tokens: Tokens, i: int) -> Read:
    if i >= len(tokens):
        return None
    year = _year_at(tokens, i)
    is_said = tokens[i].prefix[-1:] in ("ב", "מ", "ל") and tokens[i].prefix
    after = word(tokens, i - 1)
    if year and (is_said or after in ("in", "of", "since", "from", "שנת", "בשנת", "during")):
        return Year(year), i + 1
    return None


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
    joined = word(tokens, at) in ("and", "to", "until", "till", "through", "-", "עד", "ועד", "לבינ")
    is_letter = at < len(tokens) and (tokens[at].prefix or word(tokens, at))[:1] in ("ל", "ו")
    if not joined and not is_letter:
        return None
    second = named(tokens, at + joined)
    return (Range(first[0], second[0]), second[1]) if second else None


def _bounded(tokens: Tokens, i: int) -> tuple[Range, int] | None:
    """Until Thursday, since March, before Sunday, עד יום חמישי, אחרי שבת."""
    opener = word(tokens, i)
    make = _BOUNDS.get(opener)
    if make is None:
        return None
    skipped = i + 1 + (word(tokens, i + 1) == "the")
    read = named(tokens, skipped)
    return (make(read[0]), read[1]) if read else None


_BOUNDS: dict[str, Callable[[Named], Range]] = {
    fold(opener): make
    for openers, make in (
        ("until till by עד", lambda n: Range(None, n)),
        ("since מאז", lambda n: Range(n, None)),
        ("before לפני", lambda n: Range(None, n, beyond=True)),
        ("after אחרי", lambda n: Range(n, None, beyond=True)),
    )
    for opener in openers.split()
}


def _valid(day: int, month: int, year: int | None, after: int) -> Read:
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    if year is not None and not 1970 <= year <= 2100:
        return None
    return Date(day, month, year), after


def _full_year(year: int) -> int:
    return year + 2000 if year < 100 else year


def _year_at(tokens: Tokens, i: int) -> int | None:
    if i < len(tokens) and tokens[i].kind is Kind.NUMBER and len(tokens[i].text) == 4:
        year = int(tokens[i].text)
        return year if 1970 <= year <= 2100 else None
    return None


def _names_a_date(tokens: Tokens, i: int) -> bool:
    before = tokens[i - 1] if i else None
    return (
        (
            before is not None
            and (before.word in _NAMING or before.kind is not Kind.WORD)
            and (before.kind is not Kind.MARK)
        )
        or (tokens[i].capitalized and before is not None)
        or (i + 1 < len(tokens) and tokens[i + 1].kind in (Kind.NUMBER, Kind.ORDINAL))
    )


def _hebrew(tokens: Tokens, i: int) -> bool:
    return i < len(tokens) and tokens[i].hebrew


_RULES: tuple[Callable[[Tokens, int], Read], ...] = (
    _offset,
    _ahead,
    _date,
    _quarter,
    _weekday,
    _month,
    _stretch,
    _year,
)
