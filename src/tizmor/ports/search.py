"""Which executions somebody is looking for, and where a page of them ends."""

from __future__ import annotations

import msgspec

MOST_LOOKED_AT = 20_000
"""Executions that one page looks at, whatever it finds."""
_BEYOND = (1 << 63) - 1


class Sought(msgspec.Struct, frozen=True, kw_only=True):
    """What is sought: numbers from `since` to below `before`; what is left out can be anything.
    `text` occurs in the request, ASCII letters in capitals or not."""

    before: int = _BEYOND
    since: int = 0
    statuses: tuple[str, ...] = ()
    user: str | None = None
    dry_run: bool | None = None
    text: str = ""

    def is_met_by(self, *, status: str, user: str, dry_run: bool, query: str) -> bool:
        """Whether an execution of those numbers is sought."""
        return (
            (not self.statuses or status in self.statuses)
            and self.user in (None, user)
            and self.dry_run in (None, dry_run)
            and _folded(self.text) in _folded(query)
        )


def _folded(text: str) -> str:
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in text)
