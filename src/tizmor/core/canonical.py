"""Canonical JSON (RFC 8785, JCS) and the idempotency key that is made of it.

Two JSON values that mean the same have the same canonical bytes, on every machine and version.
Numbers are written as ECMAScript writes them (RFC 8785, section 3.2.2.3); integers beyond 2**53
have no exact form there and are refused.
"""

from __future__ import annotations

import hashlib
import json
import math
from typing import Any

_EXACT = 2**53


def canonical(value: Any) -> bytes:
    """The canonical bytes of a JSON value. Raises `ValueError` for what JSON can't hold."""
    parts: list[str] = []
    _write(value, parts)
    return "".join(parts).encode("utf-8")


def idempotency_key(execution: int, step: str, arguments: Any) -> str:
    """The key of a call: the same for all of its attempts, another for other arguments.

    64 hexadecimal digits: SHA-256 over execution, step and prepared arguments in canonical JSON.
    """
    return hashlib.sha256(canonical([str(execution), step, arguments])).hexdigest()


def planned_key(agent: str, arguments: Any) -> str:
    """The key of a call as a dry run shows it: the same in the run that carries it out. 64
    hexadecimal digits, as `idempotency_key`. Raises `ValueError` for what JSON can't hold."""
    return hashlib.sha256(canonical(["planned", agent, arguments])).hexdigest()


def _write(value: Any, parts: list[str]) -> None:
    if value is None or value is True or value is False:
        parts.append({None: "null", True: "true", False: "false"}[value])
    elif isinstance(value, str):
        parts.append(json.dumps(value, ensure_ascii=False))
    elif isinstance(value, int):
        if abs(value) > _EXACT:
            raise ValueError(f"{value} has no exact form in JSON")
        parts.append(str(value))
    elif isinstance(value, float):
        parts.append(_number(value))
    elif isinstance(value, dict):
        _write_object(value, parts)
    elif isinstance(value, (list, tuple)):
        parts.append("[")
        for i, item in enumerate(value):
            if i:
                parts.append(",")
            _write(item, parts)
        parts.append("]")
    else:
        raise ValueError(f"{type(value).__name__} is not a JSON value")


def _write_object(value: dict[str, Any], parts: list[str]) -> None:
    if not all(isinstance(key, str) for key in value):
        raise ValueError("the keys of a JSON object are strings")
    parts.append("{")
    for i, key in enumerate(sorted(value, key=lambda k: k.encode("utf-16-be"))):
        if i:
            parts.append(",")
        parts.append(json.dumps(key, ensure_ascii=False))
        parts.append(":")
        _write(value[key], parts)
    parts.append("}")


def _number(value: float) -> str:
    """ECMA-262 Number::toString: Python's shortest digits, laid out as ECMAScript does."""
    if not math.isfinite(value):
        raise ValueError("NaN and infinity are not JSON values")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = f"{abs(value)!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    point = len(whole) + int(exponent or 0)
    unstripped = whole + fraction
    digits = unstripped.lstrip("0")
    point -= len(unstripped) - len(digits)
    digits = digits.rstrip("0")
    return sign + _lay_out(digits, point)


def _lay_out(digits: str, point: int) -> str:
    count = len(digits)
    if count <= point <= 21:
        return digits + "0" * (point - count)
    if 0 < point <= 21:
        return digits[:point] + "." + digits[point:]
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    rest = "." + digits[1:] if count > 1 else ""
    exponent = point - 1
    return f"{digits[0]}{rest}e{'+' if exponent > 0 else '-'}{abs(exponent)}"
