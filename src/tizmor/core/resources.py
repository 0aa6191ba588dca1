"""Resources whose names take arguments in: `file:{path}`.

What stands for an argument is known when the plan gives it, or only at the call; until then the
name is open. One thing has one name: a path is written the same however it was given.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import structs

from tizmor.core.canonical import canonical
from tizmor.core.graph import references, takes_item
from tizmor.core.plan import Resource

_ARGUMENT = re.compile(r"\{(\w{1,64})\}")
_BRACES = str.maketrans({"{": "%7B", "}": "%7D"})
_LONGEST = 500
_PATHS = "file:"


def is_open(name: str) -> bool:
    """Whether a part of the name isn't known yet."""
    return "{" in name


def stem(name: str) -> str:
    """What of an open name is known: how it begins."""
    return name.partition("{")[0]


def filled_in(resource: Resource, arguments: Mapping[str, Any]) -> Resource:
    """The resource with the arguments in its name that are values; what refers to another step
    stays open. An argument that isn't given is empty."""
    if not is_open(resource.name):
        return resource
    name = _ARGUMENT.sub(lambda found: _value(found, arguments), resource.name)
    if name.startswith(_PATHS) and not is_open(name):
        name = _PATHS + _path(name.removeprefix(_PATHS))
    if len(name) > _LONGEST:
        name = stem(name)[:_LONGEST] + hashlib.sha256(name.encode()).hexdigest()
    return structs.replace(resource, name=name)


def all_filled_in(
    resources: Sequence[Resource], arguments: Mapping[str, Any]
) -> Sequence[Resource]:
    """The resources of a call, by its arguments; the very same where none is open."""
    if not any(is_open(resource.name) for resource in resources):
        return resources
    return tuple(filled_in(resource, arguments) for resource in resources)


def _value(found: re.Match[str], arguments: Mapping[str, Any]) -> str:
    value = arguments.get(found[1], "")
    if takes_item(value) or any(True for _ in references(value)):
        return found[0]
    text = value if isinstance(value, str) else canonical(value).decode()
    return text.translate(_BRACES)


def _path(path: str) -> str:
    """A path without `.`, `..` and doubled slashes, as far as it says itself where it leads."""
    parts: list[str] = []
    for part in path.replace("\\", "/").split("/"):
        if part == ".." and parts:
            parts.pop()
        elif part not in ("", ".", ".."):
            parts.append(part)
    return "/".join(parts)
