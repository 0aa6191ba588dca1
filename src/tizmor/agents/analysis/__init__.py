"""Analysis of documents, by extraction: nothing is said that no document says."""

from tizmor.agents.analysis.weekly_status import weekly_status

AGENTS = (weekly_status,)
