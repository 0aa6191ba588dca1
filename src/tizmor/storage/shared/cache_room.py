"""How much may be kept: what was used least lately goes first."""

from __future__ import annotations

from tizmor.storage.shared.work import Moment, Statement, Work

_AT_ONCE = 500
_LEFT = 0.9
"""The part of the bound that is left when it was exceeded, so that room is made seldom."""
_UNSEEN = 16
"""A process looks again when it has added one such part of the bound: others add, too."""

_OLD = "DELETE FROM cache_entries WHERE expires_at_ms <= ?"
_SIZE = "SELECT CAST(coalesce(sum(size), 0) AS BIGINT) FROM cache_entries"
_UNUSED = "SELECT id, size FROM cache_entries ORDER BY used_at_ms, id LIMIT ?"
_REMOVE = "DELETE FROM cache_entries WHERE id = ?"


class Room:
    """What this process may still add before it has to look how much there is. Alone it never
    exceeds the bound; several may, by a sixteenth each."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self._left = 0

    def is_used_up_by(self, size: int) -> bool:
        """Whether there is to be looked now that `size` was added."""
        self._left -= size
        return self._left < 0

    def seen(self, total: int) -> None:
        """So much is kept just now."""
        self._left = min(self.most_bytes - total, self.most_bytes // _UNSEEN)

    def forget(self) -> None:
        """It isn't known any more how much is kept."""
        self._left = 0


def make_room(moment: Moment, most: int) -> Work[int]:
    """Remove what has outlasted its time, and what is too much; how many bytes are left."""
    yield Statement(_OLD, (moment.now_ms,))
    total: int = (yield Statement(_SIZE))[0][0]
    if total <= most:
        return total
    while total > most * _LEFT:
        unused = yield Statement(_UNUSED, (_AT_ONCE,))
        if not unused:
            break
        for entry, size in unused:
            yield Statement(_REMOVE, (entry,))
            total -= size
            if total <= most * _LEFT:
                break
    return total
