"""The JSON Schema of a plan (draft 2020-12), and what of a value doesn't fit it, with its places.

The schema is made from the plan's own types; what these can't say (bounds, the form of an id) is
added from where the check has it. A place is a JSON Pointer (RFC 6901) into what was given.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import msgspec

from tizmor.core.check import ID, MAX_ATTEMPTS, MAX_SECONDS, MAX_STEPS, MAX_WIDTH
from tizmor.core.plan import Plan

DIALECT = "https://json-schema.org/draft/2020-12/schema"
FOR_READERS = {"Plan": ("$schema", "type", "batches", "forecast"), "Step": ("dependsOn",)}
"""What a plan file may hold beside the plan: its schema, and what is written for readers."""
_SECONDS = {"exclusiveMinimum": 0, "maximum": MAX_SECONDS}
_DELAY = {"minimum": 0, "maximum": MAX_SECONDS}
_BOUNDS: dict[str, dict[str, dict[str, Any]]] = {
    "Plan": {"steps": {"maxItems": MAX_STEPS}, "deadlineS": _SECONDS},
    "Step": {"id": {"pattern": f"^{ID}$"}, "deadlineS": _SECONDS, "timeoutS": _SECONDS},
    "ForEach": {"width": {"minimum": 1, "maximum": MAX_WIDTH}},
    "RetryPolicy": {
        "attempts": {"minimum": 1, "maximum": MAX_ATTEMPTS},
        "firstDelayS": _DELAY,
        "maxDelayS": _DELAY,
    },
}
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


@cache
def plan_schema() -> Mapping[str, Any]:
    """The schema of a plan file."""
    made = msgspec.json.schema(Plan)
    for name, definition in made["$defs"].items():
        if "properties" not in definition:
            continue
        definition["additionalProperties"] = False
        definition["description"] = " ".join(definition.get("description", "").split())
        for beside in FOR_READERS.get(name, ()):
            definition["properties"][beside] = {}
        for field, bounds in _BOUNDS.get(name, {}).items():
            _bound(definition["properties"][field], bounds)
    made["$defs"]["Plan"]["properties"]["$schema"] = {"type": "string"}
    return {"$schema": DIALECT, "title": "A plan for Tizmor", **made}


def _bound(schema: dict[str, Any], bounds: Mapping[str, Any]) -> None:
    options = [option for option in schema.get("anyOf", ()) if option.get("type") != "null"]
    (options[0] if options else schema).update(bounds)


def misfits(value: Any) -> Iterator[tuple[str, str]]:
    """All that keeps a JSON value from being a plan: places, and what is wrong there."""
    schema = plan_schema()
    return _misfits(value, schema, schema["$defs"], "")


def _misfits(
    value: Any, schema: Mapping[str, Any], defs: Mapping[str, Any], place: str
) -> Iterator[tuple[str, str]]:
    if "$ref" in schema:
        schema = defs[schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        if value is not None:
            options = [option for option in schema["anyOf"] if option.get("type") != "null"]
            yield from _misfits(value, options[0], defs, place)
    elif "enum" in schema:
        if value not in schema["enum"]:
            yield place, f"is one of {', '.join(schema['enum'])}; got {_brief(value)}"
    elif problem := _wrong_type(value, schema) or _out_of_bounds(value, schema):
        yield place, problem
    elif isinstance(value, dict) and "properties" in schema:
        yield from _object(value, schema, defs, place)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _misfits(item, schema.get("items", {}), defs, f"{place}/{number}")


def _object(
    value: Mapping[str, Any], schema: Mapping[str, Any], defs: Mapping[str, Any], place: str
) -> Iterator[tuple[str, str]]:
    known = schema["properties"]
    for name in schema.get("required", ()):
        if name not in value:
            yield place, f"lacks {name!r}"
    for name, part in value.items():
        within = f"{place}/{name.replace('~', '~0').replace('/', '~1')}"
        if name in known:
            yield from _misfits(part, known[name], defs, within)
        else:
            yield within, f"is no field of a {schema['title']}{_meant(name, known)}"


def _meant(name: str, known: Mapping[str, Any]) -> str:
    camel = re.sub(r"_(\w)", lambda match: match[1].upper(), name)
    near = difflib.get_close_matches(camel, known, n=1)
    return f" (did you mean {near[0]}?)" if near else f"; there are {', '.join(sorted(known))}"


def _wrong_type(value: Any, schema: Mapping[str, Any]) -> str | None:
    kind = schema.get("type")
    if kind is None:
        return None
    fits = isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))
    return None if fits else f"wants {kind}, got {_brief(value)}"


def _out_of_bounds(value: Any, schema: Mapping[str, Any]) -> str | None:
    if isinstance(value, str):
        pattern = schema.get("pattern")
        if pattern and not re.fullmatch(pattern, value):
            return (
                f"is a lower-case letter, then letters, digits or _, at most 64 in all; got "
                f"{_brief(value)}"
            )
    elif isinstance(value, (int, float)):
        least, above = schema.get("minimum", -math.inf), schema.get("exclusiveMinimum", -math.inf)
        if not (above < value and least <= value <= schema.get("maximum", math.inf)):
            words = f"above {above}" if "exclusiveMinimum" in schema else f"from {least}"
            return f"is a number {words}, at most {schema['maximum']:,}; got {value}"
    elif isinstance(value, list) and len(value) > schema.get("maxItems", len(value)):
        return f"has {len(value):,} items; at most {schema['maxItems']:,} are allowed"
    return None


def _brief(value: Any) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 60 else f"{text[:60]}…"
