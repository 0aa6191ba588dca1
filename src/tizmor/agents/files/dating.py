"""The date of a document by its own words.

Looked for where documents say it, best first: a labelled line of the head ("Date: 3 December
2025", "תאריך: 3.12.2025", front matter), the title, the file's name, a line of the head that is
little else than a date. Dates in running text are about something else. Numeric dates are read day
first, as is written in Hebrew and in most of the world, unless only month first is possible.
"""

from __future__ import annotations

import datetime as dt
import re

from tizmor.text.calendar_words import MONTHS, WEEKDAYS

_HEAD_LINES = 40
_HEAD_CHARACTERS = 3_000
_FIRST_YEAR, _LAST_YEAR = 1980, 2100
_LITTLE_ELSE = 14
"""Letters beside the date in a line that is still a date line: a place, a day's name."""

_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>\d{4}|\d{2}(?!\d))"
_FLAGS = re.IGNORECASE
_ISO = re.compile(r"(?<!\d)(?P<year>\d{4})[-_./](?P<month>\d{1,2})[-_./](?P<day>\d{1,2})(?!\d)")
_COMPACT = re.compile(r"(?<!\d)(?P<year>20\d{2})(?P<month>[01]\d)(?P<day>[0-3]\d)(?!\d)")
_NUMERIC = re.compile(rf"(?<![\d.])(?P<day>\d{{1,2}})([./-])(?P<month>\d{{1,2}})\2{_YEAR}(?![\d])")
_DAY_MONTH = re.compile(
    rf"(?<!\d){_DAY}(?:\s+of)?[\s\-_]+ב?(?P<name>{_MONTH})\.?,?[\s\-_]+{_YEAR}", _FLAGS
)
_MONTH_DAY = re.compile(
    rf"(?<![^\W_])(?P<name>{_MONTH})\.?[\s\-_]+{_DAY},?[\s\-_]+(?P<year>\d{{4}})", _FLAGS
)
_MONTH_YEAR = re.compile(
    rf"(?<![^\W_])ב?(?P<name>{_MONTH})\.?,?[\s\-_]+(?:of\s+)?(?P<year>\d{{4}})(?!\d)", _FLAGS
)
_YEAR_MONTH = re.compile(r"(?<!\d)(?P<year>20\d{2})[-_.](?P<month>0[1-9]|1[0-2])(?![\d])")
_DATES = (_ISO, _COMPACT, _NUMERIC, _DAY_MONTH, _MONTH_DAY)
_MONTH_ONLY = (_MONTH_YEAR, _YEAR_MONTH)

_LABELLED = re.compile(
    r"^\W*(?:(?:meeting |report )?date|dated|written(?: on)?|created|published|"
    r"תאריך(?: ה?(?:פגישה|ישיבה|מסמך|דוח|סיכום))?|נכתב(?: בתאריך| ב)?|פורסם)"
    r"\W{0,6}[:=|]\W*(?P<rest>.{4,60})$",
    _FLAGS | re.MULTILINE,
)
_WEEKDAY = re.compile(rf"\b(?:יום\s+|on\s+)?(?:{'|'.join(WEEKDAYS)})\b", _FLAGS)


def document_date(text: str, *, title: str = "", name: str = "") -> dt.date | None:
    """The date that a document gives itself; None when it gives none.

    A month without a day ("December 2025") counts in the label, the title and the name, as the
    first of that month. `name` is the file's name or path.
    """
    head = "\n".join(text[:_HEAD_CHARACTERS].splitlines()[:_HEAD_LINES])
    for label in _LABELLED.finditer(head):
        if date := date_in(label["rest"]) or _month_in(label["rest"]):
            return date
    return (
        date_in(title) or date_in(name) or _date_line(head) or _month_in(title) or _month_in(name)
    )


def date_in(text: str) -> dt.date | None:
    """The first full date (day, month, year) in `text`."""
    matches = sorted(
        (m for pattern in _DATES for m in pattern.finditer(text)), key=lambda m: m.start()
    )
    return next((date for m in matches if (date := _date_of(m))), None)


def _month_in(text: str) -> dt.date | None:
    for pattern in _MONTH_ONLY:
        if (match := pattern.search(text)) and (date := _date_of(match)):
            return date
    return None


def _date_line(head: str) -> dt.date | None:
    for line in head.splitlines():
        for pattern in _DATES:
            match = pattern.search(line)
            if match and (date := _date_of(match)) and _is_little_else(line, match):
                return date
    return None


def _is_little_else(line: str, match: re.Match[str]) -> bool:
    beside = _WEEKDAY.sub("", line[: match.start()] + line[match.end() :])
    return sum(c.isalnum() for c in beside) <= _LITTLE_ELSE


def _date_of(match: re.Match[str]) -> dt.date | None:
    found = match.groupdict()
    year = int(found["year"])
    year += 2000 if year < 100 else 0
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return None
    month = MONTHS[found["name"].lower()] if "name" in found else int(found["month"])
    day = int(found.get("day") or 1)
    if month > 12 >= day and match.re is _NUMERIC:
        day, month = month, day
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None
