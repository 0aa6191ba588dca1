"""The outside world's own books: every raw call and what it did, in the order in which it came.

Idempotent and compensatable effects are done once for each key, as a real server does that knows
idempotency keys; an irreversible one is done as often as it is called.
"""

from __future__ import annotations

from collections import Counter

import msgspec
from tests.crash.wire import Call


class Entry(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One line of the books.

    `kind` is `call`, `probe`, `undo`, `look`, `ack` or `trouble`. A call's `outcome` is `open`
    while it runs, then `applied`, `repeated` (its key had been applied before), `refused` (known
    not to have happened, and said so) or `nothing` (not done, and not said). Of the others it is
    what was answered.
    """

    kind: str
    execution: str = ""
    step: str = ""
    agent: str = ""
    effect: str = ""
    key: str = ""
    verb: str = ""
    by: str = ""
    outcome: str = ""


class Ledger:
    """What happened, and what runs."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._calls: Counter[str] = Counter()
        self._applied: Counter[str] = Counter()
        self._undone: set[str] = set()

    def note(self, entry: Entry) -> Entry:
        self.entries.append(entry)
        return entry

    def begin(self, call: Call) -> tuple[Entry, int]:
        """A call came in: its line, and which one of its key it is, from 1."""
        self._calls[call.key] += 1
        entry = Entry(
            kind="call",
            execution=call.execution,
            step=call.step,
            agent=call.agent,
            effect=call.effect,
            key=call.key,
            outcome="open",
        )
        return self.note(entry), self._calls[call.key]

    def apply(self, entry: Entry) -> None:
        """Do what was called for, unless it is known and was done."""
        again = self._applied[entry.key] > 0 and entry.effect != "irreversible"
        entry.outcome = "repeated" if again else "applied"
        if not again:
            self._applied[entry.key] += 1

    def undo(self, entry: Entry) -> None:
        """Take it back, once: `undone`, `repeated`, or `nothing` when there was nothing."""
        if entry.key not in self._applied:
            entry.outcome = "nothing"
        else:
            entry.outcome = "repeated" if entry.key in self._undone else "undone"
            self._undone.add(entry.key)
        self.note(entry)

    def happened(self, key: str) -> bool:
        return key in self._applied

    def step_happened(self, execution: str, step: str) -> str | None:
        """The key by which a step's effect happened, if it did."""
        for entry in self.entries:
            if (entry.kind, entry.execution, entry.step) == ("call", execution, step) and (
                entry.key in self._applied
            ):
                return entry.key
        return None
