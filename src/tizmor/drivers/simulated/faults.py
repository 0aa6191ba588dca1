"""What goes wrong in a simulated run, and how often.

Each kind of fault has a rate of its own, and a run has most of them switched off: faults hide one
another, so many runs with few kinds each find more than runs with all of them (Groce et al., "Swarm
Testing", ISSTA 2012).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from tizmor.drivers.simulated.choices import Stream

RATES: dict[str, tuple[float, ...]] = {
    "crash before a commit": (0.0, 0.02, 0.1),
    "crash after a commit": (0.0, 0.02, 0.1),
    "commit failed": (0.0, 0.05, 0.3),
    "commit unknown": (0.0, 0.05, 0.3),
    "commit slow": (0.0, 0.3, 0.9),
    "read slow": (0.0, 0.1, 0.5),
    "database gone": (0.0, 0.05),
    "order unknown": (0.0, 0.2),
    "wake lost": (0.0, 0.3, 1.0),
    "wake doubled": (0.0, 0.3),
}
"""What can befall a process and its journal, with the rates that a run draws from: the first is
the plainest."""

SHARING: dict[str, tuple[float, ...]] = {
    "crash before sharing": (0.0, 0.02, 0.1),
    "crash after sharing": (0.0, 0.02, 0.1),
    "sharing failed": (0.0, 0.05, 0.3),
    "sharing unknown": (0.0, 0.05, 0.3),
    "sharing slow": (0.0, 0.3, 0.9),
}
"""The same for what processes share."""


class Faults:
    """Says when a fault strikes, and counts those that did. `calm` ends them all."""

    def __init__(self, stream: Stream, rates: Mapping[str, float]) -> None:
        self.calm = False
        self.struck: Counter[str] = Counter()
        self._stream = stream
        self._rates = rates

    @classmethod
    def drawn(cls, stream: Stream, rates: Mapping[str, tuple[float, ...]]) -> Faults:
        """Faults of which each kind is off more often than on."""
        drawn = {
            kind: options[1 + stream.below(len(options) - 1)] if stream.chance(0.35) else options[0]
            for kind, options in rates.items()
        }
        return cls(stream, drawn)

    def strikes(self, kind: str) -> bool:
        """Whether this kind of fault happens now."""
        rate = 0.0 if self.calm else self._rates.get(kind, 0.0)
        if rate <= 0 or not self._stream.chance(rate):
            return False
        self.struck[kind] += 1
        return True

    def note(self, kind: str) -> None:
        """Count a fault that was made elsewhere."""
        self.struck[kind] += 1

    def seconds(self, *options: float) -> float:
        """How long something takes, the plainest first."""
        return options[0] if self.calm else self._stream.pick(options)
