"""How much work it is to repeat an event, told before it is done. No I/O.

dateutil walks a rule from its first day on, one period after another; what a rule never meets it
looks for until the year 9999. A stranger's file may hold thousands of such rules.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from typing import Any

import icalendar

_DAYS_A_STEP = {"DAILY": 1, "WEEKLY": 7, "MONTHLY": 30, "YEARLY": 36}
"""Days that one step of work covers; a year is made of its days and takes ten."""
_LAST_YEAR = 9999
_MOST_A_DAY = 24
_LONGEST_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_OFTEN_ENOUGH = 5
"""There is a fifth Monday in some month, and no sixth in any."""
_ORDINAL = re.compile(r"[+-]?(\d+)")


def work_of(events: Iterable[icalendar.Component], until: dt.datetime) -> int:
    """The steps that it takes to repeat these events until then, at least 1.

    Raises `ValueError` for what repeats more than 24 times a day, or by a rule that can't be
    walked.
    """
    return 1 + sum(_work_of(event, until) for event in events)


def _work_of(event: icalendar.Component, until: dt.datetime) -> int:
    start = event.decoded("DTSTART")
    dates = sum(len(listed.dts) for name in ("RDATE", "EXDATE") for listed in _all(event, name))
    rules = [*_all(event, "RRULE"), *_all(event, "EXRULE")]
    return dates + sum(
        _steps(rule, dt.date(*start.timetuple()[:3]), until.date()) for rule in rules
    )


def _all(event: icalendar.Component, name: str) -> Iterator[Any]:
    value = event.get(name)
    yield from value if isinstance(value, list) else [value] if value else []


def _steps(rule: icalendar.vRecur, first: dt.date, until: dt.date) -> int:
    frequency = str(next(iter(rule.get("FREQ", [])), "")).upper()
    a_day = len(rule.get("BYHOUR", [0])) * len(rule.get("BYMINUTE", [0]))
    if frequency not in _DAYS_A_STEP or "BYSECOND" in rule or a_day > _MOST_A_DAY:
        raise ValueError("it repeats too often")
    if any(int(interval) < 1 for interval in rule.get("INTERVAL", [1])):
        raise ValueError("its interval is nothing")
    days = max(0, (until - first).days)
    if _may_never_be_met(rule, frequency):
        days = (_LAST_YEAR - first.year) * 366
    return days * a_day // _DAYS_A_STEP[frequency]


def _may_never_be_met(rule: icalendar.vRecur, frequency: str) -> bool:
    if any(name in rule for name in ("BYYEARDAY", "BYWEEKNO", "BYEASTER")):
        return True
    if frequency in ("DAILY", "WEEKLY") and ("BYMONTHDAY" in rule or "BYSETPOS" in rule):
        return True
    ordinals = [*map(str, rule.get("BYDAY", [])), *map(str, rule.get("BYSETPOS", []))]
    numbers = [int(found[1]) for text in ordinals if (found := _ORDINAL.match(text))]
    return any(number > _OFTEN_ENOUGH for number in numbers) or not _has_a_day(rule)


def _has_a_day(rule: icalendar.vRecur) -> bool:
    """Whether one of the rule's months has one of its days."""
    months = [int(month) for month in rule.get("BYMONTH", range(1, 13))]
    days = [abs(int(day)) for day in rule.get("BYMONTHDAY", [1])]
    return any(min(days) <= _LONGEST_MONTHS[month - 1] for month in months if 0 < month < 13)
