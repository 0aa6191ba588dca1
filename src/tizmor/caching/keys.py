"""The keys of a call: what must be the same for one answer to serve for two.

A key is a SHA-256 over canonical JSON (RFC 8785), so that what was asked can't be read from it.
Beside the arguments it holds all that an answer may depend on: the agent and its version, the
workspace with its settings, the model, the policy, the request's language. Free text is often about
"today": where meaning counts, the day is a part of both keys.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from tizmor.core.agents import AgentSpec
from tizmor.core.canonical import canonical
from tizmor.ports.cache import Wanted
from tizmor.ports.workspace import Workspace

Meaning = Callable[[str], str | None]
"""The key of what a text asks for, or None: `tizmor.caching.meaning.meaning`."""


def partition(
    workspace: Workspace, *, program: str = "", model: str = "", policy: str = ""
) -> bytes:
    """What answers belong to. None passes from one partition to another. `program` is the version
    of what reads and works out, `model` and `policy` are what steers it."""
    return hashlib.sha256(
        canonical(
            [
                str(workspace.root.resolve()),
                workspace.me_name,
                workspace.me_email,
                workspace.timezone,
                [day.name for day in workspace.working_days],
                workspace.working_start.isoformat(),
                workspace.working_end.isoformat(),
                workspace.meeting_minutes,
                workspace.language,
                program,
                model,
                policy,
            ]
        )
    ).digest()


def wanted(
    spec: AgentSpec,
    arguments: Mapping[str, Any],
    *,
    within: bytes,
    language: str,
    today: dt.date,
    literal: Mapping[str, Any],
    meaning: Meaning,
) -> Wanted | None:
    """The keys of a call of an agent in the partition `within`; None when its arguments have no
    canonical form. `literal` are the arguments as the plan has them: only what a person or the
    planner wrote is looked at for its meaning, never what was read somewhere, or whoever wrote that
    could choose whose question his answer is given to."""
    begin: list[Any] = [spec.name, spec.version, within.hex(), language]
    if spec.semantic:
        begin.append(today.isoformat())
    try:
        key = hashlib.sha256(canonical([*begin, dict(arguments)])).digest()
    except ValueError:
        return None
    return Wanted(spec.name, key, _meant(spec, arguments, begin, literal, meaning))


def _meant(
    spec: AgentSpec,
    arguments: Mapping[str, Any],
    begin: list[Any],
    literal: Mapping[str, Any],
    meaning: Meaning,
) -> bytes | None:
    """The key of what a call means; None when one of its texts can't be told."""
    meant: dict[str, Any] = dict(arguments)
    texts = [name for name in spec.semantic if isinstance(arguments.get(name), str)]
    for name in texts:
        if literal.get(name) != arguments[name] or (said := meaning(arguments[name])) is None:
            return None
        meant[name] = said
    return hashlib.sha256(canonical([*begin, "meaning", meant])).digest() if texts else None
