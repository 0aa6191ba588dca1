"""The state of Tizmor itself."""

from tizmor.agents.system.system_check import system_check

AGENTS = (system_check,)

__all__ = ["AGENTS", "system_check"]
