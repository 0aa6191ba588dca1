"""What a single value is, whether a program, a variable or a file gave it: text, a number, one of a
few, a list. What isn't raises `ValueError`, which says what was given and what would be right."""

from __future__ import annotations

import math
from collections.abc import Callable


def text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not text")
    return value.strip()


def words(value: object) -> list[str]:
    """A list of words; as text, they stand between commas."""
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, list | tuple):
        raise ValueError(f"{value!r} is not a list")
    return [text(item) for item in value]


def one_of(*known: str) -> Callable[[object], str]:
    def check(value: object) -> str:
        word = text(value).lower()
        if word not in known:
            raise ValueError(f"{word!r} is not one of {', '.join(map(repr, known))}")
        return word

    return check


def whole_number(bounds: range, unit: str) -> Callable[[object], int]:
    def check(value: object) -> int:
        written = str(value).strip()
        if isinstance(value, bool) or not written.isdecimal() or int(written) not in bounds:
            first, last = bounds[0], bounds[-1]
            raise ValueError(f"{value!r} is not a whole number of {unit} from {first} to {last}")
        return int(written)

    return check


def number(least: float, most: float, kind: str = "a number") -> Callable[[object], float]:
    def check(value: object) -> float:
        try:
            given = math.nan if isinstance(value, bool) else float(str(value))
        except ValueError:
            given = math.nan
        if not least <= given <= most:
            raise ValueError(f"{value!r} is not {kind} from {least:g} to {most:g}")
        return given

    return check


def switch(value: object) -> bool:
    return value if isinstance(value, bool) else one_of("true", "false")(value) == "true"
