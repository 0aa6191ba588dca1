"""What the steps of one execution tell each other: values that they share, and messages.

Both are part of the state, folded from events, so that a crash loses nothing of them. What comes
from a document or a stranger keeps that mark on its way: a step that has read it is tainted from
then on, and so is all that it shares, sends and gives.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

MAX_KEYS = 1_000
"""Keys that one execution may share values under."""
MAX_VERSIONS = 10_000
"""Versions of all keys together that one execution may have."""
MAX_BYTES = 8 * 1024 * 1024
"""One value, as JSON."""
MAX_TOTAL_BYTES = 64 * 1024 * 1024
"""All versions of all values together, as JSON."""
NAME = re.compile(r"[^\W_][\w.:/@-]{0,127}")
"""A key or a topic: a letter or a digit first, of any script."""


class SharedValue(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One version of a shared value: who shared it and when. `put` is which of its step's puts to
    the key it was, from 0; `untrusted`: it carries what a document or a stranger said; `size` is
    its length as JSON."""

    version: int
    value: Any
    step: str
    at_ms: int
    put: int = 0
    untrusted: bool = False
    size: int = 0


class Talk(msgspec.Struct, omit_defaults=True):
    """All that was shared and said in one execution. `context` holds each key's versions, oldest
    first; `tainted`, by step, where it first read what a stranger said."""

    context: dict[str, list[SharedValue]] = {}
    shared_bytes: int = 0
    versions: int = 0
    tainted: dict[str, str] = {}

    def newest(self, key: str) -> SharedValue | None:
        versions = self.context.get(key)
        return versions[-1] if versions else None

    def put_before(self, step: str, key: str, put: int, value: Any) -> SharedValue | None:
        """The version that a call made by this very put, when it ran before."""
        for known in reversed(self.context.get(key, ())):
            if known.step == step and known.put == put:
                return known if known.value == value else None
        return None


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What some steps have shared, as (key, version) in order, and which of them are tainted."""

    shared: tuple[tuple[str, SharedValue], ...] = ()
    tainted: dict[str, str] = {}
