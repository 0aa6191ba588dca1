"""HTML: what a reader of the page sees, nothing of what is hidden from them.

The page is read as a stream of tags by libxml2, whose tokenizer is that of HTML5 (WHATWG, 13.2.5).
No tree is built and nothing is looked at twice, so that the time grows with the page's length only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from lxml import etree

from tizmor.agents.files.formats.encoding import decode
from tizmor.agents.files.formats.extracted import (
    MAX_CHARACTERS,
    TOO_DEEP,
    TOO_LARGE,
    Extracted,
    Unreadable,
)
from tizmor.agents.files.formats.table import table

_MAX_BYTES = 5_000_000
_MAX_DEPTH = 1_000
"""The parser looks for what an end tag closes among all that is open."""
_CHUNK = 65_536
_DECLARED = re.compile(rb"charset\s*=\s*[\"']?([\w-]+)", re.IGNORECASE)
_UNSEEN = frozenset(
    ("script", "style", "template", "noscript", "head", "svg", "nav", "iframe", "object")
)
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?:\.0+)?(?![\d.])", re.IGNORECASE
)
_BLOCKS = frozenset(
    ("p", "div", "section", "article", "ul", "ol", "br", "blockquote", "pre", "dd", "dt", "hr")
)
_HEADINGS = {f"h{level}": f"\n\n{'#' * level} " for level in range(1, 7)}


def extract(content: bytes) -> Extracted:
    """The visible text. Raises `Unreadable`."""
    if len(content) > _MAX_BYTES:
        raise Unreadable(TOO_LARGE)
    declared = _DECLARED.search(content[:2048])
    page = _read(decode(content, declared=declared[1].decode() if declared else ""))
    text = re.sub(r"[^\S\n]+", " ", page.text())
    return Extracted(
        text=re.sub(r" ?\n ?(\n ?)+", "\n\n", text).strip()[:MAX_CHARACTERS], title=page.title
    )


def _read(text: str) -> _Page:
    page = _Page()
    parser = etree.HTMLParser(target=page, huge_tree=True, encoding="utf-8")
    content = text.encode(errors="replace")
    for start in range(0, len(content), _CHUNK):
        parser.feed(content[start : start + _CHUNK])
    parser.close()
    return page


class _Table:
    """A table while it is read: `place` is where it will stand among the pieces."""

    def __init__(self, place: int) -> None:
        self.place = place
        self.rows: list[list[list[str]]] = []
        self.is_in_cell = False

    def begin_cell(self) -> None:
        if not self.rows:
            self.rows.append([])
        self.rows[-1].append([])
        self.is_in_cell = True

    def text(self) -> str:
        rows = [["".join(cell) for cell in row] for row in self.rows]
        return f"\n\n{table(rows)}\n\n"


class _Page:
    """Takes tags and text in the order of the page (lxml's parser target interface).

    A table within a table stands after it, as a table of its own.
    """

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._tables: list[_Table] = []
        self._title: list[str] | None = None
        self._is_in_title = False
        self._depth = 0
        self._hidden_from: int | None = None

    @property
    def title(self) -> str:
        return " ".join("".join(self._title or ()).split())

    def text(self) -> str:
        return "".join(self._pieces)

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise Unreadable(TOO_DEEP)
        if tag == "title" and self._title is None:
            self._title, self._is_in_title = [], True
        if self._hidden_from is None and _is_unseen(tag, attributes):
            self._hidden_from = self._depth
        if self._hidden_from is None:
            self._begin(tag)

    def end(self, tag: str) -> None:
        if self._hidden_from is None:
            self._end(tag)
        elif self._hidden_from == self._depth:
            self._hidden_from = None
        if tag == "title":
            self._is_in_title = False
        self._depth -= 1

    def data(self, text: str) -> None:
        if self._is_in_title and self._title is not None:
            self._title.append(text)
        if self._hidden_from is None:
            self._write(re.sub(r"\s+", " ", text))

    def close(self) -> None:
        while self._tables:
            self._end("table")

    def _begin(self, tag: str) -> None:
        within = self._tables[-1] if self._tables else None
        if tag == "table":
            self._tables.append(_Table(len(self._pieces)))
            self._pieces.append("")
        elif tag == "tr" and within:
            within.rows.append([])
        elif tag in ("td", "th") and within:
            within.begin_cell()
        else:
            self._write(_mark(tag))

    def _end(self, tag: str) -> None:
        if tag == "table" and self._tables:
            done = self._tables.pop()
            self._pieces[done.place] = done.text()
        elif tag in ("td", "th") and self._tables:
            self._tables[-1].is_in_cell = False

    def _write(self, piece: str) -> None:
        if self._tables and self._tables[-1].is_in_cell:
            self._tables[-1].rows[-1][-1].append(piece if piece[:1] != "\n" else " ")
        else:
            self._pieces.append(piece)


def _mark(tag: str) -> str:
    """What the beginning of an element is in the text."""
    if tag == "li":
        return "\n- "
    return _HEADINGS.get(tag, "\n\n" if tag in _BLOCKS else "")


def _is_unseen(tag: str, attributes: Mapping[str, str]) -> bool:
    return (
        tag in _UNSEEN
        or "hidden" in attributes
        or _HIDING.search(attributes.get("style", "")) is not None
    )
