"""Spans as they are kept, and as they were."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import structs

from tizmor.core.ids import public_id
from tizmor.observability import names
from tizmor.observability.names import Part
from tizmor.observability.spans import Link, Span, Value
from tizmor.ports.traces import KeptSpan


class Told(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is said of a span beside what its part says, as JSON in its row."""

    attributes: dict[str, Value]
    message: str = ""
    links: tuple[Link, ...] = ()


_encode = msgspec.json.Encoder().encode
_decoder = msgspec.json.Decoder(Told)


def told(attributes: dict[str, Value], message: str = "", links: tuple[Link, ...] = ()) -> bytes:
    """What `KeptSpan.told` holds."""
    return _encode(Told(attributes, message, links))


def span_of(kept: KeptSpan) -> Span:
    """A row as the span that it was."""
    said = _decoder.decode(kept.told)
    fixed: dict[str, Value] = names.of_part(Part(kept.part), public_id(kept.execution))
    return Span(
        kept.trace_id,
        kept.span_id,
        kept.parent_span_id,
        kept.name,
        kept.start_ms,
        kept.end_ms,
        fixed | said.attributes,
        kept.error,
        said.message,
        said.links,
    )


def completed(spans: Sequence[Span], kept: Iterable[KeptSpan]) -> list[Span]:
    """An execution's spans with what its agents told within them, by when they began. Whatever the
    clocks said, that lies within the call; what belongs to no span here is left out."""
    whole = {span.span_id: span for span in spans}
    told = [span_of(row) for row in kept if row.part in names.OWN]
    parents = {span.span_id: span.parent_span_id or "" for span in told}
    own: list[tuple[int, Span]] = []
    for span in told:
        above, depth = span.parent_span_id or "", 1
        while above in parents and depth <= len(parents):
            above, depth = parents[above], depth + 1
        if above in whole:
            own.append((depth, _within(span, whole[above])))
    if not own:
        return list(spans)
    found = [*((0, span) for span in spans), *own]
    found.sort(key=lambda each: (each[1].start_ms, each[0]))
    return [span for _, span in found]


def _within(span: Span, call: Span) -> Span:
    first, last = call.start_ms, call.end_ms

    def clamped(at_ms: int) -> int:
        at_ms = max(first, at_ms)
        return at_ms if last is None else min(at_ms, last)

    end_ms = None if span.end_ms is None else clamped(span.end_ms)
    return structs.replace(span, start_ms=clamped(span.start_ms), end_ms=end_ms)
