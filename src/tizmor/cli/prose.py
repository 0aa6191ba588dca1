"""What a user hands in: a request in plain words, or a plan in a file. Both are bounded."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import BinaryIO

import msgspec

from tizmor.core.errors import RequestRefused, UserError
from tizmor.core.plan import Plan

LONGEST_REQUEST = 20_000
"""Characters."""
LARGEST_PLAN = 1_000_000
"""Bytes."""

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


def read_plan(path: Path) -> Plan:
    """The plan in a JSON file, as `tizmor plan --json` writes it. Raises `UserError`."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_PLAN + 1)
    except OSError as error:
        raise UserError(f"the plan {str(path)!r} can't be read: {error.strerror}") from error
    if len(content) > LARGEST_PLAN:
        raise UserError(f"the plan {str(path)!r} is larger than {LARGEST_PLAN:,} bytes")
    try:
        return msgspec.json.decode(content, type=Plan)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UserError(
            f"the plan {str(path)!r} is not a plan: {error}; a right one: "
            "tizmor plan REQUEST --json > plan.json"
        ) from error


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
