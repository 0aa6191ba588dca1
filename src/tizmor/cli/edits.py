"""Values as a human writes them, one a line: `attendees.0.email=dana@example.org`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from tizmor.core.errors import InvalidEdit


def edited(arguments: Mapping[str, Any], changes: Sequence[str]) -> dict[str, Any]:
    """A copy of `arguments` with every `path=value` put in; the original stays as it is.

    A path is keys and list positions joined by dots; its last key may be new, and the position
    after a list's last one appends. A value that is JSON is read as JSON, anything else as text.
    Raises `InvalidEdit`.
    """
    changed = {name: _copied(value) for name, value in arguments.items()}
    for change in changes:
        _put(changed, *_path_and_value(change))
    return changed


def written(values: Sequence[str]) -> dict[str, Any]:
    """An object of every `path=value`, where nothing is known yet: the objects on the way to a
    value are made, and a list is given whole, as JSON. Raises `InvalidEdit`."""
    whole: dict[str, Any] = {}
    for value in values:
        path, leaf = _path_and_value(value)
        *way, _ = path.split(".")
        place: Any = whole
        for key in way:
            if isinstance(place, dict):
                place = place.setdefault(key, {})
        _put(whole, path, leaf)
    return whole


def flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every leaf of the arguments as (path, value), written as `edited` reads them."""
    if isinstance(value, Mapping) and value:
        items: Iterator[tuple[Any, Any]] = iter(value.items())
    elif isinstance(value, (list, tuple)) and value:
        items = iter(enumerate(value))
    else:
        yield path, value if _reads_as_itself(value) else msgspec.json.encode(value).decode()
        return
    for key, item in items:
        yield from flat(item, f"{path}.{key}" if path else str(key))


def _path_and_value(change: str) -> tuple[str, Any]:
    path, equals, value = change.partition("=")
    if not equals or not path.strip():
        raise InvalidEdit(f"{change!r} is not PATH=VALUE; a right example: minutes=45")
    return path.strip(), _value(value.strip())


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copied(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_copied(item) for item in value]
    return value


def _value(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return text


def _reads_as_itself(value: Any) -> bool:
    return isinstance(value, str) and value == value.strip() and _value(value) == value != ""


def _put(arguments: dict[str, Any], path: str, value: Any) -> None:
    *way, last = path.split(".")
    place: Any = arguments
    for key in way:
        place = _inside(place, key, path)
    if isinstance(place, dict):
        place[last] = value
    elif isinstance(place, list) and last.isdecimal() and int(last) <= len(place):
        place[int(last) : int(last) + 1] = [value]
    else:
        raise InvalidEdit(f"{path!r} leads nowhere, at {last!r}{_known(place)}")


def _inside(place: Any, key: str, path: str) -> Any:
    if isinstance(place, dict) and key in place:
        return place[key]
    if isinstance(place, list) and key.isdecimal() and int(key) < len(place):
        return place[int(key)]
    raise InvalidEdit(f"{path!r} leads nowhere, at {key!r}{_known(place)}")


def _known(place: Any) -> str:
    if isinstance(place, dict):
        return f" (there is: {', '.join(place) or 'nothing'})"
    if isinstance(place, list):
        return f" (a list of {len(place)})"
    return ""
