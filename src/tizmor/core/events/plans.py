"""What is to be done: the plan, and another one from where it went wrong."""

from __future__ import annotations

from tizmor.core.events.event import Event
from tizmor.core.plan import Plan


class Planned(Event, frozen=True):
    plan: Plan


class PlanningFailed(Event, frozen=True):
    error: str


class ReplanStarted(Event, frozen=True):
    """The step failed for good; the planner is asked for another way from here."""

    step: str
    error: str


class Replanned(Event, frozen=True):
    """A new plan takes the place of what has not begun. Steps that both plans have go on as they
    are; the step that failed, and those that the new plan leaves out, are replaced."""

    step: str
    plan: Plan


class ReplanFailed(Event, frozen=True):
    """There is no other way; the step's failure goes to the next rung of the ladder."""

    step: str
    error: str
