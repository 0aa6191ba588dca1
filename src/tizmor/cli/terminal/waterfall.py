"""A trace as a waterfall: a line for each span, and beside it when it was, as a bar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.cells import cell_len

from tizmor.cli.terminal.words import words_of
from tizmor.observability import names
from tizmor.observability.names import Part
from tizmor.observability.nesting import extent, in_depth
from tizmor.observability.spans import Span

_BAR, _OPEN, _EMPTY = "█", "…", "·"
_NARROWEST, _WIDEST = 16, 60
_DEEPER = "┊ "
_WELL = "succeeded"
"""How a step ends of which nothing need be said."""
_SHORTEST = "▏"
"""Something that took no time, or less than a letter has room for."""

_ENGLISH = {
    Part.REQUEST: "request",
    Part.PLAN: "planning",
    Part.STEP: "step",
    Part.ATTEMPT: "call",
    Part.HELD: "waits its turn",
    Part.APPROVAL: "waits for approval",
    Part.QUESTION: "waits for an answer",
    Part.RETRY: "until the next try",
    Part.SETTLING: "what became of the call",
    Part.PAUSE: "paused",
    Part.ROLLBACK: "rolling back",
    Part.COMPENSATION: "taking back",
    Part.WORK: "",
    Part.MODEL: "model",
    Part.DATABASE: "database",
}
_HEBREW = {
    Part.REQUEST: "בקשה",
    Part.PLAN: "תכנון",
    Part.STEP: "צעד",
    Part.ATTEMPT: "קריאה",
    Part.HELD: "ממתין לתורו",
    Part.APPROVAL: "מחכה לאישור",
    Part.QUESTION: "מחכה לתשובה",
    Part.RETRY: "עד לניסיון הבא",
    Part.SETTLING: "מה עלה בגורל הקריאה",
    Part.PAUSE: "מושהה",
    Part.ROLLBACK: "ביטול מה שנעשה",
    Part.COMPENSATION: "ביטול",
    Part.WORK: "",
    Part.MODEL: "מודל",
    Part.DATABASE: "מסד נתונים",
}
_PARTS = {"en": _ENGLISH, "he": _HEBREW}
_WENT_WRONG = {
    "en": {
        "failed": "failed",
        "outcome_unknown": "outcome unknown",
        "precondition_lost": "no longer held",
        "interrupted": "interrupted",
    },
    "he": {
        "failed": "נכשל",
        "outcome_unknown": "תוצאה לא ידועה",
        "precondition_lost": "כבר לא תקף",
        "interrupted": "נקטע",
    },
}


def waterfall(spans: Sequence[Span], language: str, *, width: int) -> list[tuple[str, ...]]:
    """Rows of how long, what and when; a whole above its parts, all as wide as `width` allows.

    The length stands first: a number behind Hebrew would be drawn into it.
    """
    if not spans:
        return []
    known = language if language in _PARTS else "en"
    first, last = extent(spans)
    texts = [
        (_duration(span, last), f"{_DEEPER * depth}{_label(span, known)}")
        for depth, span in in_depth(spans)
    ]
    taken = sum(max(cell_len(text[column]) for text in texts) + 2 for column in (0, 1))
    room = max(_NARROWEST, min(_WIDEST, width - taken - len(_OPEN)))
    return [
        (*text, _bar(span, first, last, room))
        for text, (_, span) in zip(texts, in_depth(spans), strict=True)
    ]


def _label(span: Span, language: str) -> str:
    named, ended = _named(span, _PARTS[language]), _ended(span, language)
    return named if ended is None else f"{named} ({ended})"


def _named(span: Span, words: Mapping[Part, str]) -> str:
    told = span.attributes
    match span.part:
        case Part.STEP:
            return f"{told[names.STEP]} · {told[names.AGENT_NAME]}"
        case Part.REQUEST:
            return f"{words[Part.REQUEST]} {told[names.EXECUTION]}"
        case Part.ATTEMPT:
            return f"{words[Part.ATTEMPT]} {told[names.ATTEMPT]}"
        case Part.COMPENSATION:
            return f"{words[Part.COMPENSATION]}: {told[names.STEP]}, {told[names.ATTEMPT]}"
        case Part.WORK:
            return span.name
        case Part.MODEL | Part.DATABASE:
            return f"{words[span.part]}: {span.name}"
        case Part.HELD:
            return f"{words[Part.HELD]}: {told[names.WAITS_FOR]}"
        case part:
            return words[part]


def _ended(span: Span, language: str) -> str | None:
    """How it ended, where that wants a word."""
    if span.error is not None:
        return _WENT_WRONG[language].get(span.error, span.error)
    status = span.attributes.get(names.STATUS)
    if span.part is not Part.STEP or status in (None, _WELL):
        return None
    return words_of(language).states.get(str(status))


def _duration(span: Span, last_ms: int) -> str:
    """`12 ms`, `3.4 s`, `2 min 5 s`; of what goes on, so far."""
    ms = (last_ms if span.end_ms is None else span.end_ms) - span.start_ms
    if ms < 1_000:
        told = f"{ms} ms"
    elif ms < 60_000:
        told = f"{ms / 1000:.1f} s"
    elif ms < 3_600_000:
        told = f"{ms // 60_000} min {ms % 60_000 // 1000} s"
    else:
        told = f"{ms // 3_600_000} h {ms % 3_600_000 // 60_000} min"
    return f"{told} {_OPEN}" if span.end_ms is None else told


def _bar(span: Span, first_ms: int, last_ms: int, room: int) -> str:
    """Dots up to where it began, and as long a bar as it took."""
    whole = max(1, last_ms - first_ms)
    start = min(room - 1, (span.start_ms - first_ms) * room // whole)
    end = (last_ms if span.end_ms is None else span.end_ms) - first_ms
    length = end * room // whole - start
    bar = _BAR * length if length > 0 else _SHORTEST
    return _EMPTY * start + bar + (_OPEN if span.end_ms is None else "")
