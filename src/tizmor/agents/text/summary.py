"""Summary: what documents say, in their own most telling sentences."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence

import msgspec

from tizmor.agents.analysis.cues import is_decision, is_open, strategy_strength
from tizmor.agents.files.gathering import Gathered, gather
from tizmor.ports.agent import AgentContext, agent
from tizmor.ports.vocabulary import Document, Path, Topic
from tizmor.text.counting import counted
from tizmor.text.normalize import is_hebrew, words
from tizmor.text.passages import Kind, Passage, clip
from tizmor.text.salience import Collection, choose, distinct
from tizmor.text.topics import TopicWords

_FEWEST, _MOST = 5, 8
_PASSAGES_PER_SENTENCE = 8
_FEWEST_WORDS = 6
_LONGEST_SENTENCE = 320
_FIRST_COUNTS = 0.1
_TOPIC_COUNTS = 0.15
_OWN_LANGUAGE_COUNTS = 0.2
_STRATEGY_COUNTS = 0.15
_DECISION_COUNTS = 0.2
_CUT_OFF_COSTS = 0.3
"""For a question or an open list item, which tells less by itself."""


class SummaryWritten(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Sentences of the documents, one a line, each with its document's path in brackets."""

    summary: str
    sources: list[Path]
    warnings: list[str] = []


@agent(
    name="Summary",
    timeout=dt.timedelta(minutes=5),
    untrusted=True,
    cache_for=dt.timedelta(days=1),
    phrases=(
        "summarize", "summarise", "summary of", "give me a summary", "sum up", "in short", "tl;dr",
        "the main points", "key points", "digest", "overview of",
        "סכם", "תסכם", "תסכמי", "לסכם", "סיכום של", "תן לי סיכום", "תמצית", "תמצת",
        "בקצרה", "בקיצור", "עיקרי הדברים", "נקודות עיקריות", "תקציר", "סקירה של",
    ),
)  # fmt: skip
async def summary(
    documents: list[Document],
    topics: list[Topic] = [],  # noqa: B006
    *,
    ctx: AgentContext,
) -> SummaryWritten:
    """Summarize documents in five to eight of their own sentences, each with its source."""
    gathered = await asyncio.to_thread(gather, documents, ctx)
    read = len(gathered.sources)
    chosen = await asyncio.to_thread(_chosen, gathered, topics, ctx.language)
    ctx.progress(
        ctx.say(
            he=f"סיכום: {counted(len(chosen), one='משפט אחד', many='משפטים')} מתוך "
            f"{counted(read, one='מסמך אחד', many='מסמכים')}",
            en=f"summary: {counted(len(chosen), one='1 sentence', many='sentences')} of "
            f"{counted(read, one='1 document', many='documents')}",
        )
    )
    lines = [f"{clip(p.text, _LONGEST_SENTENCE)} [{p.source}]" for p in chosen]
    nothing = ctx.say(he="אין במסמכים מה לסכם.", en="The documents hold nothing to summarize.")
    return SummaryWritten(
        summary="\n".join(lines) or nothing,
        sources=list(dict.fromkeys(p.source for p in chosen)),
        warnings=gathered.warnings,
    )


def _chosen(gathered: Gathered, topics: Sequence[str], language: str) -> list[Passage]:
    """The chosen passages in the order of their documents' dates, then of their place in them."""
    passages = distinct((p for p in gathered.passages if _tells(p)), lambda p: words(p.text))
    if not passages:
        return []
    collection = Collection([p.text for p in passages])
    bonuses = _bonuses(passages, topics, language)
    scores = [s + b for s, b in zip(collection.salience(), bonuses, strict=True)]
    count = max(_FEWEST, min(_MOST, len(passages) // _PASSAGES_PER_SENTENCE))
    places = choose(scores, collection.vectors, count)
    return [
        passages[i] for i in sorted(places, key=lambda i: (gathered.dates[passages[i].source], i))
    ]


def _tells(passage: Passage) -> bool:
    is_prose = passage.kind not in (Kind.LABEL, Kind.ROW)
    return is_prose and len(passage.text.split()) >= _FEWEST_WORDS


def _bonuses(passages: Sequence[Passage], topics: Sequence[str], language: str) -> list[float]:
    spoken = [words(p.text) for p in passages]
    meeting = TopicWords(topics, {w for tokens in spoken for w in tokens}).all_meeting()
    seen: set[str] = set()
    bonuses = []
    for passage, tokens in zip(passages, spoken, strict=True):
        is_first = passage.source not in seen
        seen.add(passage.source)
        cut_off = passage.kind is Kind.OPEN_BOX or is_open(passage)
        bonuses.append(
            _FIRST_COUNTS * is_first
            + _STRATEGY_COUNTS * strategy_strength(passage)
            + _DECISION_COUNTS * is_decision(passage)
            + _TOPIC_COUNTS * (not meeting.isdisjoint(tokens))
            + _OWN_LANGUAGE_COUNTS * (is_hebrew(passage.text) == (language == "he"))
            - _CUT_OFF_COSTS * cut_off
        )
    return bonuses
