"""Circuit breakers: what fails again and again outside is left alone for a while, by all processes.

After Nygard, "Release It!" (2007). Closed, calls pass. Open, none does. Half open, one does: if it
is well, the breaker closes, else it opens again, for longer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from tizmor.ports.locks import Holder

CLOSED, OPEN, HALF_OPEN = "closed", "open", "half-open"


class Breaking(NamedTuple):
    """When a breaker opens: after so many `failures` in a row, or when of at least `calls` within a
    minute such a part (`rate`) has failed; and for how many seconds, doubled each time that the
    call which tries it fails, to at most ten minutes."""

    failures: int = 5
    rate: float = 0.5
    calls: int = 20
    pause_s: float = 30.0


class Through(NamedTuple):
    """The call may be made. `quiet`: nothing has failed lately and none of the process's calls is
    held, so nobody need be asked for the next ones, nor told of those that go well."""

    quiet: bool


class Open(NamedTuple):
    """The breaker `name` is open; the holder stands in line, and is told when it may try. None for
    `until_ms`: another's call is just trying."""

    name: str
    until_ms: int | None


class Standing(NamedTuple):
    """A breaker: its state, how many calls have failed in a row, until when it is open."""

    name: str
    state: str
    failures: int
    until_ms: int


class Breakers(Protocol):
    """Breakers that all processes on one database share."""

    async def enter(self, holder: Holder, names: Sequence[str]) -> Through | Open:
        """May a call be made that these stand before? Asking again keeps the place."""
        ...

    async def ended(
        self,
        holder: Holder,
        names: Sequence[str],
        rule: Breaking,
        *,
        failed: bool | None,
        well: int = 0,
    ) -> None:
        """How a call ended that was let through; None: it was not made, or that says nothing of
        what is outside, and it stands in no line. `well` more have gone well that nobody was told
        of."""
        ...

    async def standing(self) -> Sequence[Standing]:
        """All breakers before which anything ever failed, by name. It only looks."""
        ...


STANDARD = Breaking()
_BOUNDS: Mapping[str, tuple[float, float]] = {
    "failures": (1, 10_000),
    "rate": (0.01, 1.0),
    "calls": (1, 100_000),
    "pause_s": (0.1, 3_600),
}


def breaking(value: object) -> Breaking:
    """The settings' table, `{ failures = 5, pause_s = 30 }`; also as text. Raises `ValueError`."""
    if isinstance(value, str):
        parts = (part.partition("=") for part in value.split(",") if part.strip())
        value = {name.strip(): given.strip() for name, _, given in parts}
    if not isinstance(value, dict):
        raise ValueError(f"{value!r} is not a table")
    found: dict[str, Any] = {}
    for name, given in value.items():
        if name not in _BOUNDS:
            raise ValueError(f"{name!r} is none of {', '.join(_BOUNDS)}")
        least, most = _BOUNDS[name]
        number = _number(given)
        whole = name in ("failures", "calls")
        if not least <= number <= most or (whole and not number.is_integer()):
            raise ValueError(f"{name} is a number from {least:g} to {most:g}")
        found[name] = int(number) if whole else number
    return Breaking(**found)


def _number(given: object) -> float:
    try:
        return math.nan if isinstance(given, bool) else float(str(given))
    except ValueError:
        return math.nan
