"""A plan in a file: read, and every problem of one that is none told with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from tizmor.core.errors import PlanRefused, UserError
from tizmor.core.plan import Plan
from tizmor.core.plan_schema import misfits

LARGEST_PLAN = 1_000_000
"""Bytes."""
_MOST = 100
"""Problems that are told of one file."""
_BYTE = re.compile(r" \(byte (\d+)\)$")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]')


def read_plan(path: Path) -> Plan:
    """The plan in a JSON file, as `tizmor plan --json` writes it and `tizmor plan --schema`
    describes it. Raises `UserError` for what is no JSON, `PlanRefused` with all that is wrong."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_PLAN + 1)
    except OSError as error:
        raise UserError(f"the plan {str(path)!r} can't be read: {error.strerror}") from error
    if len(content) > LARGEST_PLAN:
        raise UserError(f"the plan {str(path)!r} is larger than {LARGEST_PLAN:,} bytes")
    try:
        written = msgspec.json.decode(content)
        problems = list(misfits(written))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UserError(
            f"the plan {str(path)!r} is not a plan: {_placed(str(error), content)}; a right one: "
            "tizmor plan REQUEST --json > plan.json"
        ) from error
    if problems:
        raise PlanRefused(list(_told(path, content, problems)))
    return msgspec.convert(written, Plan)


def _told(path: Path, content: bytes, problems: list[tuple[str, str]]) -> Iterator[str]:
    lines = _lines(content.decode())
    for place, problem in problems[:_MOST]:
        yield f"{path.name}:{lines.get(place, 1)}: {place or '/'} {problem}"
    if (more := len(problems) - _MOST) > 0:
        yield f"and {more:,} more"


def _lines(text: str) -> dict[str, int]:
    """The line of each value in a JSON text, by its pointer (RFC 6901). The text is sound."""
    lines: dict[str, int] = {}
    way: list[str | int] = []
    line, end, is_name = 1, 0, False
    for token in _TOKEN.finditer(text):
        line += text.count("\n", end, token.start())
        end = token.start()
        match token[0]:
            case "{" | "[" as begins:
                lines.setdefault(_pointer(way), line)
                is_name = begins == "{"
                way.append("" if is_name else 0)
                lines.setdefault(_pointer(way), line)
            case "}" | "]":
                way.pop()
                is_name = False
            case ",":
                is_name = isinstance(way[-1], str)
                if not is_name:
                    way[-1] = int(way[-1]) + 1
                    lines[_pointer(way)] = line + _blank(text, token.end())
            case ":":
                is_name = False
            case name if is_name:
                way[-1] = str(msgspec.json.decode(name))
                lines[_pointer(way)] = line
    return lines


def _blank(text: str, start: int) -> int:
    """How many lines end before what comes next."""
    rest = re.compile(r"\s*").match(text, start)
    return rest[0].count("\n") if rest else 0


def _pointer(way: list[str | int]) -> str:
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in way)


def _placed(problem: str, content: bytes) -> str:
    """An error of the JSON reader with line and column instead of a byte's number."""
    found = _BYTE.search(problem)
    if found is None:
        return problem
    before = content[: int(found[1])]
    column = len(before) - before.rfind(b"\n")
    return f"{problem[: found.start()]} (line {before.count(10) + 1}, column {column})"
