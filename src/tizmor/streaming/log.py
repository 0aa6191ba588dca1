"""What was told lately: one log for all readers.

Places in it are counted for ever, so that what is dropped or added in front moves no reader.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple

from tizmor.streaming.entries import Entry
from tizmor.streaming.topics import Topics

MOST_BYTES = 8_000_000
MOST_ENTRIES = 10_000
CHUNK = 32_768
"""Bytes that a reader is sent at a time, about: one entry may be larger."""
_OVERHEAD = 500
"""Bytes that an entry takes beside its text."""
_BEHIND = 512
"""Entries that a reader may be behind and still be told what is on the side."""
_POSITION = attrgetter("position")


class Joined(NamedTuple):
    """What a reader is sent in one write, and where it then is. `ended`: an execution that it
    follows has ended."""

    text: bytes
    place: int
    position: int
    ended: bool


class Log:
    """Entries in the order of their positions: all that was told of what lies behind `since`, up to
    `until`. At most so many, of so many bytes together; the oldest go first."""

    def __init__(self, most_bytes: int = MOST_BYTES, most_entries: int = MOST_ENTRIES) -> None:
        self.since = 0
        self.until = 0
        self.first = 0
        """The place of the oldest entry."""
        self._entries: list[Entry] = []
        self._bytes = 0
        self._most_bytes = most_bytes
        self._most_entries = most_entries
        self._joined: dict[tuple[Topics, int, int], Joined] = {}

    @property
    def end(self) -> int:
        """The place behind the newest entry."""
        return self.first + len(self._entries)

    def begin(self, position: int) -> None:
        """Forget all; what comes now lies behind a position."""
        self.first = self.end
        self._entries.clear()
        self._joined.clear()
        self._bytes = 0
        self.since = self.until = position

    def append(self, entries: Sequence[Entry], until: int) -> None:
        """What was told up to a position that is as far or farther."""
        self._entries += entries
        self._bytes += sum(map(_weight, entries))
        self.until = until
        self._joined.clear()
        self._trim()

    def has_room_for(self, entries: Sequence[Entry]) -> bool:
        """Whether that much more may be put in front, and be there for a while."""
        size = self._bytes + sum(map(_weight, entries))
        many = len(self._entries) + len(entries)
        return size <= self._most_bytes * 3 // 4 and many <= self._most_entries * 3 // 4

    def put_in_front(self, entries: Sequence[Entry], since: int) -> None:
        """What was told between `since` and where the log began."""
        self._entries[:0] = entries
        self.first -= len(entries)
        self._bytes += sum(map(_weight, entries))
        self.since = since
        self._joined.clear()

    def place_behind(self, position: int) -> int:
        """The place of the first entry that lies behind a position."""
        return self.first + bisect.bisect_right(self._entries, position, key=_POSITION)

    def joined(self, topics: Topics, place: int, position: int) -> Joined:
        """What a reader that stands at a place, and knows all up to a position, is sent next.
        Readers that stand together share it."""
        key = (topics, place, position)
        known = self._joined.get(key)
        if known is None:
            known = self._joined[key] = self._join(topics, place, position)
        return known

    def _join(self, topics: Topics, place: int, position: int) -> Joined:
        said: list[bytes] = []
        size = 0
        ended = False
        leaves_out = self.end - place > _BEHIND
        for each in self._entries[place - self.first :]:
            place += 1
            if each.side:
                if leaves_out:
                    continue
            elif each.position <= position:
                continue
            else:
                position = each.position
            if text := each.said_to(topics):
                said.append(text)
                size += len(text)
            ended = ended or (each.ends and each.execution in topics.executions)
            if size >= CHUNK or ended:
                break
        return Joined(b"".join(said), place, position, ended)

    def _trim(self) -> None:
        if self._bytes <= self._most_bytes and len(self._entries) <= self._most_entries:
            return
        # Some at a time: to drop the first of a list moves all others.
        many = max(len(self._entries) // 8, len(self._entries) - self._most_entries)
        weight = sum(map(_weight, self._entries[:many]))
        while many < len(self._entries) - 1 and self._bytes - weight > self._most_bytes:
            weight += _weight(self._entries[many])
            many += 1
        self.since = max(self.since, self._entries[many - 1].position) if many else self.since
        del self._entries[:many]
        self.first += many
        self._bytes -= weight


def _weight(entry: Entry) -> int:
    return entry.size + _OVERHEAD
