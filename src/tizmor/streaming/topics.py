"""What a reader wants to hear of: `executions,approvals,execution:38fzg3zsaxmgf`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from tizmor.core.ids import parse_id

EXECUTIONS = 1
APPROVALS = 2
QUESTIONS = 4
STEPS = 8
LOGS = 16
PARTIALS = 32
FIGURES = 64

WORDS: Mapping[str, int] = MappingProxyType(
    {
        "executions": EXECUTIONS,
        "approvals": APPROVALS,
        "questions": QUESTIONS,
        "steps": STEPS,
        "logs": LOGS,
        "partials": PARTIALS,
        "figures": FIGURES,
    }
)
"""Topics over all executions, each a bit."""
OF_TYPE: Mapping[str, int] = MappingProxyType(
    {
        "approval": APPROVALS,
        "question": QUESTIONS,
        "step": STEPS,
        "log": LOGS,
        "partial": PARTIALS,
    }
)
"""Which of them has the events of a type; the others are for those who follow the execution."""
MOST = 100
"""Topics that one reader may name."""
_ONE = "execution:"


class Topics(NamedTuple):
    """Bits of topics over all executions, and executions that are followed in full."""

    mask: int = 0
    executions: frozenset[int] = frozenset()


class UnknownTopic(ValueError):
    """There is no such topic."""


def parse(text: str) -> Topics:
    """Topics by their words, parted by commas. Raises `UnknownTopic`."""
    words = [word for part in text.split(",") if (word := part.strip())]
    if not words or len(words) > MOST:
        raise UnknownTopic(f"name 1 to {MOST} topics: {', '.join(WORDS)}, {_ONE}ID")
    mask = 0
    executions = set()
    for word in words:
        if word.startswith(_ONE):
            executions.add(_execution(word))
        elif word in WORDS:
            mask |= WORDS[word]
        else:
            raise UnknownTopic(f"{word[:40]!r} is no topic: {', '.join(WORDS)}, {_ONE}ID")
    return Topics(mask, frozenset(executions))


def _execution(word: str) -> int:
    number = parse_id(word.removeprefix(_ONE))
    if number is None:
        raise UnknownTopic(f"{word[:40]!r} names no execution")
    return number
