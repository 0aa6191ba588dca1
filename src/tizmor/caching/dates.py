"""Dates, months and weekdays, as one token each whatever they are written like.

A date is `=D2025-03-05`, a month `=M2025-03`, a weekday `=W1` (Sunday). What could be read in two
ways, such as 05/11, stays as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tizmor.text.normalize import fold

_ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7,
    "eighth": 8, "ninth": 9, "tenth": 10,
}  # fmt: skip
MONTHS = {
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
ORDINAL_DAYS = {
    fold(word): number
    for number, word in enumerate(
        ("ראשון", "שני", "שלישי", "רביעי", "חמישי", "שישי", "שביעי", "שמיני", "תשיעי", "עשירי"),
        start=1,
    )
}
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})\Z")
_MONTH_OF = re.compile(r"(\d{1,2})[./](\d{4})\Z")
_WRITTEN = re.compile(r"(\d{1,2})([./])(\d{1,2})(?:\2(\d{4}|\d{2}))?\Z")
_NTH = re.compile(r"(\d{1,2})(?:st|nd|rd|th)\Z")


def dates(tokens: Sequence[str]) -> list[str]:
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
    day = _ordinal(word) if _month_follows(tokens, at + 1) else _day_number(word)
    if day is not None:
        after = at + 1
        if after < len(tokens) and tokens[after] in ("of", "ל", "ב"):
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


def _ordinal(word: str) -> int | None:
    for prefix in ("", "ה", "ב"):
        if word.startswith(prefix) and word.removeprefix(prefix) in ORDINAL_DAYS:
            return ORDINAL_DAYS[word.removeprefix(prefix)]
    return None


def _month_follows(tokens: Sequence[str], at: int) -> bool:
    behind = at + (at < len(tokens) and tokens[at] in ("ל", "ב", "של"))
    return (
        behind < len(tokens) and tokens[behind] in MONTHS and _ordinal(tokens[at - 1]) is not None
    )


def _month(word: str) -> int | None:
    return MONTHS.get(word) or (MONTHS.get(word[1:]) if word[:1] in "בלמהש" else None)


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
