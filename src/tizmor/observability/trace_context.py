"""Ids of traces and spans, and the header by which other systems know them.

Ids follow from what they name, so that the journal, an agent's requests and its own log lines say
the same, after a crash, too. The header is `traceparent` of W3C Trace Context (Recommendation of
23 November 2021, version 00).
"""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

VARIABLE = "TRACEPARENT"
"""The environment variable that hands a `traceparent` to a process, by OpenTelemetry's
"Environment Variables as Context Propagation Carriers"."""

_HEADER = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_SAMPLED = 1


class TraceParent(NamedTuple):
    """A span as others name it: 32 and 16 hexadecimal digits. `sampled`: somebody may keep it."""

    trace_id: str
    span_id: str
    sampled: bool = True

    @property
    def header(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{int(self.sampled):02x}"


def parsed(header: str | None) -> TraceParent | None:
    """The span that a `traceparent` names; None for none, and for one that is not valid, which the
    standard has passed over (section 4.3: the trace then begins anew)."""
    found = _HEADER.fullmatch((header or "").strip())
    if found is None:
        return None
    version, trace_id, span_id, flags, more = found.groups()
    if version == "ff" or (version == "00" and more):
        return None
    if not int(trace_id, 16) or not int(span_id, 16):
        return None
    return TraceParent(trace_id, span_id, bool(int(flags, 16) & _SAMPLED))


def trace_id(execution_id: str, caller: str | None) -> str:
    """The trace of an execution: its caller's, where that gave a `traceparent`, else its own."""
    asked_by = parsed(caller)
    return _digest(execution_id, 32) if asked_by is None else asked_by.trace_id


def span_id(execution_id: str, *place: str) -> str:
    """A span of an execution by its place: a step, and within it an attempt or another part."""
    return _digest("/".join((execution_id, *place)), 16)


def step_place(step: str, earlier: int = 0) -> str:
    """Where a step's spans are; `earlier` steps of its name were there before it."""
    return f"{step}~{earlier}" if earlier else step


def request_span_id(execution_id: str) -> str:
    """The span of the whole execution."""
    return span_id(execution_id, "", "request")


def traceparent(execution_id: str, caller: str | None, *place: str) -> str:
    """The `traceparent` of a span of an execution, for what is done within it; without a place, of
    the execution's own."""
    asked_by = parsed(caller)
    named = span_id(execution_id, *place) if place else request_span_id(execution_id)
    return TraceParent(
        trace_id(execution_id, caller), named, asked_by is None or asked_by.sampled
    ).header


def _digest(name: str, digits: int) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:digits]
