"""Runs that once broke a property, made small and kept for ever.

Each names what was wrong then, with the engine or with what the property asked of it. A record is
choices, so it means what it meant only as long as nothing is asked before what it answers: a new
choice in a plan or a run goes last, or into a stream of its own.
"""

from __future__ import annotations

from pathlib import Path

import msgspec


class Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`name` says what was wrong, `property` what it broke."""

    name: str
    property: str
    record: dict[str, list[int]]


KEPT = msgspec.json.decode(Path(__file__).with_name("kept.json").read_bytes(), type=list[Kept])
