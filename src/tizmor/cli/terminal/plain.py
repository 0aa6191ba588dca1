"""One line an event, for logs, pipes and terminals that can't be drawn on."""

from __future__ import annotations

from collections.abc import Sequence

from tizmor.cli.terminal.held import held_text
from tizmor.cli.terminal.words import Words
from tizmor.engine.views import StreamEvent

_DECISIONS = ("approval", "question")
_BY_NAME = frozenset({"signed", "delegated", "escalated"})
"""What became of an approval that stays open says who did it."""


def event_line(event: StreamEvent, words: Words, *, by: Sequence[str] = ()) -> str | None:
    """The event in words; None for one that has nothing to tell a person. `by` are the executions
    that have what a held step waits for."""
    if event.plan is not None:
        steps = ", ".join(f"{step.id} ({step.agent})" for step in event.plan.steps)
        return f"{words.plan}: {steps or '-'}"
    if event.type == "step":
        return _step_line(event, words, by)
    if event.type == "log":
        return ": ".join(part for part in (event.step, event.message or event.error) if part)
    if event.type in _DECISIONS and event.waiting is not None:
        kind = words.approval if event.type == "approval" else words.question
        state = words.decided.get(event.state or "", event.state or "")
        who = f", {event.message}" if event.message and event.state in _BY_NAME else ""
        return f"{kind} ({state}{who}): {event.waiting.text}"
    return None


def standing_error(state: str, error: str | None) -> str | None:
    """What is wrong with a step as it stands: what runs again is past its earlier failures."""
    return None if state == "running" else error


def _step_line(event: StreamEvent, words: Words, by: Sequence[str]) -> str:
    name, state = event.title or event.agent or "", event.state or ""
    held = event.message and held_text(event.message, words.held, until=event.until or "", by=by)
    shown = None if held and state == "held" else words.states.get(state, state)
    cached = words.cached if event.cached else None
    parts = (name, shown, held, cached, standing_error(state, event.error))
    return f"{event.step}: " + " · ".join(part for part in parts if part)
