"""Spans that are being put together, nested as they are in time."""

from __future__ import annotations

import msgspec

from tizmor.observability import names
from tizmor.observability.names import Part
from tizmor.observability.spans import Link, Span, Value
from tizmor.observability.told import told
from tizmor.observability.trace_context import span_id
from tizmor.ports.traces import KeptSpan

_LONGEST = 500
"""Characters of what is said of an error."""


class Draft(msgspec.Struct, eq=False):
    """A span as far as it is known. `parent` is the one that it is a part of, `told` what is said
    of it beside what its part says. Only `Drafts` changes it."""

    span_id: str
    part: Part
    agent: str
    parent: Draft | None
    start_ms: int
    told: dict[str, Value]
    end_ms: int | None = None
    error: str | None = None
    message: str = ""
    links: tuple[Link, ...] = ()


class Drafts:
    """The spans of one execution. Whatever the clocks said, a part begins no sooner than the whole,
    and the whole ends no sooner than its parts. `now_ms` is the time of the newest event, which
    never goes back."""

    def __init__(self, execution_id: str) -> None:
        self.execution_id = execution_id
        self.trace_id = ""
        self.caller: str | None = None
        """The span that the execution itself is a part of."""
        self.now_ms = 0
        self._all: list[Draft] = []
        self._changed: dict[Draft, None] = {}

    def open(
        self,
        part: Part,
        parent: Draft | None,
        place: tuple[str, ...],
        *,
        agent: str = "",
        start_ms: int | None = None,
        said: dict[str, Value] | None = None,
    ) -> Draft:
        """Begin a span, now or earlier."""
        began_ms = self.now_ms
        if start_ms is not None and start_ms < began_ms:
            began_ms = start_ms
        if parent is not None and began_ms < parent.start_ms:
            began_ms = parent.start_ms
        identity = span_id(self.execution_id, *place)
        draft = Draft(identity, part, agent, parent, began_ms, {} if said is None else said)
        self._all.append(draft)
        self._changed[draft] = None
        return draft

    def close(self, draft: Draft, at_ms: int | None = None) -> None:
        """End a span, now or earlier."""
        ended_ms = self.now_ms
        if at_ms is not None and at_ms < ended_ms:
            ended_ms = at_ms
        draft.end_ms = max(ended_ms, draft.start_ms)
        self._changed[draft] = None
        whole = draft.parent
        while whole is not None and whole.end_ms is not None and whole.end_ms < draft.end_ms:
            whole.end_ms = draft.end_ms
            self._changed[whole] = None
            whole = whole.parent

    def close_all(self) -> None:
        """End what goes on: its execution has ended."""
        for draft in reversed(self._all):
            if draft.end_ms is None:
                self.close(draft)

    def fail(self, draft: Draft, error: str, message: str) -> None:
        draft.error, draft.message = error, message[:_LONGEST]
        self._changed[draft] = None

    def tell(self, draft: Draft, name: str, value: Value) -> None:
        """Say something more of a span."""
        draft.told[name] = value
        self._changed[draft] = None

    def link(self, draft: Draft, link: Link) -> None:
        draft.links += (link,)
        self._changed[draft] = None

    def spans(self) -> list[Span]:
        """All of them, by when they began, a whole before its parts."""
        fixed: dict[Part, dict[str, Value]] = {}
        spans = []
        for draft in sorted(self._all, key=lambda draft: draft.start_ms):
            part = draft.part
            if part not in fixed:
                fixed[part] = names.of_part(part, self.execution_id)
            spans.append(
                Span(
                    self.trace_id,
                    draft.span_id,
                    self.caller if draft.parent is None else draft.parent.span_id,
                    names.span_name(part, draft.agent),
                    draft.start_ms,
                    draft.end_ms,
                    fixed[part] | draft.told,
                    draft.error,
                    draft.message,
                    draft.links,
                )
            )
        return spans

    def changes(self, execution: int) -> list[KeptSpan]:
        """Those that were begun or changed since this was last asked, as they are kept."""
        changed, self._changed = self._changed, {}
        return [
            KeptSpan(
                execution,
                draft.span_id,
                self.caller if draft.parent is None else draft.parent.span_id,
                self.trace_id,
                draft.part.value,
                names.span_name(draft.part, draft.agent),
                draft.start_ms,
                draft.end_ms,
                None if draft.error is None else str(draft.error),
                told(draft.told, draft.message, draft.links),
            )
            for draft in changed
        ]
