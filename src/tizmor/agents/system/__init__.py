"""The agents that look at Tizmor itself."""

from __future__ import annotations

from tizmor.agents.system.system_check import system_check

__all__ = ["system_check"]
