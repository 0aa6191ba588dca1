"""The calendar: meetings created, events searched, free time found."""

from tizmor.agents.calendar.availability import availability
from tizmor.agents.calendar.calendar_create import calendar_create
from tizmor.agents.calendar.calendar_search import calendar_search

AGENTS = (calendar_create, calendar_search, availability)

__all__ = ["AGENTS", "availability", "calendar_create", "calendar_search"]
