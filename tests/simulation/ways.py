"""The ways of being an agent in simulated plans, and what is seen of their calls."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from tizmor.core.canonical import canonical
from tizmor.core.plan import Costs, Effect
from tizmor.ports.context import CHEAPER, STANDARD, AgentContext

COSTS = Costs(tokens=10, cheaper=Costs(tokens=4))
TOKENS: Mapping[str, tuple[int, ...]] = {STANDARD: (10, 3, 7), CHEAPER: (4, 2)}
"""What calls that cost something use, by their tier."""

_FLAGS = {
    "Critical": "critical",
    "Prepared": "prepares",
    "Probed": "probes",
    "Undone": "compensates",
    "Hurried": "hurries",
    "Talking": "talks",
    "Paid": "costs",
    "Kept": "keeps",
}
_WORD = re.compile("[A-Z][a-z]+")


class Out(msgspec.Struct):
    value: str = ""


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """A way of being an agent. One that hurries has a time-out, one that keeps gives its answers
    to whoever asks the same."""

    effect: Effect
    critical: bool = False
    prepares: bool = False
    probes: bool = False
    compensates: bool = False
    hurries: bool = False
    talks: bool = False
    costs: bool = False
    keeps: bool = False

    @property
    def name(self) -> str:
        flags = (name for name, field in _FLAGS.items() if getattr(self, field))
        return self.effect.value.capitalize() + "".join(flags)


def way_named(name: str) -> Way:
    """The way of being that an agent of this name has."""
    effect, *flags = _WORD.findall(name)
    on = {_FLAGS[flag]: True for flag in flags}
    return Way(effect=Effect(effect.lower()), **on)


def kept_value(arguments: Mapping[str, Any]) -> str:
    """What an agent gives whose answers are kept: nothing but what it was asked makes it."""
    return canonical(dict(arguments)).decode()


class Made(msgspec.Struct, frozen=True, eq=False):
    """A call that is being made."""

    process: str
    ctx: AgentContext
    way: Way
    arguments: dict[str, Any]


class Watching(Protocol):
    """Sees the calls of a run."""

    def begins(self, made: Made) -> None: ...
    def ends(self, made: Made) -> None: ...
    def lose(self, process: str) -> None:
        """A process was killed, and nothing of it runs any more."""
        ...
