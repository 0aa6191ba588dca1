"""WeeklyStatus: what was done, decided and left open, as the documents themselves say."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence

import msgspec

from tizmor.agents.analysis.points import Sorted, Weighed, sort, weigh
from tizmor.agents.analysis.themes import themes
from tizmor.agents.analysis.wording import summary
from tizmor.agents.files.gathering import Gathered, gather
from tizmor.ports.agent import AgentContext, agent
from tizmor.ports.vocabulary import Analysis, Document, Path, Period, Point, Theme, Topic
from tizmor.text.normalize import words
from tizmor.text.passages import Kind
from tizmor.text.topics import TopicWords

_MAX_PROGRESS = 8


class StatusReported(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The analysis, and its summary in a few sentences."""

    analysis: Analysis
    summary: str
    sources: list[Path]
    warnings: list[str] = []


@agent(
    name="WeeklyStatus",
    timeout=dt.timedelta(minutes=5),
    untrusted=True,
    cache_for=dt.timedelta(days=1),
    phrases=(
        "analyze the documents", "read what we did", "what did we do", "what was done", "analyse",
        "understand the strategy", "understand what happened", "strategy", "status",
        "status report", "weekly status", "what is the status of", "review the progress",
        "progress report", "monthly report", "create a report", "where do we stand",
        "what was decided", "catch me up on", "update me on", "how are we doing on",
        "how is it going with", "where does it stand", "what is happening with", "what progress",
        "איך התקדמנו", "תעדכן אותי", "מה המצב", "מה קורה עם", "איפה זה עומד", "איך מתקדם",
        "which decisions were made", "decisions", "what is still open", "open points", "themes",
        "insights", "נתח את המסמכים", "תנתח את ההתקדמות", "ניתוח", "תקרא מה עשינו", "קרא מה עשינו",
        "מה עשינו", "מה נעשה", "מה התקדם", "תבין את האסטרטגיה", "הבן את האסטרטגיה",
        "להבין מה קרה", "אסטרטגיה", "סטטוס", "מה הסטטוס של", "דוח סטטוס", "סטטוס שבועי",
        "דוח שבועי", "דוח יומי", "צור דוח", "סקור את ההתקדמות", "התקדמות", "איפה אנחנו עומדים",
        "מה הוחלט", "אילו החלטות התקבלו", "החלטות", "מה נשאר פתוח", "נקודות פתוחות", "תובנות",
        "נושאים מרכזיים",
    ),
)  # fmt: skip
async def weekly_status(
    documents: list[Document],
    period: Period | None = None,
    topics: list[Topic] = [],  # noqa: B006
    *,
    ctx: AgentContext,
) -> StatusReported:
    """Analyze documents: strategy, themes, what was done, decisions, numbers and open points.

    Extractive: every statement is a passage of a document and carries its path. Text that
    addresses an AI is left out and its document named in the warnings.
    """
    gathered = await asyncio.to_thread(gather, documents, ctx)
    found = await asyncio.to_thread(_sorted, gathered, ctx.language)
    analysis = await asyncio.to_thread(_analysis, gathered, found, period, topics, ctx)
    ctx.progress(_said(analysis, ctx))
    return StatusReported(
        analysis=analysis,
        summary=analysis.summary,
        sources=gathered.sources,
        warnings=gathered.warnings,
    )


def _sorted(gathered: Gathered, language: str) -> Sorted:
    return sort(weigh(gathered.passages, gathered.dates, language=language))


def _analysis(
    gathered: Gathered,
    found: Sorted,
    period: Period | None,
    topics: Sequence[str],
    ctx: AgentContext,
) -> Analysis:
    if not gathered.passages:
        text = ctx.say(he="אין מסמכים לנתח.", en="There are no documents to analyze.")
        return Analysis(summary=text, topics=tuple(topics), period=period)
    return Analysis(
        summary=summary(
            found, documents=len(gathered.sources), topics=topics, period=period, ctx=ctx
        ),
        topics=tuple(topics),
        period=period,
        themes=tuple(_themes(found, topics, ctx)),
        decisions=_points(found.decisions),
        numbers=_points(found.numbers),
        open_points=_points(found.open_points),
    )


def _themes(found: Sorted, topics: Sequence[str], ctx: AgentContext) -> list[Theme]:
    """Strategy and progress under their own names, then what the rest comes back to."""
    named = [
        Theme(title=ctx.say(he="אסטרטגיה", en="Strategy"), points=_points(found.strategy)),
        Theme(
            title=ctx.say(he="מה נעשה", en="What was done"),
            points=_points(found.progress[:_MAX_PROGRESS]),
        ),
    ]
    rest = [*found.decisions, *found.open_points, *found.numbers, *found.progress, *found.others]
    spoken = [w for w in {id(w): w for w in rest}.values() if w.passage.kind is not Kind.ROW]
    topic_words = TopicWords(topics, {word for w in spoken for word in words(w.passage.text)})
    without = topic_words.all_meeting() | {b for t in topics for b in words(t)}
    return [
        *(theme for theme in named if theme.points),
        *themes(spoken, without=without, language=ctx.language),
    ]


def _points(weighed: Sequence[Weighed]) -> tuple[Point, ...]:
    return tuple(w.point for w in weighed)


def _said(analysis: Analysis, ctx: AgentContext) -> str:
    decided, opened = len(analysis.decisions), len(analysis.open_points)
    return ctx.say(
        he=f"החלטות: {decided}, נקודות פתוחות: {opened}, נושאים: {len(analysis.themes)}",
        en=f"decisions: {decided}, open points: {opened}, themes: {len(analysis.themes)}",
    )
