"""Points of a meeting, made of what an analysis found and of nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tizmor.ports.agent import AgentContext
from tizmor.ports.vocabulary import Analysis, Point
from tizmor.text.labels import without_label
from tizmor.text.passages import clip

FEWEST, MOST = 5, 9
STRATEGY = ("אסטרטגיה", "Strategy")
PROGRESS = ("מה נעשה", "What was done")
"""Titles of the themes that every analysis may have, in Hebrew and English."""
_NAMED = (*STRATEGY, *PROGRESS)
_LONGEST_TEXT = 220


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One point of an agenda: what is to be done about a statement, and who makes it."""

    purpose: str
    text: str
    sources: tuple[str, ...]

    @property
    def line(self) -> str:
        return f"{self.purpose}: {self.text} [{', '.join(self.sources)}]"


def items(analysis: Analysis, ctx: AgentContext) -> list[Item]:
    """Up to nine points: direction, what was done, decisions to confirm, numbers, what is open,
    next steps. Fewer than five only when the analysis holds no more; none when it holds nothing."""
    direction = _theme(analysis, STRATEGY)
    done = _theme(analysis, PROGRESS)
    confirm = ctx.say(he="לאשר את ההחלטה", en="Confirm the decision")
    settle = ctx.say(he="לסגור", en="Settle")
    review = ctx.say(he="לעבור על המספרים", en="Review the numbers")
    settled = _of_different_documents(analysis.open_points, 3)
    chosen = [
        *_each(ctx.say(he="כיוון ואסטרטגיה", en="Direction"), direction[:1]),
        *_each(ctx.say(he="מה נעשה", en="What was done"), done[:1]),
        *_each(confirm, _of_different_documents(analysis.decisions, 2)),
        *_each(review, analysis.numbers[:1]),
        *_each(settle, settled),
        *_next_steps([p for p in analysis.open_points if p not in settled], ctx),
    ]
    spare = [
        *_each(confirm, analysis.decisions),
        *_each(settle, analysis.open_points),
        *_each(review, analysis.numbers[1:]),
        *(
            i
            for t in analysis.themes
            if t.title not in _NAMED
            for i in _each(t.title, t.points[:1])
        ),
    ]
    return _filled(chosen, spare)


def _filled(chosen: Sequence[Item], spare: Sequence[Item]) -> list[Item]:
    missing = max(0, FEWEST - len(chosen))
    texts = {item.text for item in chosen}
    return [*chosen, *[item for item in spare if item.text not in texts][:missing]][:MOST]


def _of_different_documents(points: Sequence[Point], count: int) -> list[Point]:
    """The first points, one of each document while there are others."""
    first = {p.source: p for p in reversed(points)}
    firsts = [p for p in points if first[p.source] is p]
    return [*firsts, *(p for p in points if p not in firsts)][:count]


def _theme(analysis: Analysis, titles: Sequence[str]) -> Sequence[Point]:
    return next((theme.points for theme in analysis.themes if theme.title in titles), ())


def _each(purpose: str, points: Sequence[Point]) -> list[Item]:
    return [
        Item(
            purpose=purpose,
            text=clip(without_label(point.text), _LONGEST_TEXT),
            sources=(point.source,),
        )
        for point in points
    ]


def _next_steps(points: Sequence[Point], ctx: AgentContext) -> list[Item]:
    """Who and when, for what is open beyond the points that are named."""
    if not points:
        return []
    return [
        Item(
            purpose=ctx.say(he="צעדים הבאים", en="Next steps"),
            text=ctx.say(
                he=f"אחראי ותאריך לכל אחת מ-{len(points)} הנקודות הפתוחות הנוספות"
                if len(points) > 1
                else "אחראי ותאריך לנקודה הפתוחה הנוספת",
                en=f"an owner and a date for each of the other {len(points)} open points"
                if len(points) > 1
                else "an owner and a date for the other open point",
            ),
            sources=tuple(dict.fromkeys(p.source for p in points))[:3],
        )
    ]
