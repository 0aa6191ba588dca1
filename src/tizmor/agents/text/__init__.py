"""Text out of documents: summaries, answers, agendas."""

from tizmor.agents.text.editor import editor
from tizmor.agents.text.question import question
from tizmor.agents.text.summary import summary

AGENTS = (editor, question, summary)
