"""What was told, as it is sent: server-sent events (WHATWG HTML, section 9.2), encoded once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from tizmor.streaming.topics import OF_TYPE, Topics

_encode = msgspec.json.Encoder().encode


class Frame(NamedTuple):
    """One server-sent event without its id. `topics` are bits; `follows`: who follows the execution
    is told."""

    topics: int
    follows: bool
    text: bytes


class Entry(NamedTuple):
    """All that is told of one event of the journal; of none, when `side`: then it may be left out,
    and `position` is that of the event before. `ends`: nothing comes behind it of its execution."""

    position: int
    execution: int
    frames: tuple[Frame, ...]
    side: bool
    ends: bool
    size: int
    """Bytes."""

    def said_to(self, topics: Topics) -> bytes:
        """What a reader of these topics is sent; nothing when they aren't touched. The id comes
        with the last of it, so that no reader is cut off between two events of one id."""
        follows = self.execution in topics.executions
        said = [
            frame.text
            for frame in self.frames
            if frame.topics & topics.mask or (follows and frame.follows)
        ]
        if not said:
            return b""
        if not self.side:
            said.insert(-1, b"id: %d\n" % self.position)
        return b"".join(said)


def frame(kind: str, view: object, *, topics: int | None = None, follows: bool = True) -> Frame:
    """An event as it is sent; JSON holds no line break."""
    text = b"event: %b\ndata: %b\n\n" % (kind.encode(), _encode(view))
    return Frame(OF_TYPE.get(kind, 0) if topics is None else topics, follows, text)


def entry(
    position: int,
    execution: int,
    frames: Iterable[Frame],
    *,
    side: bool = False,
    ends: bool = False,
) -> Entry:
    told = tuple(frames)
    size = sum(len(each.text) for each in told)
    return Entry(position, execution, told, side, ends, size)
