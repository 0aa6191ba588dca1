"""The grammar of single days: weekdays, dates, days counted from today."""

from __future__ import annotations

from tizmor.planner.embedded import vocabulary
from tizmor.planner.embedded.matching import (
    Read,
    Tokens,
    is_hebrew,
    lookup,
    says,
    table,
    word,
    year_at,
)
from tizmor.planner.embedded.periods import Date, Offset, Turn, Weekday
from tizmor.planner.embedded.tokens import Kind, peel
from tizmor.planner.embedded.turns import (
    AMBIGUOUS,
    MONTHS,
    TURNS_AFTER,
    TURNS_BEFORE,
    names_a_date,
)
from tizmor.text import calendar_words

WEEKDAYS = table(calendar_words.WEEKDAYS)
_LETTER_DAYS = {"א": 6, "ב": 0, "ג": 1, "ד": 2, "ה": 3, "ו": 4, "ש": 5}


_OFFSETS = table(
    {
        "today היום tonight הערב הלילה": 0,
        "tomorrow מחר": 1,
        "מחרתיים": 2,
        "yesterday אתמול": -1,
        "שלשום": -2,
    }
)


def offset(tokens: Tokens, i: int) -> Read:
    """Today, the day after tomorrow, אתמול."""
    words = [word(tokens, j) for j in range(i, i + 4)]
    for day, days in (("tomorrow", 2), ("yesterday", -2)):
        for start in (0, 1):
            if words[start : start + 3] == ["day", "after" if days > 0 else "before", day]:
                return Offset(days), i + start + 3
    days_off = lookup(tokens, i, _OFFSETS)
    return None if days_off is None else (Offset(days_off), i + 1)


def weekday(tokens: Tokens, i: int) -> Read:
    """Next Tuesday, ביום שלישי הבא; with a date beside it (Monday 30 Nov) it is that date."""
    read = _bare_weekday(tokens, i)
    if read is None:
        return None
    at = read[1] + (word(tokens, read[1]) == ",")
    at += word(tokens, at) in ("the", "on", "ה")
    return date(tokens, at) or read


def dated(tokens: Tokens, i: int) -> Read:
    """A date, and the day of the week that may be said after it."""
    read = date(tokens, i)
    if read is None:
        return None
    at = read[1] + (word(tokens, read[1]) in (",", "("))
    beside = _bare_weekday(tokens, at)
    return (read[0], beside[1]) if beside and beside[0].turn is Turn.BARE else read


def _bare_weekday(tokens: Tokens, i: int) -> tuple[Weekday, int] | None:
    """Next Tuesday, ביום שלישי הבא, יום ג', בשבת."""
    turn = lookup(tokens, i, TURNS_BEFORE) if not is_hebrew(tokens, i) else None
    at = i + 1 if turn else i
    is_day_said = _ends_with_day(tokens, at)
    at += is_day_said
    day = _weekday_name(tokens, at, is_day_said=is_day_said)
    if day is None:
        return None
    after = at + 1
    turn_after = TURNS_AFTER.get(word(tokens, after))
    if not is_day_said and is_hebrew(tokens, at) and not _stands_as_day(tokens, at, turn_after):
        return None
    if turn_after:
        return Weekday(day, turn_after), after + 1
    return Weekday(day, turn or Turn.BARE), after


def _ends_with_day(tokens: Tokens, i: int) -> bool:
    return is_hebrew(tokens, i) and any(rest == "יומ" for _, rest in peel(word(tokens, i)))


def _weekday_name(tokens: Tokens, i: int, *, is_day_said: bool) -> int | None:
    name = word(tokens, i)
    if is_day_said:
        letter = name.rstrip("'")
        return _LETTER_DAYS.get(letter, WEEKDAYS.get(name))
    if name in AMBIGUOUS and not names_a_date(tokens, i):
        return None
    return lookup(tokens, i, WEEKDAYS)


def _stands_as_day(tokens: Tokens, i: int, turn: Turn | None) -> bool:
    """Whether a Hebrew ordinal without יום is a day of the week: בשלישי בעשר, but not דוח שני."""
    if says(tokens, i, "שבת") or turn:
        return bool(turn) or not _sits(tokens, i)
    prefixed = word(tokens, i)[:1] in "בלו" and word(tokens, i) not in WEEKDAYS
    follower = word(tokens, i + 1)
    is_of_month = any(rest in MONTHS for _, rest in peel(follower)) if follower else False
    return prefixed and not is_of_month


def _sits(tokens: Tokens, i: int) -> bool:
    """Whether לשבת is "to sit": after a wish, or before "with"."""
    if word(tokens, i) != "לשבת":
        return False
    before, follower = word(tokens, i - 1), word(tokens, i + 1)
    return before in vocabulary.MODAL or before.endswith("נו") or follower in vocabulary.WITH


def date(tokens: Tokens, i: int) -> Read:
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
    month = lookup(tokens, at, MONTHS)
    if month is not None and not token.quoted:
        year = year_at(tokens, at + 1)
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
    month = lookup(tokens, i, MONTHS)
    if month is None or is_hebrew(tokens, i) or i + 1 >= len(tokens):
        return None
    day = tokens[i + 1]
    if day.kind not in (Kind.NUMBER, Kind.ORDINAL):
        return None
    number_ = int(day.text.rstrip("stndrhSTNDRH"))
    if number_ > 31:
        return None
    at = i + 2 + (word(tokens, i + 2) == ",")
    year = year_at(tokens, at)
    return _valid(number_, month, year, at + 1 if year else i + 2)


def _valid(day: int, month: int, year: int | None, after: int) -> Read:
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    if year is not None and not 1970 <= year <= 2100:
        return None
    return Date(day, month, year), after


def _full_year(year: int) -> int:
    return year + 2000 if year < 100 else year
