"""Which of the recurring ones is meant (last, this, next), and the names of months."""

from __future__ import annotations

from tizmor.planner.embedded.matching import Tokens, table
from tizmor.planner.embedded.periods import Turn
from tizmor.planner.embedded.tokens import Kind
from tizmor.planner.embedded.vocabulary import folded
from tizmor.text import calendar_words

MONTHS = table(calendar_words.MONTHS)


TURNS_BEFORE = table(
    {
        "last past previous": Turn.LAST,
        "this current": Turn.THIS,
        "next coming upcoming following": Turn.NEXT,
    }
)


TURNS_AFTER = table(
    {
        "שעבר שעברה האחרון האחרונה האחרונים האחרונות הקודם הקודמת": Turn.LAST,
        "הזה הזו הזאת הנוכחי הנוכחית": Turn.THIS,
        "הבא הבאה הבאים הבאות הקרוב הקרובה הקרובים הקרובות": Turn.NEXT,
    }
)


AMBIGUOUS = folded("may march mar sun sat wed mon")
"""Names that are other words, too: only after a preposition, before a number, or capitalised."""


_NAMING = folded("in on last next of since from until by this for during past before after")


def names_a_date(tokens: Tokens, i: int) -> bool:
    """Whether an ambiguous name is a date by what stands around it."""
    before = tokens[i - 1] if i else None
    return (
        (
            before is not None
            and (before.word in _NAMING or before.kind is not Kind.WORD)
            and (before.kind is not Kind.MARK)
        )
        or (tokens[i].capitalized and before is not None)
        or (i + 1 < len(tokens) and tokens[i + 1].kind in (Kind.NUMBER, Kind.ORDINAL))
    )
