"""A trace as what lies in what, and when nothing was done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from tizmor.observability import names
from tizmor.observability.names import Part
from tizmor.observability.spans import Span

_WORK = frozenset({Part.PLAN, Part.ATTEMPT, Part.SETTLING, Part.COMPENSATION, *names.OWN})
"""The parts in which something is done; in all others something is waited for, or they are made up
of these."""
_WAITS = frozenset({Part.HELD, Part.APPROVAL, Part.QUESTION, Part.RETRY, Part.PAUSE})


class Gap(NamedTuple):
    """A time in which nothing was done, and what was waited for meanwhile."""

    start_ms: int
    end_ms: int
    waits: tuple[Part, ...]


def in_depth(spans: Sequence[Span]) -> Iterator[tuple[int, Span]]:
    """Each span after what it is a part of, with how deep it lies."""
    known = {span.span_id for span in spans}
    parts: Mapping[str | None, list[Span]] = defaultdict(list)
    for span in spans:
        parts[span.parent_span_id if span.parent_span_id in known else None].append(span)
    waiting = [(0, span) for span in reversed(parts[None])]
    while waiting:
        depth, span = waiting.pop()
        yield depth, span
        waiting += [(depth + 1, part) for part in reversed(parts[span.span_id])]


def extent(spans: Iterable[Span]) -> tuple[int, int]:
    """From when to when; what goes on counts as far as anything is known."""
    times = [(span.start_ms, max(span.start_ms, span.end_ms or 0)) for span in spans]
    return min(first for first, _ in times), max(last for _, last in times)


def gaps(spans: Sequence[Span]) -> list[Gap]:
    """When nothing was done, in order."""
    if not spans:
        return []
    first_ms, last_ms = extent(spans)
    reached, idle = first_ms, []
    for span in sorted(spans, key=lambda span: span.start_ms):
        if span.part not in _WORK:
            continue
        if span.start_ms > reached:
            idle.append((reached, span.start_ms))
        reached = max(reached, last_ms if span.end_ms is None else span.end_ms)
    if last_ms > reached:
        idle.append((reached, last_ms))
    waits = [span for span in spans if span.part in _WAITS]
    return [Gap(start, end, _waited(waits, start, end, last_ms)) for start, end in idle]


def _waited(waits: Sequence[Span], start: int, end: int, last_ms: int) -> tuple[Part, ...]:
    found = {
        span.part
        for span in waits
        if span.start_ms < end and (last_ms if span.end_ms is None else span.end_ms) > start
    }
    return tuple(sorted(found))
