"""Words looked up in tables, where Hebrew prefix letters may stand before them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from tizmor.planner.embedded.periods import Named
from tizmor.planner.embedded.tokens import Kind, Token, fold, peel

Tokens = Sequence[Token]
Read = tuple[Named, int] | None
"""What was read, and the index after it."""
T = TypeVar("T")


def table(words: Mapping[str, T]) -> dict[str, T]:
    """Values by each of the folded words that a key lists."""
    return {fold(word): value for key, value in words.items() for word in key.split()}


def word(tokens: Tokens, i: int) -> str:
    return tokens[i].word if 0 <= i < len(tokens) else ""


def lookup(tokens: Tokens, i: int, vocabulary: Mapping[str, T]) -> T | None:
    """What the word at `i` means in `vocabulary`, with or without Hebrew prefix letters."""
    if i >= len(tokens):
        return None
    token = tokens[i]
    if not token.hebrew:
        return vocabulary.get(token.word.removesuffix("'s"))
    return next((vocabulary[rest] for _, rest in peel(token.word) if rest in vocabulary), None)


def says(tokens: Tokens, i: int, said: str) -> bool:
    """Whether the word at `i` is `said`, with or without Hebrew prefix letters."""
    if i >= len(tokens) or not tokens[i].word.endswith(said):
        return False
    return any(rest == said for _, rest in peel(tokens[i].word))


def is_hebrew(tokens: Tokens, i: int) -> bool:
    return i < len(tokens) and tokens[i].hebrew


def year_at(tokens: Tokens, i: int) -> int | None:
    """The year that is written at `i`."""
    if i < len(tokens) and tokens[i].kind is Kind.NUMBER and len(tokens[i].text) == 4:
        year = int(tokens[i].text)
        return year if 1970 <= year <= 2100 else None
    return None
