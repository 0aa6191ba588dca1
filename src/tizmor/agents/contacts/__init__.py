"""People of the workspace's contacts."""

from tizmor.agents.contacts.contact_search import contact_search

AGENTS = (contact_search,)

__all__ = ["AGENTS", "contact_search"]
