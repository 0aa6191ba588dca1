"""What schemathesis is told beside the document: executions, approvals and steps that there are.

Ids that are made up lead to 404 only; so for two of three the hook puts one that is there.
"""

from __future__ import annotations

import json
import os
import zlib
from typing import Any

import schemathesis

KNOWN: dict[str, list[str]] = json.loads(os.environ.get("TIZMOR_FUZZ_KNOWN", "{}"))


@schemathesis.hook
def map_path_parameters(
    context: schemathesis.HookContext, path_parameters: dict[str, Any] | None
) -> dict[str, Any] | None:
    """Real names in place of made up ones, always the same for the same."""
    if not path_parameters:
        return path_parameters
    return {name: _known(name, value) for name, value in path_parameters.items()}


def _known(name: str, value: Any) -> Any:
    there = KNOWN.get(name)
    if not there:
        return value
    drawn = zlib.crc32(repr(value).encode("utf-8", "replace"))
    return there[drawn // 3 % len(there)] if drawn % 3 else value
