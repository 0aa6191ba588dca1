"""JSON Schemas of agents compared as types: what fits where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tizmor.core.graph import INDEX

Schema = Mapping[str, Any]


def type_name(schema: Schema) -> str:
    """The schema's type as a short name: `Contact`, `Contact[]`, `Topic`, `string`, `any`.

    A named definition gives its name, a `title` goes before the JSON type, and `null` as one of
    two alternatives is left out: an optional Contact is a Contact.
    """
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        options = [type_name(s) for s in schema["anyOf"] if s.get("type") != "null"]
        return options[0] if len(options) == 1 else "any"
    if schema.get("type") == "array":
        return type_name(schema.get("items") or {}) + "[]"
    if "title" in schema:
        return str(schema["title"])
    if "format" in schema:
        return str(schema["format"])
    kind = schema.get("type")
    if isinstance(kind, list):
        kinds = [k for k in kind if k != "null"]
        kind = kinds[0] if len(kinds) == 1 else None
    return str(kind) if kind else "any"


BY_NAME = r"secret:[A-Za-z][A-Za-z0-9_]{0,63}"
"""How a secret is given: by its name."""
_MARK = "x-secret"
"""The keyword that marks a string as the name of a secret."""


AMOUNT = "x-amount"
"""The keyword that marks a number as what a call costs or moves, for policies to go by."""


def is_secret(schema: Schema) -> bool:
    return bool(_required(schema).get(_MARK))


def is_amount(schema: Schema) -> bool:
    return bool(_required(schema).get(AMOUNT))


def resolve(schema: Schema, defs: Mapping[str, Schema]) -> Schema:
    """The schema behind `$ref`s and behind an optional."""
    while True:
        if "$ref" in schema:
            schema = defs.get(str(schema["$ref"]).rpartition("/")[2], {})
        elif "anyOf" in schema:
            options = [s for s in schema["anyOf"] if s.get("type") != "null"]
            if len(options) != 1:
                return schema
            schema = options[0]
        else:
            return schema


def fields(schema: Schema, defs: Mapping[str, Schema]) -> dict[str, Schema]:
    """The properties of an object schema by their JSON names."""
    return dict(resolve(schema, defs).get("properties") or {})


def at(schema: Schema, defs: Mapping[str, Schema], tokens: list[str]) -> Schema | None:
    """The schema of what a JSON Pointer's `tokens` lead to; None when they lead nowhere."""
    for token in tokens:
        schema = resolve(schema, defs)
        if schema.get("type") == "array":
            if not INDEX.fullmatch(token):
                return None
            schema = schema.get("items") or {}
        elif "properties" in schema:
            if token not in schema["properties"]:
                return None
            schema = schema["properties"][token]
        elif "additionalProperties" in schema:
            extra = schema["additionalProperties"]
            schema = extra if isinstance(extra, Mapping) else {}
        else:
            return {} if not schema else None
    return schema


_NARROWER = {"number": "integer"}


def _required(schema: Schema) -> Schema:
    """The one alternative to `null`: an agent says at the call when a value is missing."""
    options = [s for s in schema.get("anyOf", ()) if s.get("type") != "null"]
    return options[0] if len(options) == 1 else schema


def fits(source: Schema, target: Schema) -> bool:
    """Whether a value of type `source` may stand where `target` is asked for."""
    source, target = _required(source), _required(target)
    given, wanted = type_name(source), type_name(target)
    if "any" in (given, wanted) or given == wanted:
        return True
    if given.endswith("[]") and wanted.endswith("[]"):
        return fits(source.get("items") or {}, target.get("items") or {})
    plain = {"string", "integer", "number", "boolean", "object", "array"}
    if wanted in plain and "$ref" not in source:
        return source.get("type") in (wanted, _NARROWER.get(wanted))
    return given == "string" and target.get("type") == "string"
