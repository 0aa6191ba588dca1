"""What the steps of one execution tell each other, as agents see it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec

WATCH = dt.timedelta(seconds=30)
"""How long a watch waits for the next version unless it is told otherwise."""


class SharedView(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One version of a shared value: which step shared it and when. `untrusted`: it carries what a
    document or a stranger said. Versions of a key count from 1."""

    key: str
    version: int
    value: Any
    step: str
    at: dt.datetime
    untrusted: bool = False
