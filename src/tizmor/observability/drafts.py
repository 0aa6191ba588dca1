"""Spans that are being put together, nested as they are in time."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tizmor.observability import names
from tizmor.observability.names import Part
from tizmor.observability.spans import Link, Span, Value
from tizmor.observability.trace_context import span_id

_LONGEST = 500
"""Characters of what is said of an error."""


class Draft(msgspec.Struct, eq=False):
    """A span as far as it is known. `parent` is the one that it is a part of."""

    span_id: str
    part: Part
    name: str
    parent: Draft | None
    start_ms: int
    attributes: dict[str, Value]
    end_ms: int | None = None
    error: str | None = None
    message: str = ""
    links: tuple[Link, ...] = ()

    def fail(self, error: str, message: str) -> None:
        self.error, self.message = error, message[:_LONGEST]


class Drafts:
    """The spans of one execution. Whatever the clocks said, a part begins no sooner than the whole,
    and the whole ends no sooner than its parts. `now_ms` is the time of the newest event, which
    never goes back."""

    def __init__(self, execution_id: str) -> None:
        self.execution_id = execution_id
        self.trace_id = ""
        self.now_ms = 0
        self._all: list[Draft] = []

    def open(
        self,
        part: Part,
        parent: Draft | None,
        place: tuple[str, ...],
        *,
        agent: str = "",
        start_ms: int | None = None,
        more: Mapping[str, Value] | None = None,
    ) -> Draft:
        """Begin a span, now or earlier."""
        began_ms = self.now_ms if start_ms is None else min(start_ms, self.now_ms)
        attributes: dict[str, Value] = {names.PART: part.value}
        if part in names.OPERATIONS:
            attributes[names.OPERATION] = names.OPERATIONS[part]
        attributes[names.EXECUTION] = self.execution_id
        draft = Draft(
            span_id=span_id(self.execution_id, *place),
            part=part,
            name=names.SPAN_NAMES[part].format(agent=agent),
            parent=parent,
            start_ms=began_ms if parent is None else max(began_ms, parent.start_ms),
            attributes=attributes | dict(more or {}),
        )
        self._all.append(draft)
        return draft

    def close(self, draft: Draft, at_ms: int | None = None) -> None:
        """End a span, now or earlier."""
        ended_ms = self.now_ms if at_ms is None else min(at_ms, self.now_ms)
        draft.end_ms = max(ended_ms, draft.start_ms)
        whole = draft.parent
        while whole is not None and whole.end_ms is not None and whole.end_ms < draft.end_ms:
            whole.end_ms = draft.end_ms
            whole = whole.parent

    def close_all(self) -> None:
        """End what goes on: its execution has ended."""
        for draft in reversed(self._all):
            if draft.end_ms is None:
                self.close(draft)

    def spans(self, caller: str | None) -> list[Span]:
        """All of them, by when they began, a whole before its parts. `caller` is the span that the
        execution itself is a part of."""
        return [
            Span(
                trace_id=self.trace_id,
                span_id=draft.span_id,
                parent_span_id=caller if draft.parent is None else draft.parent.span_id,
                name=draft.name,
                start_ms=draft.start_ms,
                end_ms=draft.end_ms,
                attributes=dict(draft.attributes),
                error=draft.error,
                message=draft.message,
                links=draft.links,
            )
            for draft in sorted(self._all, key=lambda draft: draft.start_ms)
        ]
