"""Documents made ready for analysis: read, cut into passages, rid of text addressed to an AI."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import msgspec

from tizmor.agents.files.library import read_all
from tizmor.core.errors import Permanent
from tizmor.ports.agent import AgentContext
from tizmor.ports.vocabulary import Document
from tizmor.text.instructions import without_instructions
from tizmor.text.normalize import fold
from tizmor.text.passages import Passage, passages

_MAX_DOCUMENTS = 500
_MAX_PASSAGES = 20_000


class Gathered(msgspec.Struct, frozen=True, kw_only=True):
    """Passages of documents, those of one document together and in order.

    `dates` and `titles` are by path; `warnings` name what was skipped and what wasn't followed.
    """

    passages: list[Passage]
    dates: dict[str, dt.date]
    titles: dict[str, str]
    warnings: list[str]

    @property
    def sources(self) -> list[str]:
        return list(self.titles)


def gather(documents: Sequence[Document], ctx: AgentContext) -> Gathered:
    """The passages of the documents, which are named as what an answer is made from. Blocks."""
    paths = [d.path for d in documents[:_MAX_DOCUMENTS]]
    _name(paths, ctx)
    shelf = read_all(ctx.workspace, paths)
    known_dates = {d.path: d.date for d in documents}
    found: list[Passage] = []
    warnings = shelf.warnings(ctx)
    for shelved in shelf.documents:
        kept, is_tainted = without_instructions(
            passages(shelved.document.text, source=shelved.path)
        )
        title = fold(shelved.document.title)
        found.extend(p for p in kept if fold(p.text) != title)
        if is_tainted:
            warnings.append(_not_followed(shelved.path, ctx))
    if len(found) > _MAX_PASSAGES or len(documents) > _MAX_DOCUMENTS:
        warnings.append(_too_much(ctx))
    return Gathered(
        passages=found[:_MAX_PASSAGES],
        dates={s.path: known_dates.get(s.path) or s.date for s in shelf.documents},
        titles={s.path: s.document.title for s in shelf.documents},
        warnings=warnings,
    )


def _name(paths: Sequence[str], ctx: AgentContext) -> None:
    """Says what will be read. Where a path leads outside nothing is read, which the warnings say;
    what it leads to may change with anything in the workspace."""
    try:
        for path in dict.fromkeys(paths):
            ctx.source(path)
    except Permanent:
        ctx.source(".")


def _too_much(ctx: AgentContext) -> str:
    return ctx.say(
        he="יש יותר טקסט ממה שניתן לנתח בבת אחת; השאר לא נקרא",
        en="there is more text than can be analyzed at once; the rest was not read",
    )


def _not_followed(path: str, ctx: AgentContext) -> str:
    return ctx.say(
        he=f"{path}: יש בו טקסט שמופנה ל-AI; לא פעלתי לפיו",
        en=f"{path} holds text addressed to an AI; it was not followed",
    )
