"""What all events are."""

from __future__ import annotations

import msgspec


class Event(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="type",
    tag=True,
    gc=False,
):
    """Base of all events."""
