"""Bounds of what requests may hold: how deep, and no text or number that couldn't be stored."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, StringConstraints

MAX_COMMENT = 2_000
"""Characters of what is kept with a decision."""
MAX_NAME = 200
"""Characters of a step's id, or a key."""
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]")
MAX_DEPTH = 64
"""Objects and arrays within each other."""


def _storable(text: str) -> str:
    """Half of a surrogate pair is no character: no UTF-8 can hold it."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError("holds half of a surrogate pair, which is no text") from error
    return text


def _bounded(value: dict[str, Any]) -> dict[str, Any]:
    """What any JSON may hold that is kept."""
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return value
    raise ValueError(f"is deeper than {MAX_DEPTH} objects and arrays within each other")


def _inside(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for name in value:
            _storable(name)
        yield from value.values()
    elif isinstance(value, list):
        yield from value
    elif isinstance(value, str):
        _storable(value)
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError("holds a number that is none in JSON (NaN or Infinity)")


def _written(moment: object) -> object:
    """pydantic would also take a number, for seconds since the epoch, which no document says."""
    if isinstance(moment, str) and not _DATE.match(moment):
        raise ValueError("is a time as in 2026-11-21T15:00:00+02:00")
    return moment


Moment = Annotated[AwareDatetime, BeforeValidator(_written)]
"""A time with its offset (RFC 3339)."""
Text = AfterValidator(_storable)
Object = Annotated[dict[str, Any], AfterValidator(_bounded)]
"""Any JSON object."""
Name = Annotated[str, StringConstraints(min_length=1, max_length=MAX_NAME), Text]
Comment = Annotated[str, StringConstraints(max_length=MAX_COMMENT), Text]
