"""The side channel: pieces of results, put together for as long as nobody was told of them."""

from __future__ import annotations

from collections.abc import Callable

from tizmor.core.ids import public_id
from tizmor.engine.views import StreamEvent
from tizmor.streaming.entries import Entry, entry, frame

MOST_CHARACTERS = 16_384
"""Of one step between two writes; what is too much is dropped, from the end."""
MOST_STEPS = 256


class Pieces:
    """What steps have said since it was last taken, each step's as one."""

    def __init__(self, said: Callable[[], None]) -> None:
        self._said = said
        self._texts: dict[tuple[int, str], list[str]] = {}
        self._room: dict[tuple[int, str], int] = {}
        self.dropped = 0
        """Characters for which there was no room."""

    def add(self, execution: int, step: str, text: str) -> None:
        place = (execution, step)
        if place not in self._texts:
            if len(self._texts) >= MOST_STEPS:
                self.dropped += len(text)
                return
            self._texts[place] = []
            self._room[place] = MOST_CHARACTERS
        kept = text[: self._room[place]]
        self.dropped += len(text) - len(kept)
        if kept:
            self._room[place] -= len(kept)
            self._texts[place].append(kept)
        self._said()

    def taken(self, position: int) -> list[Entry]:
        """All of them, as they stand at a position of the journal."""
        texts, self._texts = self._texts, {}
        self._room.clear()
        return [
            _entry(position, execution, step, "".join(text))
            for (execution, step), text in texts.items()
        ]


def _entry(position: int, execution: int, step: str, text: str) -> Entry:
    view = StreamEvent(type="partial", execution_id=public_id(execution), step=step, message=text)
    return entry(position, execution, [frame("partial", view)], side=True)
