"""The built-in agents: a folder per connector, a file per agent; plugins like any other."""

from __future__ import annotations

from tizmor.agents import analysis, calendar, contacts, files, system, text
from tizmor.ports.agent import Agent


def builtin() -> tuple[Agent, ...]:
    """All agents that come with Tizmor."""
    return (
        *files.AGENTS,
        *text.AGENTS,
        *analysis.AGENTS,
        *contacts.AGENTS,
        *calendar.AGENTS,
        *system.AGENTS,
    )
