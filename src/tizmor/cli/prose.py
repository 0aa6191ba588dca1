"""What a user hands in: a request in plain words, a length of time. Both are bounded."""

from __future__ import annotations

import datetime as dt
import re
import sys
from typing import BinaryIO

from tizmor.core.errors import RequestRefused, UserError
from tizmor.core.plan import Budget
from tizmor.ports.budgets import budget

LONGEST_REQUEST = 20_000
"""Characters."""

_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)\s*([smhdw])")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_LONGEST_DAYS = 36_500
_BYTES_PER_CHARACTER = 4
_EXAMPLE = 'tizmor run "what is on my calendar tomorrow?"'


def read_request(said: str) -> str:
    """The request, from standard input when it is `-`, without surrounding space.

    Raises `RequestRefused` when it is empty, too long or not text. Of a standard input that is
    too long no more is read than it takes to know that.
    """
    request = (_from_stream(sys.stdin.buffer) if said == "-" else said).strip()
    if not request:
        raise RequestRefused(f"the request is empty; say what you want done: {_EXAMPLE}")
    if len(request) > LONGEST_REQUEST:
        raise _too_long()
    try:
        request.encode()
    except UnicodeEncodeError as error:
        raise RequestRefused("the request is not UTF-8 text") from error
    return request


def read_duration(text: str) -> dt.timedelta:
    """A length of time such as 90s, 10m, 2h, 30d or 2w, of at most 36,500 days. Raises
    `UserError`."""
    match = _DURATION.fullmatch(text.strip().lower())
    if match is None:
        raise UserError(f"{text!r} is not a length of time; right ones: 90s, 10m, 2h, 30d, 2w")
    seconds = float(match[1]) * _UNITS[match[2]]
    if seconds > _LONGEST_DAYS * _UNITS["d"]:
        raise UserError(f"{text!r} is longer than {_LONGEST_DAYS} days; right ones: 2h, 30d, 2w")
    return dt.timedelta(seconds=seconds)


def read_budget(text: str) -> Budget:
    """The most that an execution may use, `usd=1,tokens=20000`. Raises `UserError`."""
    try:
        return budget(text)
    except ValueError as error:
        right = "usd=1,tokens=20000,time=10m,calls=50,exhausted=ask"
        raise UserError(f"--budget: {error}; a right one: {right}") from error


def _from_stream(stream: BinaryIO) -> str:
    longest = LONGEST_REQUEST * _BYTES_PER_CHARACTER
    content = stream.read(longest + 1)
    if len(content) > longest:
        raise _too_long()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RequestRefused("the request on standard input is not UTF-8 text") from error


def _too_long() -> RequestRefused:
    return RequestRefused(
        f"the request is longer than {LONGEST_REQUEST:,} characters; put the material into a "
        "document of the workspace and refer to it"
    )
