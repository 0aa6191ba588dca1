"""Documents made ready for analysis: read, cut into passages, rid of text addressed to an AI."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import msgspec

from tizmor.agents.files.library import read_all
from tizmor.ports.agent import AgentContext
from tizmor.ports.vocabulary import Document
from tizmor.text.instructions import without_instructions
from tizmor.text.normalize import fold
from tizmor.text.passages import Passage, passages

_MAX_DOCUMENTS = 500


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
    """The passages of the documents. Blocks."""
    shelf = read_all(ctx.workspace, [d.path for d in documents[:_MAX_DOCUMENTS]])
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
    return Gathered(
        passages=found,
        dates={s.path: known_dates.get(s.path) or s.date for s in shelf.documents},
        titles={s.path: s.document.title for s in shelf.documents},
        warnings=warnings,
    )


def _not_followed(path: str, ctx: AgentContext) -> str:
    return ctx.say(
        he=f"{path}: יש בו טקסט שמופנה ל-AI; לא פעלתי לפיו",
        en=f"{path} holds text addressed to an AI; it was not followed",
    )
