"""Where spans are kept: told once from the journal, or by agents, and sent once from there.

One process at a time tells the journal of a database; all may look, and say what their agents told.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec


class KeptSpan(msgspec.Struct, frozen=True, gc=False):
    """A row of `traces`; `told` is JSON, see `tizmor.observability.kept`."""

    execution: int
    span_id: str
    parent_span_id: str | None
    trace_id: str
    part: str
    name: str
    start_ms: int
    end_ms: int | None
    error: str | None
    told: bytes


class TraceStanding(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How far the journal has been told, and what became of what was to be sent: `sent`; `refused`
    by the collector; `given_up`, as it was away for too long; `lost` before it was kept; `waiting`
    to be sent. Spans, all of them but the `position`."""

    position: int = 0
    sent: int = 0
    refused: int = 0
    given_up: int = 0
    lost: int = 0
    waiting: int = 0


class Traces(Protocol):
    """The kept spans of one database. Raises `StorageFailed`."""

    async def lead(self) -> int | None:
        """Be the one that tells the journal, if no living process is: the position up to which all
        is kept. None when another process tells it."""
        ...

    async def keep(
        self, spans: Sequence[KeptSpan], *, position: int, to_be_sent: bool, lost: int = 0
    ) -> bool:
        """Keep what the journal tells up to a position: a span that is there already is told
        anew. `lost` more could not be told. False, and nothing is kept, when another process tells
        the journal now."""
        ...

    async def add(self, spans: Sequence[KeptSpan], *, to_be_sent: bool, lost: int = 0) -> None:
        """Keep what agents told; `lost` more of it there was no room for."""
        ...

    async def leave(self) -> None:
        """Let another process tell the journal."""
        ...

    async def of(self, execution: int) -> list[KeptSpan]:
        """The spans of one execution, by when they began."""
        ...

    async def unsent(self, limit: int) -> list[KeptSpan]:
        """Some that have ended and are to be sent, of the oldest executions first."""
        ...

    async def sent(self, spans: Sequence[KeptSpan], *, refused: int = 0) -> None:
        """They were taken; `refused` of them were not, and never will be."""
        ...

    async def give_up(self, most: int) -> int:
        """Of those to be sent leave about `most`, the newest; how many were given up."""
        ...

    async def standing(self) -> TraceStanding: ...
