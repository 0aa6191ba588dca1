"""Which events somebody waits for, so that they are written at once.

All others ride with the next commit: what they tell is seen with what comes after them.
"""

from __future__ import annotations

from collections.abc import Iterable

from tizmor.core import events as ev
from tizmor.core.plan import Effect
from tizmor.core.state import State

_READ = Effect.READ
_LAZY = frozenset(
    {
        ev.StepStarted,
        ev.Prepared,
        ev.Expanded,
        ev.Gathered,
        ev.Shared,
        ev.Tainted,
        ev.MessageSent,
        ev.MessageTaken,
        ev.MessageAnswered,
        ev.MessageExpired,
    }
)


def is_awaited(events: Iterable[ev.Event], state: State) -> bool:
    """Whether somebody waits for one of them: nobody does for the end of a read."""
    for event in events:
        if isinstance(event, ev.StepSucceeded):
            if state.steps[event.step].step.effect is not _READ:
                return True
        elif type(event) not in _LAZY:
            return True
    return False
