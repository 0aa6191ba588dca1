"""What one clause gives to the agents that it asks for: typed values by the vocabulary's names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from tizmor.planner.embedded.when import Wish
from tizmor.ports.vocabulary import Period


class Slots(msgspec.Struct, frozen=True, kw_only=True):
    """The values that a clause says. Empty and None are what it leaves open."""

    text: str = ""
    topics: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    """Those topics that the clause says itself; `topics` may come from an earlier one."""
    weak: bool = False
    """Whether no preposition introduces any topic."""
    people: tuple[str, ...] = ()
    meeting_people: tuple[str, ...] = ()
    """Those of a meeting that the clause only mentions: an agenda for a meeting with Dana."""
    files: tuple[str, ...] = ()
    period: Period | None = None
    period_told: Period | None = None
    """When that was which a meeting is about: what we wrote in May."""
    wish: Wish = Wish(None, None)
    title: str = ""
    alone: bool = False
    """Whether time is kept for whoever asks, with nobody else."""
    recurs: bool = False
    """Whether it is wanted again and again."""
    named: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Values of arguments that have no type of their own, by the argument's name."""
    extra: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Answers to questions about arguments, by the argument's name."""

    def given(self) -> frozenset[str]:
        """Names of the item types that the clause gives values of."""
        return frozenset(
            kind.removesuffix("[]")
            for kind, value in _VALUES.items()
            if kind not in _ALWAYS and value(self) is not None
        )

    def value(self, kind: str) -> Any:
        """The JSON value of type `kind` (see `core.schema.type_name`), or None."""
        of = _VALUES.get(kind)
        return of(self) if of else None


def file_topics(files: tuple[str, ...]) -> tuple[str, ...]:
    """File names as topics to find them by, where no file can be named."""
    return tuple(f.rpartition(".")[0].rpartition("/")[2] for f in files)


def _list(values: tuple[str, ...]) -> list[str] | None:
    return list(values) or None


def _first(values: tuple[str, ...]) -> str | None:
    return values[0] if values else None


def _json(value: object) -> Any:
    return msgspec.to_builtins(value) if value is not None else None


_VALUES: dict[str, Callable[[Slots], Any]] = {
    "Topic[]": lambda s: _list(s.topics),
    "Topic": lambda s: _first(s.topics),
    "PersonName[]": lambda s: _list(s.people),
    "PersonName": lambda s: _first(s.people),
    "Contact[]": lambda s: [] if s.alone else None,
    "FileName[]": lambda s: _list(s.files),
    "FileName": lambda s: _first(s.files),
    "Period": lambda s: _json(s.period),
    "TimeWish": lambda s: _json(s.wish.when),
    "Minutes": lambda s: s.wish.minutes,
    "RequestText": lambda s: s.text or None,
    "Title": lambda s: s.title or None,
}
_ALWAYS = frozenset({"RequestText", "Title", "Contact[]"})
