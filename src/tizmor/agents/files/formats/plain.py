"""Markdown and plain text."""

from __future__ import annotations

from tizmor.agents.files.formats.encoding import decode
from tizmor.agents.files.formats.extracted import MAX_CHARACTERS, Extracted


def extract(content: bytes) -> Extracted:
    """The text as it is; lines end with a line feed."""
    text = decode(content)[:MAX_CHARACTERS]
    return Extracted(text=text.replace("\r\n", "\n").replace("\r", "\n"))
