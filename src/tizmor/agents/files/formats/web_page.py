"""HTML: what a reader of the page sees, nothing of what is hidden from them."""

from __future__ import annotations

import re

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PreformattedString, Tag

from tizmor.agents.files.formats.encoding import decode
from tizmor.agents.files.formats.extracted import MAX_CHARACTERS, TOO_LARGE, Extracted, Unreadable
from tizmor.agents.files.formats.table import table

_MAX_BYTES = 5_000_000
_DECLARED = re.compile(rb"charset\s*=\s*[\"']?([\w-]+)", re.IGNORECASE)
_UNSEEN = ("script", "style", "template", "noscript", "head", "svg", "nav", "iframe", "object")
_HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0", re.IGNORECASE)
_BLOCKS = frozenset(
    ("p", "div", "section", "article", "ul", "ol", "br", "blockquote", "pre", "dd", "dt", "hr")
)
_HEADINGS = {f"h{level}": f"\n\n{'#' * level} " for level in range(1, 7)}


def extract(content: bytes) -> Extracted:
    """The visible text. Raises `Unreadable`."""
    if len(content) > _MAX_BYTES:
        raise Unreadable(TOO_LARGE)
    declared = _DECLARED.search(content[:2048])
    page = BeautifulSoup(
        decode(content, declared=declared[1].decode() if declared else ""), "html.parser"
    )
    title = page.title.get_text(" ", strip=True) if page.title else ""
    _drop_unseen(page)
    _flatten_tables(page)
    text = "".join(_pieces(page))
    text = re.sub(r"[^\S\n]+", " ", text)
    return Extracted(
        text=re.sub(r" ?\n ?(\n ?)+", "\n\n", text).strip()[:MAX_CHARACTERS], title=title
    )


def _drop_unseen(page: BeautifulSoup) -> None:
    unseen = page.find_all(_UNSEEN)
    hidden = page.find_all(
        lambda tag: tag.has_attr("hidden") or bool(_HIDING.search(str(tag.get("style", ""))))
    )
    for tag in [*unseen, *hidden]:
        tag.extract()


def _flatten_tables(page: BeautifulSoup) -> None:
    for element in page.find_all("table"):
        rows = [
            [cell.get_text(" ", strip=True) for cell in row.find_all(("th", "td"))]
            for row in element.find_all("tr")
        ]
        element.replace_with(NavigableString(f"\n\n{_GUARD}{table(rows)}{_GUARD}\n\n"))


_GUARD = "\x1e"
"""Stands around text whose line breaks are meant (a character that HTML forbids)."""


def _pieces(page: BeautifulSoup) -> list[str]:
    """The text in order. Iterates over descendants, since pages may be nested without end."""
    pieces: list[str] = []
    for node in page.descendants:
        if isinstance(node, Tag):
            if node.name in _HEADINGS:
                pieces.append(_HEADINGS[node.name])
            elif node.name == "li":
                pieces.append("\n- ")
            elif node.name in _BLOCKS:
                pieces.append("\n\n")
        elif isinstance(node, NavigableString) and not isinstance(node, PreformattedString):
            text = str(node)
            pieces.append(text.strip(_GUARD) if _GUARD in text else re.sub(r"\s+", " ", text))
    return pieces
