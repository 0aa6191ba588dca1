"""The planner that runs on nothing: no model, no key, no network."""

from tizmor.planner.embedded.planner import EmbeddedPlanner

__all__ = ["EmbeddedPlanner"]
