"""Numbers, dates, hours and amounts, each as one token whatever they are written like.

A date is `=D2025-03-05`, an hour `=T15:00`, an amount `=Q5400s`, `=Q2d`, `=Q6mo`, `=Q5usd`; a plain
number `=25`. What could be read in two ways, such as 05/11, stays as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from tizmor.caching.lexicon import each
from tizmor.caching.numerals import AND_HALF, NUMERALS, PLAIN, digits, numbers
from tizmor.text.normalize import fold

_ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7,
    "eighth": 8, "ninth": 9, "tenth": 10,
}  # fmt: skip
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan ינואר", "february feb פברואר", "march mar מרץ מרס", "april apr אפריל",
            "may מאי", "june jun יוני", "july jul יולי", "august aug אוגוסט",
            "september sep sept ספטמבר", "october oct אוקטובר", "november nov נובמבר",
            "december dec דצמבר",
        ),
        start=1,
    )
    for name in map(fold, names.split())
}  # fmt: skip
_WEEKDAYS = {
    name: f"=W{number}"
    for number, names in enumerate(
        ("sunday sun", "monday mon", "tuesday tue tues", "wednesday wed", "thursday thu thurs",
         "friday fri", "saturday sat שבת"),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_HEBREW_WEEKDAYS = {
    fold(name): f"=W{number}"
    for number, names in enumerate(
        ("ראשון", "שני", "שלישי", "רביעי", "חמישי", "שישי ששי", "שבת"), start=1
    )
    for name in names.split()
}
_UNITS = {
    name: (kind, Fraction(size))
    for kind, size, names in (
        ("s", 1, "second seconds sec secs שנייה שניה שניות"),
        ("s", 60, "minute minutes min mins דקה דקות דק"),
        ("s", 3600, "hour hours hr hrs h שעה שעות"),
        ("d", 1, "day days יום ימים ימי"),
        ("d", 7, "week weeks wk wks שבוע שבועות"),
        ("d", 14, "fortnight"),
        ("mo", 1, "month months חודש חודשים"),
        ("mo", 12, "year years yr yrs שנה שנים"),
        ("m", 1, "meter meters metre metres מטר מטרים"),
        ("m", 1000, "kilometer kilometers kilometre kilometres km kms קילומטר קילומטרים קמ"),
        ("mi", 1, "mile miles מייל מיילים"),
        ("g", 1, "gram grams gramme grammes גרם"),
        ("g", 1000, "kilogram kilograms kg kgs kilo kilos קילוגרם קילו קג"),
        ("g", 1000000, "ton tons tonne tonnes טון"),
        ("b", 1000000, "megabyte megabytes mb מגה מגהבייט"),
        ("b", 1000000000, "gigabyte gigabytes gb גיגה גיגהבייט"),
        ("%", 1, "percent % אחוז אחוזים אחוזי"),
        ("usd", 1, "dollar dollars usd $ דולר דולרים"),
        ("eur", 1, "euro euros eur € יורו אירו"),
        ("gbp", 1, "pound pounds gbp £ פאונד"),
        ("ils", 1, "shekel shekels ils nis ₪ שקל שקלים שח שקלי"),
        ("jpy", 1, "yen jpy ¥ ין"),
        ("cny", 1, "yuan cny rmb"),
    )
    for name in map(fold, names.split())
}
_BEFORE = frozenset(["$", "€", "£", "₪", "¥", "usd", "eur", "gbp", "ils", "nis", "jpy"])
_PAIRS = {
    fold(word): (fold(unit), 2)
    for word, unit in (
        ("שעתיים", "שעה"), ("יומיים", "יום"), ("שבועיים", "שבוע"), ("חודשיים", "חודש"),
        ("שנתיים", "שנה"), ("דקותיים", "דקה"),
    )
}  # fmt: skip
_HALF = frozenset({"half", fold("חצי"), fold("מחצית")})
_NUMERALS = frozenset({*NUMERALS, *_PAIRS, *_HALF, fold("שבת")})
_QUARTER = fold("רבע")
_AND_QUARTER = fold("ורבע")
_CLOCK = re.compile(r"(\d{1,2})[:.](\d{2})\Z")
_HOUR_WITH_HALF = re.compile(r"(\d{1,2})(?::(\d{2}))?(am|pm)\Z")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})\Z")
_MONTH_OF = re.compile(r"(\d{1,2})[./](\d{4})\Z")
_WRITTEN = re.compile(r"(\d{1,2})([./])(\d{1,2})(?:\2(\d{4}|\d{2}))?\Z")
_NTH = re.compile(r"(\d{1,2})(?:st|nd|rd|th)\Z")
_MORNING = frozenset({"morning", "am", "a.m", fold("בוקר"), fold("בבוקר")})
_LATER = frozenset(
    {"afternoon", "evening", "pm", "p.m", "night", "tonight", fold("בערב"), fold("בצהריים"),
     fold("ערב"), fold("הצהריים"), fold("צהריים"), fold("אחהצ"), fold("אחרי-הצהריים")}
)  # fmt: skip
_FOLLOWS_AN_HOUR = each("""on in tomorrow today for with and or tonight this next מחר היום ביומ
    וחצי ורבע עם עמ אצל
    או""")
_LAST_WORKING = 5
"""Up to this hour, and from one, an hour is one of the afternoon: the other isn't one of work."""
_AT = frozenset({"at", "oclock", fold("בשעה"), fold("ב")})


def quantities(tokens: Sequence[str]) -> list[str]:
    """The tokens with what says how much or when as one each."""
    return _amounts(_clocks(_dates(numbers(_parted(tokens)))))


def _parted(tokens: Sequence[str]) -> list[str]:
    """Hebrew prefixes apart from numerals, months, weekdays and halves."""
    found: list[str] = []
    for word in tokens:
        rest = word[1:]
        if word[:1] in "בלמכהש" and rest in _NUMERALS and word not in _NUMERALS:
            found += [word[:1], rest]
        else:
            found.append(word)
    return found


def _dates(tokens: Sequence[str]) -> list[str]:
    found: list[str] = []
    at = 0
    while at < len(tokens):
        date, after = _date(tokens, at)
        found.append(date or tokens[at])
        at = after if date else at + 1
    return found


def _date(tokens: Sequence[str], at: int) -> tuple[str | None, int]:
    word = tokens[at]
    if iso := _ISO.match(word):
        return _day(iso[1], iso[2], iso[3]), at + 1
    if (month_of := _MONTH_OF.match(word)) and 1 <= int(month_of[1]) <= 12:
        return f"=M{month_of[2]}-{int(month_of[1]):02}", at + 1
    if written := _WRITTEN.match(word):
        day, mark, month, year = written.groups()
        is_day_first = mark == "." or int(day) > 12
        if not is_day_first and int(month) <= 12:
            return None, at + 1
        if not is_day_first:
            day, month = month, day
        if not 1 <= int(month) <= 12 or not 1 <= int(day) <= 31:
            return None, at + 1
        return _day(_whole_year(year), month, day), at + 1
    if (day := _day_number(word)) is not None:
        after = at + 1
        if after < len(tokens) and tokens[after] in ("of", "ל"):
            after += 1
        if after < len(tokens) and (month := _month(tokens[after])):
            year, after = _year(tokens, after + 1)
            return _day(year, month, day), after
    if (month := _month(word)) and at + 1 < len(tokens):
        day = _day_number(tokens[at + 1])
        if day is not None:
            year, after = _year(tokens, at + 2)
            return _day(year, month, day), after
    if month and word != "may" and word != "mar":
        year, after = _year(tokens, at + 1)
        return f"=M{year or ''}-{month:02}", after
    if word in _WEEKDAYS and word not in ("sun", "sat", "mon", "wed"):
        return _WEEKDAYS[word], at + 1
    if word in ("יומ", "ביומ", "ליומ", "מיומ") and at + 1 < len(tokens):
        following = tokens[at + 1].removeprefix("ה") or tokens[at + 1]
        following = tokens[at + 1] if tokens[at + 1] in _HEBREW_WEEKDAYS else following
        if following in _HEBREW_WEEKDAYS:
            return _HEBREW_WEEKDAYS[following], at + 2
        if tokens[at + 1] == "=2":
            return _HEBREW_WEEKDAYS[fold("שני")], at + 2
    return None, at + 1


def _month(word: str) -> int | None:
    return _MONTHS.get(word) or (_MONTHS.get(word[1:]) if word[:1] in "בלמהש" else None)


def _day_number(word: str) -> int | None:
    if nth := _NTH.match(word):
        return int(nth[1])
    if word in _ORDINALS and word != "second":
        return _ORDINALS[word]
    number = word.removeprefix("ה").removeprefix("-").removeprefix("=")
    return int(number) if number.isdecimal() and 1 <= int(number) <= 31 else None


def _year(tokens: Sequence[str], at: int) -> tuple[str, int]:
    if at < len(tokens):
        year = tokens[at].removeprefix("=")
        if year.isdecimal() and len(year) == 4:
            return year, at + 1
    return "", at


def _whole_year(year: str | None) -> str:
    return "" if year is None else f"20{year}" if len(year) == 2 else year


def _day(year: str, month: int | str, day: int | str) -> str:
    return f"=D{year}-{int(month):02}-{int(day):02}"


def _clocks(tokens: Sequence[str]) -> list[str]:
    """Hours of the day. With no half said, it is the one inside working hours."""
    found: list[str] = []
    at = 0
    while at < len(tokens):
        word = tokens[at]
        minutes, after = _minutes(tokens, at, is_at=bool(found) and found[-1] in _AT)
        if minutes is None:
            found.append(word)
            at += 1
            continue
        while found and found[-1] in _AT:
            found.pop()
        found.append(f"=T{minutes // 60:02}:{minutes % 60:02}")
        at = after
    return found


def _minutes(tokens: Sequence[str], at: int, *, is_at: bool) -> tuple[int | None, int]:
    word = tokens[at]
    past, behind = _past(tokens, at)
    if past is not None:
        return past, behind
    if word in ("noon", "midday"):
        return 720, at + 1
    if word == "midnight" or word == fold("חצות"):
        return 0, at + 1
    if half := _HOUR_WITH_HALF.match(word):
        return _of_day(int(half[1]), int(half[2] or 0), half[3] == "pm"), at + 1
    clock = _CLOCK.match(word) if ":" in word else None
    hour, minute = (int(clock[1]), int(clock[2])) if clock else (None, 0)
    after = at + 1
    if hour is None and word.startswith("=") and word[1:].isdecimal():
        hour = int(word[1:])
    if hour is None or hour > 24 or minute > 59:
        return None, at
    said = clock is not None or is_at
    if after < len(tokens) and tokens[after] in (AND_HALF, _AND_QUARTER) and is_at:
        minute, after = 30 if tokens[after] == AND_HALF else 15, after + 1
    if after < len(tokens) and tokens[after] == "oclock":
        said, after = True, after + 1
    later: bool | None = None
    skipped = after
    while skipped < len(tokens) and tokens[skipped] in ("in", "the", "at", fold("אחר")):
        skipped += 1
    if skipped < len(tokens) and tokens[skipped] in _MORNING | _LATER:
        later, after, said = tokens[skipped] in _LATER, skipped + 1, True
    if not said or (after < len(tokens) and tokens[after] in _UNITS):
        return None, at
    if clock is None and later is None and not _ends_an_hour(tokens, after):
        return None, at
    if later is None and 1 <= hour <= _LAST_WORKING and not word.startswith("0"):
        later = True
    return _of_day(hour, minute, bool(later)) if later is not None else hour * 60 + minute, after


def _ends_an_hour(tokens: Sequence[str], at: int) -> bool:
    """Whether an hour may end here: at three offices isn't three o'clock."""
    return at >= len(tokens) or tokens[at] in _FOLLOWS_AN_HOUR or tokens[at].startswith("=")


def _past(tokens: Sequence[str], at: int) -> tuple[int | None, int]:
    """Half past ten, a quarter to six."""
    word, *rest = tokens[at : at + 3]
    if word not in ("half", "quarter") or len(rest) < 2 or rest[0] not in ("past", "to"):
        return None, at
    hour = rest[1].removeprefix("=")
    if not hour.isdecimal() or not 1 <= int(hour) <= 12:
        return None, at
    minutes = int(hour) % 12 * 60 + 720 * (int(hour) <= _LAST_WORKING or int(hour) == 12)
    minutes += 30 if word == "half" else 15 if rest[0] == "past" else -15
    after = at + 3
    while after < len(tokens) and tokens[after] in ("in", "the"):
        after += 1
    if after < len(tokens) and tokens[after] in _MORNING | _LATER:
        minutes = minutes % 720 + 720 * (tokens[after] in _LATER)
        return minutes, after + 1
    return minutes, at + 3


def _of_day(hour: int, minute: int, later: bool) -> int:
    hour = hour % 12 + 12 * later if hour <= 12 else hour
    return hour * 60 + minute


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
    if word in _PAIRS:
        unit, count = _PAIRS[word]
        return _with_half(tokens, at + 1, unit, Fraction(count))
    if word in _BEFORE and at + 1 < len(tokens) and _value(tokens[at + 1]) is not None:
        return _said(word, _value(tokens[at + 1]) or Fraction(0)), at + 2
    if word in _HALF:
        number, after = Fraction(1, 2), at + 1
        after += after < len(tokens) and tokens[after] in ("a", "an")
    elif word == _QUARTER or word == "quarter":
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
    elif word in _UNITS and at + 1 < len(tokens) and tokens[at + 1] in (AND_HALF, _AND_QUARTER):
        return _with_half(tokens, at + 1, word, Fraction(1))
    if number is None or after >= len(tokens) or tokens[after] not in _UNITS:
        return None, at
    return _with_half(tokens, after + 1, tokens[after], number)


def _with_half(
    tokens: Sequence[str], at: int, unit: str, number: Fraction
) -> tuple[str | None, int]:
    if list(tokens[at : at + 3]) == ["and", "a", "half"]:
        return _said(unit, number + Fraction(1, 2)), at + 3
    if at < len(tokens) and tokens[at] == AND_HALF:
        return _said(unit, number + Fraction(1, 2)), at + 1
    if at < len(tokens) and tokens[at] == _AND_QUARTER:
        return _said(unit, number + Fraction(1, 4)), at + 1
    return _said(unit, number), at


def _said(unit: str, number: Fraction) -> str:
    kind, size = _UNITS[unit]
    return f"=Q{digits(number * size)}{kind}"


def _value(word: str) -> Fraction | None:
    digits = word.removeprefix("=")
    return Fraction(digits) if PLAIN.match(digits) else None
