"""A call as policies see it: what it costs or moves, and whom it reaches."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tizmor.core.plan import Step
from tizmor.ports.agent import Agent
from tizmor.ports.policy import Asked

_MOST = 2**63 - 1
"""The largest number of Cedar's; what is no number at all counts as it, so that every limit holds
it back."""
_ADDRESS = re.compile(r"[^\s@<>,;]{1,64}@[^\s@<>,;]{1,255}")
_LONGEST = 1_000
"""Characters; no longer text is an address."""


def asked(
    step: Step,
    agent: Agent,
    arguments: Mapping[str, Any],
    *,
    user: str,
    workspace: str,
    untrusted: tuple[str, ...],
) -> Asked:
    """The call of a step with these arguments, for this user."""
    amounts = [arguments[name] for name in agent.amounts if arguments.get(name) is not None]
    recipients = frozenset(
        address.lower() for text in _texts(arguments) for address in _addresses(text)
    )
    return Asked(
        user=user,
        agent=step.agent,
        effect=step.effect.value,
        critical=step.critical,
        workspace=workspace,
        amount=max(map(_whole, amounts), default=None),
        recipients=recipients,
        domains=frozenset(address.rpartition("@")[2] for address in recipients),
        untrusted=untrusted,
    )


def _whole(amount: Any) -> int:
    """An amount rounded away from zero."""
    try:
        number = float(amount)
    except (TypeError, ValueError, OverflowError):
        return _MOST
    if not math.isfinite(number):
        return _MOST
    return min(math.ceil(abs(number)), _MOST)


def _addresses(text: str) -> Iterator[str]:
    """The addresses of a text that is a list of them, names or not: `Dana <dana@example.org>`."""
    if "@" in text and len(text) <= _LONGEST:
        for match in _ADDRESS.finditer(text):
            yield match[0]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts(part)
