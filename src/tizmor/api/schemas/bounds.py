"""Bounds of what requests may hold: how deep, and no text or number that couldn't be stored."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import AfterValidator, StringConstraints

MAX_COMMENT = 2_000
"""Characters of what is kept with a decision."""
MAX_NAME = 200
"""Characters of a step's id, or a key."""
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


Text = AfterValidator(_storable)
Object = Annotated[dict[str, Any], AfterValidator(_bounded)]
"""Any JSON object."""
Name = Annotated[str, StringConstraints(min_length=1, max_length=MAX_NAME), Text]
Comment = Annotated[str, StringConstraints(max_length=MAX_COMMENT), Text]
