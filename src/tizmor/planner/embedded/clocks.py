"""The grammar of hours, parts of the day and durations in both languages."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from tizmor.planner.embedded.matching import Tokens, lookup, says, word
from tizmor.planner.embedded.numerals import NUMBERS, number
from tizmor.planner.embedded.tokens import Kind, fold, peel
from tizmor.planner.embedded.vocabulary import folded


class Clock(NamedTuple):
    """An hour as said. `exact`: with am, pm, or in the 24 hour way; else working hours decide."""

    hour: int
    minute: int = 0
    exact: bool = False


class Part(NamedTuple):
    """A part of the day. None is where working hours begin or end."""

    earliest: dt.time | None
    latest: dt.time | None


class Hours(NamedTuple):
    """From an hour to another; None is open."""

    after: Clock | None
    before: Clock | None


class Duration(NamedTuple):
    minutes: int


class Soon(NamedTuple):
    """So many minutes from now."""

    minutes: int


Clocked = Clock | Part | Hours | Duration | Soon

MORNING = Part(None, dt.time(12))
NOON = Part(dt.time(12), dt.time(14))
AFTERNOON = Part(dt.time(12), None)
AFTER_LUNCH = Part(dt.time(13), None)
EVENING = Part(dt.time(17), dt.time(21))
NIGHT = Part(dt.time(20), dt.time(23, 30))

_PARTS = {
    fold(w): part
    for words, part in (
        ("morning mornings בוקר בבוקר הבוקר בקרים בבקרים", MORNING),
        ("lunchtime midday צהריים בצהריים", NOON),
        ('afternoon afternoons אחה"צ', AFTERNOON),
        ("evening evenings tonight ערב בערב הערב", EVENING),
        ("night לילה בלילה הלילה", NIGHT),
    )
    for w in words.split()
}
_MINUTE_WORDS = folded("minute minutes min mins דקה דקות דק'")
_HOUR_WORDS = folded("hour hours hr hrs שעה שעות")
_FRACTIONS = {"half": 30, "quarter": 15, "חצי": 30, "רבע": 15}
_DURATION_OPENERS = folded("for lasting of למשך של על בת")


def find(tokens: Tokens, i: int) -> tuple[Clocked, int] | None:
    """The hour, part of day or duration that starts at token `i`, and the index after it."""
    for rule in (_soon, _duration, _hours, _bounded, _part, _clock_said):
        if read := rule(tokens, i):
            return read
    return None


def _soon(tokens: Tokens, i: int) -> tuple[Soon, int] | None:
    """In an hour, in 20 minutes, בעוד חצי שעה."""
    if word(tokens, i) in ("in", "בעוד") and (length := _length(tokens, i + 1)):
        return Soon(length[0]), length[1]
    return None


def _duration(tokens: Tokens, i: int) -> tuple[Duration, int] | None:
    """For 45 minutes, an hour and a half, לחצי שעה, שעתיים, 45-minute."""
    at = i + 1 if word(tokens, i) in _DURATION_OPENERS else i
    length = _length(tokens, at)
    if length is None:
        return None
    minutes, after = length
    is_hour_of_clock = says(tokens, at, "שעה") and _is_clock(tokens, after)
    is_the_hour = word(tokens, at)[:1] == "ב"
    if is_hour_of_clock or is_the_hour or not 5 <= minutes <= 1440:
        return None
    return Duration(minutes), after


def _length(tokens: Tokens, i: int) -> tuple[int, int] | None:
    """Minutes of the length that starts at `i`."""
    first = word(tokens, i)
    if first.startswith(("hour-", "half-hour")) or first in ("half-hour", "hour-long"):
        return (30 if first.startswith("half") else 60), i + 1
    if first.endswith("-hour") and (hours := NUMBERS.get(first.removesuffix("-hour"))):
        return hours * 60, i + 1
    base, after = _hours_part(tokens, i)
    if base is None:
        return None
    extra, after = _and_fraction(tokens, after)
    return base + extra, after


def _hours_part(tokens: Tokens, i: int) -> tuple[int | None, int]:
    fraction = lookup(tokens, i, _FRACTIONS)
    if fraction is not None:
        at = i + 1 + (word(tokens, i + 1) in ("a", "an", "of"))
        at += word(tokens, at) in ("a", "an")
        if word(tokens, at) == "יומ":
            return 240, at + 1
        return (fraction, at + 1) if word(tokens, at) in ("hour", "שעה") else (None, i)
    if says(tokens, i, "שעתיימ"):
        return 120, i + 1
    if word(tokens, i) in ("a", "an", "one", "full") and word(tokens, i + 1) == "hour":
        return 60, i + 2
    if i < len(tokens) and says(tokens, i, "שעה"):
        return 60, i + 1
    counted = number(tokens, i)
    if counted is None or counted[0] > 1440:
        return None, i
    count, at = counted
    at += word(tokens, at) == "-"
    if word(tokens, at) in _MINUTE_WORDS:
        return count, at + 1
    if word(tokens, at) in _HOUR_WORDS:
        return count * 60, at + 1
    if word(tokens, at) == "רבעי" and word(tokens, at + 1) == "שעה":
        return count * 15, at + 2
    return None, i


def _and_fraction(tokens: Tokens, i: int) -> tuple[int, int]:
    """And a half, וחצי, ורבע, and 20 minutes, ועשרים דקות."""
    if word(tokens, i) == "and":
        at = i + 1 + (word(tokens, i + 1) in ("a", "an"))
        if (fraction := _FRACTIONS.get(word(tokens, at))) and word(tokens, at + 1) != "hour":
            return fraction, at + 1
        return 0, i
    for conjoined, fraction in (("וחצי", 30), ("ורבע", 15)):
        if word(tokens, i) == conjoined:
            return fraction, i + 1
    counted = number(tokens, i) if word(tokens, i)[:1] == "ו" else None
    if counted and word(tokens, counted[1]) in _MINUTE_WORDS and counted[0] < 60:
        return counted[0], counted[1] + 1
    return 0, i


def _hours(tokens: Tokens, i: int) -> tuple[Hours, int] | None:
    """Between 10 and 12, from 9:00 to 11:00, בין 10 ל-12, מ-9 עד 11, 9:00-10:30."""
    opener = word(tokens, i)
    if written := _written_hours(tokens, i + (opener == "at")):
        return written
    if opener in ("between", "from", "בינ"):
        first = _clock(tokens, i + 1)
    elif i < len(tokens) and (tokens[i].prefix == "מ" or opener[:1] == "מ"):
        first = _clock(tokens, i)
    else:
        return None
    if first is None:
        return None
    at = first[1]
    joined = word(tokens, at) in ("and", "to", "until", "till", "-", "עד", "ועד")
    is_letter = at < len(tokens) and (tokens[at].prefix or word(tokens, at))[:1] in ("ל", "ו")
    second = _clock(tokens, at + joined) if joined or is_letter else None
    return (Hours(first[0], second[0]), second[1]) if second else None


def _written_hours(tokens: Tokens, i: int) -> tuple[Hours, int] | None:
    """9:00-10:30, 9:00 to 10:30: two written clocks and what joins them."""
    if not (_has_form(tokens, i) and _has_form(tokens, i + 2)):
        return None
    if word(tokens, i + 1) not in ("-", "to", "until", "till", "עד", "ועד"):
        return None
    first, last = _clock(tokens, i), _clock(tokens, i + 2)
    return (Hours(first[0], last[0]), last[1]) if first and last else None


def _bounded(tokens: Tokens, i: int) -> tuple[Hours, int] | None:
    """After 3, before noon, until 5pm, אחרי 15:00, לפני עשר."""
    opener = word(tokens, i)
    if opener not in _AFTER and opener not in _BEFORE:
        return None
    read = _clock(tokens, i + 1 + (word(tokens, i + 1) in ("השעה", "שעה")))
    if read is None or _is_counted(tokens, read[1]):
        return None
    bound = Hours(read[0], None) if opener in _AFTER else Hours(None, read[0])
    return bound, read[1]


_AFTER = folded("after from אחרי החל")
_BEFORE = folded("before until till by לפני עד")


def _part(tokens: Tokens, i: int) -> tuple[Part, int] | None:
    """In the morning, this afternoon, בבוקר, אחר הצהריים, לפני הצהריים."""
    at = i
    if word(tokens, i) in ("in", "this", "during") or word(tokens, i) == "at":
        at += 1 + (word(tokens, i + 1) == "the")
    if any(rest in ("אחר", "אחרי") for _, rest in peel(word(tokens, at))) and (
        word(tokens, at + 1) in ("הצהריימ", "צהריימ")
    ):
        return AFTERNOON, at + 2
    if word(tokens, at) in ("לפני", "לפנות") and (
        word(tokens, at + 1) in ("הצהריימ", "הצהרימ", "ערב")
    ):
        return (MORNING if word(tokens, at) == "לפני" else EVENING), at + 2
    if word(tokens, at) in ("before", "after") and word(tokens, at + 1) == "lunch":
        return (MORNING if word(tokens, at) == "before" else AFTER_LUNCH), at + 2
    if word(tokens, at) == "first" and word(tokens, at + 1) == "thing":
        return MORNING, at + 2
    at += word(tokens, at) in ("early", "late") and word(tokens, at + 1) in _PARTS
    part = _PARTS.get(word(tokens, at))
    return (part, at + 1) if part else None


def _clock_said(tokens: Tokens, i: int) -> tuple[Clock, int] | None:
    """An hour where one is said to stand: at ten, ב-10:00, בשעה 14, בשלוש וחצי, 10am."""
    opener = word(tokens, i)
    if opener in ("at", "around", "about", "@", "בסביבות", "בערכ"):
        if opener == "about" and not _has_form(tokens, i + 1):
            return None
        return _clock(tokens, i + 1)
    if any(rest == "שעה" for _, rest in peel(opener)):
        return _clock(tokens, i + 1)
    past_or_to = word(tokens, i + 1) in ("past", "to") and (
        opener in _FRACTIONS or (opener in NUMBERS and word(tokens, i + 1) == "past")
    )
    written = _has_form(tokens, i) or _is_oclock(tokens, i)
    if written or past_or_to or _is_hebrew_clock(tokens, i):
        return _clock(tokens, i)
    return None


def _has_form(tokens: Tokens, i: int) -> bool:
    """Whether the token is written as a clock: 10:00, 10am, noon."""
    if i >= len(tokens):
        return False
    return tokens[i].kind is Kind.CLOCK or tokens[i].word in ("noon", "midnight", "בחצות")


def _is_oclock(tokens: Tokens, i: int) -> bool:
    read = number(tokens, i)
    return read is not None and word(tokens, read[1]) in ("o'clock", "oclock")


def _is_hebrew_clock(tokens: Tokens, i: int) -> bool:
    """ב-10, בעשר, רבע לשלוש; not ב-10 מסמכים."""
    if i >= len(tokens):
        return False
    token = tokens[i]
    if says(tokens, i, "רבע") and word(tokens, i + 1)[:1] == "ל":
        return number(tokens, i + 1) is not None
    prefix = token.prefix or (token.word[:1] if token.hebrew else "")
    read = number(tokens, i) if prefix[-1:] in ("ב", "ל") else None
    if read is None or read[0] > 24 or (token.prefix == "" and token.kind is Kind.NUMBER):
        return False
    return not _is_counted(tokens, read[1])


def _is_clock(tokens: Tokens, i: int) -> bool:
    read = _clock(tokens, i)
    return read is not None and word(tokens, i)[:1] != "ו" and not _is_counted(tokens, read[1])


def _is_counted(tokens: Tokens, i: int) -> bool:
    """Whether what stands at `i` is what a number counts: ב-10 מסמכים, after 3 days."""
    if i >= len(tokens):
        return False
    token = tokens[i]
    if token.word in _MINUTE_WORDS | _HOUR_WORDS or token.word in ("%", "אחוז", "percent"):
        return True
    if token.word in ("days", "weeks", "months", "day", "week", "ימימ", "שבועות", "חודשימ"):
        return True
    plural = token.hebrew and token.word.endswith(("ימ", "ות")) and token.word not in _PARTS
    return plural and token.word[:1] not in "בלהוע"


def _clock(tokens: Tokens, i: int) -> tuple[Clock, int] | None:
    """The hour at `i`, with minutes and with the part of day after it."""
    read = _quarter_to(tokens, i) or _plain(tokens, i)
    if read is None:
        return None
    clock, after = read
    part = _part(tokens, after)
    if part is not None and not clock.exact and clock.hour <= 12:
        return within(clock, part[0]), part[1]
    return clock, after


def within(clock: Clock, part: Part) -> Clock:
    """Nine in the evening is 21:00, twelve at night midnight."""
    late = part in (AFTERNOON, EVENING, NIGHT) or (part is NOON and clock.hour < 6)
    hour = clock.hour
    if late and part is NIGHT and hour in (12, 1, 2, 3, 4, 5):
        return Clock(hour % 12, clock.minute, exact=True)
    if late and hour < 12:
        hour += 12
    if part is MORNING and hour == 12:
        hour = 0
    return Clock(hour, clock.minute, exact=True)


def _quarter_to(tokens: Tokens, i: int) -> tuple[Clock, int] | None:
    """Half past three, quarter to ten, רבע לשלוש."""
    at = i + (word(tokens, i) == "a")
    fraction = lookup(tokens, at, _FRACTIONS) or _minutes_beside(tokens, at)
    if fraction is None:
        return None
    link = word(tokens, at + 1)
    if link in ("past", "to"):
        base = _plain(tokens, at + 2)
    elif link[:1] == "ל":
        base = _plain(tokens, at + 1)
    else:
        return None
    if base is None:
        return None
    hour = base[0].hour if link == "past" else (base[0].hour - 1) % 24
    if link != "past" and base[0].hour == 1:
        hour = 12
    return Clock(hour, fraction if link == "past" else 60 - fraction, base[0].exact), base[1]


def _minutes_beside(tokens: Tokens, i: int) -> int | None:
    """Ten to three, twenty past four, עשרה לשלוש."""
    spelled = NUMBERS.get(word(tokens, i).removeprefix("ב"))
    return spelled if spelled in (5, 10, 20, 25) else None


def _plain(tokens: Tokens, i: int) -> tuple[Clock, int] | None:
    if i >= len(tokens):
        return None
    token = tokens[i]
    if token.kind is Kind.CLOCK or (token.kind is Kind.DATE and token.text.count(".") == 1):
        clock = _written(token.text)
        return (clock, i + 1) if clock else None
    if token.word in ("noon", "midday") or any(r == "צהריימ" for _, r in peel(token.word)):
        return Clock(12, exact=True), i + 1
    if token.word in ("midnight", "בחצות", "חצות"):
        return Clock(0, exact=True), i + 1
    counted = number(tokens, i)
    if counted is None or counted[0] > 24:
        return None
    hour, at = counted
    at += word(tokens, at) in ("o'clock", "oclock")
    if fraction := {"וחצי": 30, "ורבע": 15}.get(word(tokens, at)):
        return Clock(hour % 24, fraction, hour > 12), at + 1
    minutes = number(tokens, at)
    if (
        minutes
        and tokens[at].word.isalpha()
        and minutes[0] in (10, 15, 20, 30, 40, 45, 50)
        and word(tokens, minutes[1]) not in _MINUTE_WORDS
    ):
        return Clock(hour % 24, minutes[0], hour > 12), minutes[1]
    return Clock(hour % 24, 0, hour > 12), at


def _written(text: str) -> Clock | None:
    """10:00, 9.30, 10am, 3:15 p.m."""
    half = "p" if "p" in text.lower() else "a" if "a" in text.lower() else ""
    digits = "".join(c if c.isdigit() else " " for c in text).split()
    hour, minute = int(digits[0]), int(digits[1]) if len(digits) > 1 else 0
    if hour > 24 or minute > 59:
        return None
    if half:
        return Clock(hour % 12 + (12 if half == "p" else 0), minute, exact=True)
    return Clock(hour % 24, minute, exact=hour > 12 or hour == 0 or digits[0].startswith("0"))
