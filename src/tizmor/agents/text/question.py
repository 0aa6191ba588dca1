"""Question: an answer from the documents, with citations, or plainly none."""

from __future__ import annotations

import asyncio
import datetime as dt

import msgspec

from tizmor.agents.files.gathering import Gathered, gather
from tizmor.agents.text.evidence import Search, search
from tizmor.ports.agent import AgentContext, agent
from tizmor.ports.vocabulary import Document, Path, Point, RequestText
from tizmor.text.counting import counted
from tizmor.text.passages import clip

_LONGEST_PASSAGE = 500


class QuestionAnswered(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The answer in the documents' own words, each with its document's path in brackets."""

    answer: str
    citations: list[Point]
    sources: list[Path]
    warnings: list[str] = []


@agent(
    name="Question",
    timeout=dt.timedelta(minutes=5),
    untrusted=True,
    cache_for=dt.timedelta(days=1),
    phrases=(
        "answer the question", "what", "who", "when did", "where", "why", "how much", "how many",
        "which", "tell me about", "what do the documents say about", "according to the documents",
        "is it true that", "ענה על השאלה", "מה", "מי", "מתי", "איפה", "למה", "מדוע", "כמה", "איזה",
        "האם", "ספר לי על", "מה כתוב על", "מה נאמר על", "לפי המסמכים", "מה אומרים המסמכים",
    ),
)  # fmt: skip
async def question(
    question: RequestText, documents: list[Document], *, ctx: AgentContext
) -> QuestionAnswered:
    """Answer a question from documents only, with citations; say so when they don't tell."""
    gathered = await asyncio.to_thread(gather, documents, ctx)
    found = await asyncio.to_thread(
        search, question, gathered.passages, titles=gathered.titles, dates=gathered.dates
    )
    citations = [
        Point(text=clip(e.passage.text, _LONGEST_PASSAGE), source=e.passage.source)
        for e in found.answers
    ]
    sources = list(dict.fromkeys(c.source for c in citations))
    ctx.progress(
        ctx.say(
            he=counted(len(citations), one="נמצא קטע אחד שעונה", many="קטעים עונים נמצאו"),
            en=f"found {counted(len(citations), one='1 passage', many='passages')}",
        )
        if citations
        else ctx.say(he="המסמכים אינם עונים", en="the documents don't tell")
    )
    return QuestionAnswered(
        answer="\n".join(f"{c.text} [{c.source}]" for c in citations)
        or _unanswered(gathered, found, ctx),
        citations=citations,
        sources=sources,
        warnings=gathered.warnings,
    )


def _unanswered(gathered: Gathered, found: Search, ctx: AgentContext) -> str:
    read = len(gathered.sources)
    missing = ", ".join(found.unknown_words)
    return ctx.say(
        he=f"המסמכים שנקראו ({read}) אינם עונים על השאלה."
        + (f" לא נזכר בהם: {missing}." if missing else ""),
        en=f"The documents that were read ({read}) don't answer this."
        + (f" They don't mention: {missing}." if missing else ""),
    )
