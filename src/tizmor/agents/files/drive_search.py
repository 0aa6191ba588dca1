"""DriveSearch: the documents of the workspace on a topic, of a period."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence

import msgspec

from tizmor.agents.files.library import Shelf, Shelved, document_paths, read_all
from tizmor.agents.files.ranking import Ranked, index, rank, topic_words
from tizmor.ports.agent import AgentContext, agent
from tizmor.ports.vocabulary import Document, Path, Period, Topic
from tizmor.text.instructions import without_instructions
from tizmor.text.normalize import words
from tizmor.text.passages import Kind, clip, passages

MAX_DOCUMENTS = 200
_EXCERPT_CHARACTERS = 200
_EXCERPT_SEARCHED_CHARACTERS = 50_000


class DocumentsFound(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What was found, most relevant first; without topics newest first."""

    documents: list[Document]
    sources: list[Path]
    warnings: list[str] = []


class _Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Matches within the period, how many there are outside of it, and what was read."""

    ranked: list[Ranked]
    topic_words: frozenset[str]
    elsewhere: int
    shelf: Shelf


@agent(
    name="DriveSearch",
    timeout=dt.timedelta(minutes=5),
    untrusted=True,
    cache_for=dt.timedelta(days=1),
    phrases=(
        "find documents", "search files", "look for documents", "look up notes", "search the drive",
        "which documents", "list the files", "show me files about", "find the report",
        "locate files", "go over the documents", "documents from", "reports from", "files on",
        "חפש מסמכים", "תחפש קבצים", "חפשי מסמכים", "מצא מסמכים", "תמצא קבצים", "אתר מסמכים",
        "הבא את המסמכים", "תביא מסמכים", "אילו מסמכים", "רשימת קבצים", "הראה קבצים",
        "תראה לי מסמכים", "חיפוש בדרייב", "עבור על המסמכים", "מסמכים על", "קבצים על",
    ),
)  # fmt: skip
async def drive_search(
    topics: list[Topic] = [],  # noqa: B006
    period: Period | None = None,
    include_outputs: bool = False,
    *,
    ctx: AgentContext,
) -> DocumentsFound:
    """Find documents of the workspace by topic and by period.

    A document's own date counts before its file's. Every word of a topic must stand in the title,
    the path or the text, in either script; of several topics one is enough. At most 200 are given.
    """
    await asyncio.to_thread(ctx.source, ".")
    paths = await asyncio.to_thread(document_paths, ctx.workspace, include_outputs=include_outputs)
    finding = await asyncio.to_thread(_find, ctx, paths, topics, period)
    documents = await asyncio.to_thread(
        lambda: [_described(r, finding.topic_words) for r in finding.ranked[:MAX_DOCUMENTS]]
    )
    ctx.progress(_said(len(finding.ranked), ctx))
    return DocumentsFound(
        documents=documents,
        sources=[d.path for d in documents],
        warnings=[*_hints(finding, topics, period, ctx), *finding.shelf.warnings(ctx)],
    )


def _find(
    ctx: AgentContext, paths: Sequence[str], topics: Sequence[str], period: Period | None
) -> _Finding:
    shelf = read_all(ctx.workspace, paths)
    if not topics:
        newest = sorted(shelf.documents, key=lambda s: (-s.date.toordinal(), s.path))
        ranked = [Ranked(shelved=s, score=0.0) for s in newest]
        meeting = frozenset[str]()
    else:
        indexed = index(shelf.documents)
        known = topic_words(topics, indexed)
        ranked, meeting = rank(indexed, known), known.all_meeting()
    within = [r for r in ranked if _is_within(r.shelved, period)]
    return _Finding(
        ranked=within, topic_words=meeting, elsewhere=len(ranked) - len(within), shelf=shelf
    )


def _is_within(shelved: Shelved, period: Period | None) -> bool:
    return period is None or period.start <= shelved.date <= period.end


def _described(ranked: Ranked, topic_words: frozenset[str]) -> Document:
    shelved = ranked.shelved
    return Document(
        path=shelved.path,
        title=shelved.document.title,
        date=shelved.date,
        date_from=shelved.date_from,
        excerpt=_excerpt(shelved.document.text, topic_words),
        score=ranked.score,
    )


def _excerpt(text: str, topic_words: frozenset[str]) -> str:
    """The first passage that names the topic; else the first one that says something."""
    kept, _ = without_instructions(passages(text[:_EXCERPT_SEARCHED_CHARACTERS]))
    spoken = [p for p in kept if p.kind is not Kind.LABEL] or kept
    naming = (p for p in spoken if not topic_words.isdisjoint(words(p.text)))
    passage = next(naming, spoken[0] if spoken else None)
    return clip(passage.text, _EXCERPT_CHARACTERS) if passage else ""


def _said(count: int, ctx: AgentContext) -> str:
    match count:
        case 0:
            return ctx.say(he="לא נמצאו מסמכים", en="found no documents")
        case 1:
            return ctx.say(he="נמצא מסמך אחד", en="found 1 document")
        case _:
            return ctx.say(he=f"נמצאו {count} מסמכים", en=f"found {count} documents")


def _hints(
    finding: _Finding, topics: Sequence[str], period: Period | None, ctx: AgentContext
) -> list[str]:
    hints = []
    if len(finding.ranked) > MAX_DOCUMENTS:
        hints.append(
            ctx.say(
                he=f"מתוך {len(finding.ranked)} מסמכים ניתנו {MAX_DOCUMENTS} הראשונים",
                en=f"the first {MAX_DOCUMENTS} of {len(finding.ranked)} documents are given",
            )
        )
    if not finding.ranked and period is not None and finding.elsewhere:
        about = ", ".join(topics)
        when = period.label or f"{period.start.isoformat()} – {period.end.isoformat()}"
        hints.append(
            ctx.say(
                he=f"אין מסמכים {f'על {about} ' if about else ''}בתקופה {when}; "
                f"מסמכים מתקופות אחרות: {finding.elsewhere}",
                en=f"nothing {f'on {about} ' if about else ''}in the period {when}; "
                f"documents from other times: {finding.elsewhere}",
            )
        )
    return hints
