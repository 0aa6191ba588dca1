"""What a short text in free words asks for, as a key that decides whether two ask the same."""

from __future__ import annotations


def meaning(text: str) -> str | None:
    return None
