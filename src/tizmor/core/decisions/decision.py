"""What one fact leads to, as it is being worked out."""

from __future__ import annotations

from tizmor.core import commands as cmd
from tizmor.core import events as ev
from tizmor.core.state import State, evolve


class Decision:
    """What one fact led to: events in order, and commands."""

    __slots__ = ("at_ms", "commands", "events", "state")

    def __init__(self, state: State, at_ms: int) -> None:
        self.state = state
        self.at_ms = at_ms
        self.events: list[ev.Event] = []
        self.commands: list[cmd.Command] = []

    def emit(self, event: ev.Event) -> None:
        evolve(self.state, event, self.at_ms)
        self.events.append(event)

    def order(self, command: cmd.Command) -> None:
        self.commands.append(command)


def next_question(state: State) -> str:
    return f"q{len(state.questions) + 1}"


def end(d: Decision, status: str) -> None:
    d.emit(ev.Ended(status=status))
    d.order(cmd.Finish())
