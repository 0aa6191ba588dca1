"""Hours of the day, as one token each: `=T15:00`. With no half said, it is one of work."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tizmor.caching.lexicon import each
from tizmor.caching.numerals import AND_HALF
from tizmor.caching.units import UNITS
from tizmor.text.normalize import fold

QUARTER = fold("רבע")
_MINUTES_TO = {"=5": 5, "=10": 10, "=20": 20}
_HOUR = re.compile(r"=(?:[1-9]|1\d|2[0-3])\Z")
_SPANS = frozenset({"to", "until", "till", "and", "ל", "עד", "ו"})
AND_QUARTER = fold("ורבע")
_CLOCK = re.compile(r"(\d{1,2})[:.](\d{2})\Z")
_HOUR_WITH_HALF = re.compile(r"(\d{1,2})(?::(\d{2}))?(am|pm)\Z")
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


def quarters(tokens: Sequence[str]) -> list[str]:
    """Hours by their quarter in Hebrew: רבע לשבע, עשרה לשבע."""
    found: list[str] = []
    at = 0
    while at < len(tokens):
        less = 15 if tokens[at] == QUARTER else _MINUTES_TO.get(tokens[at], 0)
        if (
            less
            and tokens[at + 1 : at + 2] == ["ל"]
            and _HOUR.match("".join(tokens[at + 2 : at + 3]))
        ):
            hour = int(tokens[at + 2][1:])
            is_said = tokens[at] == QUARTER or (at and tokens[at - 1] in _AT)
            if 1 <= hour <= 12 and is_said:
                minutes = (hour % 12 + 12 * (hour <= _LAST_WORKING or hour == 12)) * 60 - less
                found.append(f"{minutes // 60}:{minutes % 60:02}")
                at += 3
                continue
        found.append(tokens[at])
        at += 1
    return found


def ranges(tokens: Sequence[str]) -> list[str]:
    """A number beside an hour, as the other end of a span, is an hour, too: from 8:30 to 10."""
    found = list(tokens)
    for at, word in enumerate(found):
        if word in _SPANS and 0 < at < len(found) - 1:
            before, after = found[at - 1], found[at + 1]
            if before.startswith("=T") and _HOUR.match(after):
                found[at + 1] = _like(before, after)
            elif after.startswith("=T") and _HOUR.match(before):
                found[at - 1] = _like(after, before)
    return found


def _like(known: str, hour: str) -> str:
    number = int(hour[1:])
    if number <= _LAST_WORKING or (number < 12 and known >= "=T12:00" and number <= 8):
        number += 12
    return f"=T{number:02}:00"


def clocks(tokens: Sequence[str]) -> list[str]:
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
    if after < len(tokens) and tokens[after] in (AND_HALF, AND_QUARTER) and is_at:
        minute, after = 30 if tokens[after] == AND_HALF else 15, after + 1
    if after < len(tokens) and tokens[after] == "oclock":
        said, after = True, after + 1
    later: bool | None = None
    skipped = after
    while skipped < len(tokens) and tokens[skipped] in ("in", "the", "at", fold("אחר")):
        skipped += 1
    if skipped < len(tokens) and tokens[skipped] in _MORNING | _LATER:
        later, after, said = tokens[skipped] in _LATER, skipped + 1, True
    if not said or (after < len(tokens) and tokens[after] in UNITS):
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
