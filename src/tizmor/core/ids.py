"""Public ids of executions: 63-bit integers inside, 13 Crockford base-32 characters outside.

The upper 42 bits are milliseconds since the epoch (enough until the year 2109), the lower 21 are
random, so ids sort by time and are made without asking anyone.
"""

from __future__ import annotations

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUES = {c: i for i, c in enumerate(_ALPHABET)} | {"o": 0, "i": 1, "l": 1}
_PLAIN = "0123456789abcdefghijklmnopqrstuv"
"""The digits that Python itself reads as base 32."""
_AS_PLAIN = "".join(
    _PLAIN[_VALUES[letter]] if letter in _VALUES else "!" for letter in map(chr, range(128))
)
_LENGTH = 13
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_SHIFTS = range(50, -1, -10)
RANDOM_BITS = 21


def execution_number(at_ms: int, random: int) -> int:
    """The integer of a new execution; `random` is any integer of at least 21 bits."""
    return (at_ms << RANDOM_BITS) | (random & ((1 << RANDOM_BITS) - 1))


def public_id(number: int) -> str:
    """The id that people see and type."""
    pairs = [_PAIRS[number >> shift & 1023] for shift in _SHIFTS]
    return _ALPHABET[number >> 60] + "".join(pairs)


def parse_id(text: str) -> int | None:
    """The integer of a public id; None when it isn't one. Case and o/i/l don't matter."""
    text = text.strip().lower()
    if len(text) != _LENGTH or not text.isascii():
        return None
    try:
        number = int(text.translate(_AS_PLAIN), 32)
    except ValueError:
        return None
    return number if number < 1 << 63 else None
