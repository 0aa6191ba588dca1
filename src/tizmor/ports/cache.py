"""Answers that are kept for whoever asks the same again, by all processes on one database."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import msgspec

from tizmor.ports.locks import Holder


class Source(NamedTuple):
    """A file or folder of the workspace that an answer was made from, as it was then: `stamp`
    changes when it does. Only a `settled` one can be trusted to do so: one that was changed in the
    very moment in which it was looked at may change again without showing it."""

    path: str
    stamp: str
    settled: bool = True


class Wanted(NamedTuple):
    """What is asked for. `key` names exactly this call, `meaning` all calls that mean the same,
    where that can be told; neither says what the call was."""

    agent: str
    key: bytes
    meaning: bytes | None = None


class Kept(NamedTuple):
    """An answer that was kept. `alike`: it was given to another call that means the same. `id`
    grows with the time at which answers are kept."""

    id: int
    output: dict[str, Any]
    sources: Sequence[Source]
    alike: bool


class Mine(NamedTuple):
    """Nobody has the answer, and the holder is who works it out."""


class Computing(NamedTuple):
    """Somebody else is working it out; the holder stands in line."""


class Use(enum.StrEnum):
    """What became of a call that may be answered by what is kept."""

    HIT = "hits"
    ALIKE = "alike"
    """A hit by meaning."""
    MISS = "misses"
    VERIFIED = "verified"
    """A hit by meaning for which the call was made all the same, and gave the same."""
    FALSE = "false_hits"
    """One that gave something else."""


class CacheUse(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is kept of one agent's answers, and how often that served. `hits` are all hits, `alike`
    those by meaning; of these, `verified` were made all the same, and `false_hits` of them gave
    something else."""

    agent: str
    entries: int = 0
    bytes: int = 0
    hits: int = 0
    alike: int = 0
    misses: int = 0
    verified: int = 0
    false_hits: int = 0


class Cache(Protocol):
    """Kept answers. Those that were used least lately go first when there are too many."""

    def limit(self, most_bytes: int) -> None:
        """How much may be kept, of all agents together."""
        ...

    async def find(self, wanted: Wanted) -> Kept | None:
        """The answer to exactly this call, else the newest one to a call that means the same."""
        ...

    async def claim(
        self, holder: Holder, wanted: Wanted, *, after: int = 0
    ) -> Kept | Mine | Computing:
        """Be who works the answer out, unless one was kept whose id is above `after`, or somebody
        works it out just now. Asking again changes nothing."""
        ...

    async def keep(
        self,
        holder: Holder,
        wanted: Wanted,
        output: dict[str, Any],
        *,
        sources: Sequence[Source],
        lasts_ms: int,
    ) -> None:
        """Keep what the holder has worked out; whoever waits for it is told."""
        ...

    async def leave(self, holder: Holder) -> None:
        """The holder doesn't work it out, or doesn't wait for it any more; who does is told."""
        ...

    async def distrust(self, kept: Kept) -> None:
        """Give the answer to nobody any more who doesn't ask exactly what it was given to."""
        ...

    def note(self, agent: str, use: Use, kept: Kept | None = None) -> None:
        """Count a use, and remember when the answer was used. It is written a little later."""
        ...

    async def uses(self) -> Sequence[CacheUse]:
        """What is kept and was counted, by agent."""
        ...

    async def clear(self, agent: str | None = None) -> int:
        """Remove what is kept, of one agent or of all, with its counts; how many answers it was."""
        ...

    async def close(self) -> None:
        """Write what was counted."""
        ...
