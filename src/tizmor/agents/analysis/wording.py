"""An analysis told in a few sentences: what the documents say, in their words."""

from __future__ import annotations

from collections.abc import Sequence

from tizmor.agents.analysis.points import Sorted, Weighed
from tizmor.ports.agent import AgentContext
from tizmor.ports.vocabulary import Period
from tizmor.text.labels import without_label
from tizmor.text.passages import clip

_LONGEST_SENTENCE = 260


def summary(
    found: Sorted,
    *,
    documents: int,
    topics: Sequence[str],
    period: Period | None,
    ctx: AgentContext,
) -> str:
    """Several sentences, strategy first: one line for each kind of finding that there is."""
    sections = (
        (ctx.say(he="אסטרטגיה", en="Strategy"), found.strategy, 3),
        (ctx.say(he="מה נעשה", en="What was done"), found.progress or found.others, 2),
        (ctx.say(he="הוחלט", en="Decided"), found.decisions, 2),
        (ctx.say(he="במספרים", en="In numbers"), _unused(found.numbers, found.progress[:2]), 2),
        (ctx.say(he="נותר פתוח", en="Still open"), found.open_points, 2),
    )
    lines = [_opening(documents, topics, period, ctx)]
    lines.extend(f"{title}: {_told(items[:count])}" for title, items, count in sections if items)
    return "\n".join(lines)


def _opening(
    documents: int, topics: Sequence[str], period: Period | None, ctx: AgentContext
) -> str:
    about = ", ".join(topics)
    when = _when(period)
    he = "נקרא מסמך אחד" if documents == 1 else f"נקראו {documents} מסמכים"
    en = "1 document was read" if documents == 1 else f"{documents} documents were read"
    return ctx.say(
        he=f"{he}{f' על {about}' if about else ''}{f' ({when})' if when else ''}.",
        en=f"{en}{f' on {about}' if about else ''}{f' ({when})' if when else ''}.",
    )


def _when(period: Period | None) -> str:
    if period is None:
        return ""
    return period.label or f"{period.start:%d.%m.%Y} – {period.end:%d.%m.%Y}"


def _told(items: Sequence[Weighed]) -> str:
    return " ".join(_sentence(without_label(w.passage.text)) for w in items)


def _sentence(text: str) -> str:
    text = clip(text, _LONGEST_SENTENCE)
    return text if text.endswith((".", "!", "?", "…", '"', "”")) else f"{text}."


def _unused(items: Sequence[Weighed], used: Sequence[Weighed]) -> list[Weighed]:
    return [w for w in items if w not in used]
