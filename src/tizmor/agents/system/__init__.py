"""The agents that look at Tizmor itself."""

from tizmor.agents.system.system_check import system_check

__all__ = ["system_check"]
