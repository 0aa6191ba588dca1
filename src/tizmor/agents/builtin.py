"""Which agents come with Tizmor."""

from __future__ import annotations

from tizmor.agents import analysis, calendar, contacts, files, text
from tizmor.ports.agent import Agent


def builtin() -> tuple[Agent, ...]:
    """The agents that come with Tizmor and see nothing of the engine; `system` holds the other."""
    return (
        *files.AGENTS,
        *text.AGENTS,
        *analysis.AGENTS,
        *contacts.AGENTS,
        *calendar.AGENTS,
    )
