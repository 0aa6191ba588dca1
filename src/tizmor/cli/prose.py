"""What a user hands in: a request in plain words, a plan in a file, a length of time. All are
bounded."""

from __future__ import annotations

import datetime as dt
import difflib
import re
import sys
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from tizmor.core.errors import RequestRefused, UserError
from tizmor.core.plan import Budget, Plan, Step
from tizmor.ports.budgets import budget

LONGEST_REQUEST = 20_000
"""Characters."""
LARGEST_PLAN = 1_000_000
"""Bytes."""

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
        plan = msgspec.json.decode(content, type=Plan)
        unknown = _unknown_fields(msgspec.json.decode(content))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UserError(
            f"the plan {str(path)!r} is not a plan: {error}; a right one: "
            "tizmor plan REQUEST --json > plan.json"
        ) from error
    if unknown:
        raise UserError(f"the plan {str(path)!r} has unknown fields: {', '.join(unknown)}")
    return plan


def _unknown_fields(written: dict[str, Any]) -> list[str]:
    """Fields that a plan and its steps don't have, with what may have been meant. What `plan
    --json` writes for readers only is passed over."""
    unknown = [_guessed(name, Plan) for name in written if name not in _fields(Plan, _READ_ONLY)]
    for step in written.get("steps", ()):
        known = _fields(Step, _READ_ONLY)
        where = step.get("id", "?")
        unknown += [f"{_guessed(name, Step)} (step {where})" for name in step if name not in known]
    return unknown[:10]


_READ_ONLY = ("type", "batches", "forecast", "dependsOn")


def _fields(kind: type[msgspec.Struct], more: tuple[str, ...] = ()) -> tuple[str, ...]:
    return (*(field.encode_name for field in msgspec.structs.fields(kind)), *more)


def _guessed(name: str, kind: type[msgspec.Struct]) -> str:
    camel = re.sub(r"_(\w)", lambda match: match[1].upper(), name)
    meant = difflib.get_close_matches(camel, _fields(kind), n=1)
    return f"{name} (did you mean {meant[0]}?)" if meant else name


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
