"""Documents (light Markdown, or text as people type it) cut into what can be quoted.

A passage is one sentence, one list item or one table row, with the heading that it stands under.
Hard-wrapped lines are joined, markup is dropped, and a row carries its column's names, so that a
passage reads on its own.
"""

from __future__ import annotations

import enum
import itertools
import re
import unicodedata
from collections.abc import Sequence

import msgspec

_LONGEST_ITEM = 240
_WRAPPED_FROM = 60
_LONGEST_HEADING_WORDS = 8
_REMARK_WORDS = 4
_MAX_PASSAGES = 20_000

_HEADING = re.compile(r"\s{0,3}#{1,6}\s+(?P<text>.*)")
_LONGEST_HEADING = 300
_UNDERLINE = re.compile(r"\s{0,3}(?:={3,}|-{3,})\s*\Z")
_RULE = re.compile(r"\s{0,3}(?:[-*_]\s*){3,}\Z")
_FENCE = re.compile(r"\s{0,3}(?:```|~~~)")
_BOX = re.compile(r"\s*(?:[-*+]\s+)?\[(?P<mark>[ xXvV✓]?)\]\s+(?P<text>\S.*)")
_ITEM = re.compile(r"\s*(?:[-*+•–▪●]|\d{1,3}[.)]|[א-תa-z][.)])\s+(?P<text>\S.*)")
_SEPARATOR = re.compile(r"\|(?:\s*:?-{2,}:?\s*\|)+\s*\Z")
_LABEL = re.compile(
    r"\W{0,4}(?:date|time|place|location|from|to|cc|author|subject|status|version|attendees|present|"
    r"participants|absent|tags|תאריך|שעה|מקום|מאת|אל|נושא|משתתפים|נוכחים|חסרים|כותב|כתבה?|סטטוס|"
    r"גרסה|תגיות|הכינה?|owner|report|reviewed|מראיינת?|מרואיינת?)\b[^:]{0,20}:\W*\S|"
    r"\W{0,4}(?:prepared|presented|moderated|written|reviewed|observed) by\b",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+(?=\S)")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|mr|mrs|ms|dr|prof|vs|no|nr|approx|inc|ltd|co|st|fig|cf|ca)|"
    r"(?:^|\s)[a-zא-ת])\.\Z",
    re.IGNORECASE,
)
_ABBREVIATION_SEEN = 10
"""Characters: the longest abbreviation and what may stand before it."""
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_LINK = re.compile(r"!?\[([^\[\]\n]{0,300})\]\([^)\s\[]{0,1000}(?:\s+\"[^\"\[]{0,300}\")?\)")
_TAG = re.compile(r"</?[a-zA-Z][^>\n]{0,300}>")
_MARKUP = re.compile(r"\*{1,3}|_{2,3}|(?<!\w)_(?=\S)|(?<=\S)_(?!\w)|`+|~~")


class Kind(enum.StrEnum):
    """What a passage is in its document."""

    SENTENCE = "sentence"
    ITEM = "item"
    OPEN_BOX = "open_box"
    DONE_BOX = "done_box"
    ROW = "row"
    LABEL = "label"
    """A line that says something about the document: date, participants, subject."""


class Passage(msgspec.Struct, frozen=True, kw_only=True):
    """One quotable piece. Passages of one paragraph, item or row share their `block`."""

    text: str
    kind: Kind
    heading: str = ""
    block: int = 0
    source: str = ""


def passages(text: str, *, source: str = "") -> list[Passage]:
    """The passages of a document in order; at most 20,000. `source` is written into each."""
    cutter = _Cutter(source)
    lines = _COMMENT.sub("", text).splitlines()
    for index, line in enumerate(lines):
        cutter.feed(line, following=lines[index + 1] if index + 1 < len(lines) else "")
        if len(cutter.found) > _MAX_PASSAGES:
            break
    cutter.end_block()
    return cutter.found[:_MAX_PASSAGES]


def plain(text: str) -> str:
    """One line of text without markup and without invisible characters."""
    text = _TAG.sub("", _LINK.sub(r"\1", text))
    text = "".join(c for c in _MARKUP.sub("", text) if c.isspace() or not _is_invisible(c))
    return " ".join(text.split())


def sentences(text: str) -> list[str]:
    """`text` cut at the ends of its sentences."""
    found: list[list[str]] = []
    for piece in _SENTENCE_END.split(text):
        if found and (
            _ABBREVIATION.search(found[-1][-1][-_ABBREVIATION_SEEN:])
            or (piece[0].isascii() and piece[0].islower())
        ):
            found[-1].append(piece)
        else:
            found.append([piece])
    return [" ".join(pieces) for pieces in found]


def clip(text: str, length: int) -> str:
    """`text`, cut at a word's end to `length` characters with an ellipsis."""
    if len(text) <= length:
        return text
    return text[: length - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) in ("Cf", "Cc", "Co", "Cs")


class _Cutter:
    """Reads lines one after another; a block ends where another kind of line begins."""

    def __init__(self, source: str) -> None:
        self.found: list[Passage] = []
        self._source = source
        self._heading = ""
        self._block = 0
        self._lines: list[str] = []
        self._kind = Kind.SENTENCE
        self._in_code = False

    def feed(self, line: str, *, following: str) -> None:
        if _FENCE.match(line):
            self.end_block()
            self._in_code = not self._in_code
        elif self._in_code:
            return
        elif not line.strip():
            self.end_block()
        elif _UNDERLINE.match(line) and self._is_one_line():
            self._set_heading(self._lines.pop())
        elif _RULE.match(line):
            self.end_block()
        elif heading := _HEADING.match(line):
            self._set_heading(heading["text"].rstrip().rstrip("#"))
        elif line.lstrip().startswith("|"):
            self._begin(Kind.ROW, line.strip(), joins=self._kind is Kind.ROW)
        else:
            self._feed_text(line, following)

    def _feed_text(self, line: str, following: str) -> None:
        if box := _BOX.match(line):
            done = box["mark"].strip() != ""
            self._begin(Kind.DONE_BOX if done else Kind.OPEN_BOX, box["text"])
        elif item := _ITEM.match(line):
            self._begin(Kind.ITEM, item["text"])
        elif _LABEL.match(line):
            self._begin(Kind.LABEL, line)
        elif self._starts_section(line, following):
            self._set_heading(line.strip().rstrip(":"))
        else:
            self._begin(Kind.SENTENCE, line, joins=self._continues(line))

    def end_block(self) -> None:
        lines, self._lines = self._lines, []
        if lines:
            self._block += 1
            for text in self._texts(lines):
                self._add(text)
        self._kind = Kind.SENTENCE

    def _begin(self, kind: Kind, line: str, *, joins: bool = False) -> None:
        if not joins:
            self.end_block()
            self._kind = kind
        self._lines.append(line)

    def _set_heading(self, text: str) -> None:
        self.end_block()
        self._heading = clip(plain(text), _LONGEST_HEADING)

    def _is_one_line(self) -> bool:
        return len(self._lines) == 1 and self._kind is Kind.SENTENCE

    def _continues(self, line: str) -> bool:
        """Whether a line goes on with the block before: a paragraph, or an indented item."""
        if not self._lines:
            return False
        if self._kind in (Kind.ITEM, Kind.OPEN_BOX, Kind.DONE_BOX, Kind.LABEL):
            return line[0].isspace() or self._is_wrapped(line)
        return self._kind is Kind.SENTENCE

    def _is_wrapped(self, line: str) -> bool:
        last = self._lines[-1].rstrip()
        return len(last) >= _WRAPPED_FROM and not last.endswith((".", "!", "?", ":"))

    def _starts_section(self, line: str, following: str) -> bool:
        text = line.strip()
        if len(text.split()) > _LONGEST_HEADING_WORDS or not following.strip():
            return text.endswith(":") and len(text.split()) <= _LONGEST_HEADING_WORDS
        if text.endswith(":"):
            return True
        begins = not self._lines or self._lines[-1].rstrip().endswith((".", "!", "?"))
        is_followed = bool(_ITEM.match(following)) or len(following) >= _WRAPPED_FROM
        return begins and is_followed and text[-1].isalnum() and not any(map(str.isdigit, text))

    def _texts(self, lines: Sequence[str]) -> list[str]:
        match self._kind:
            case Kind.ROW:
                return _row_texts(lines)
            case Kind.SENTENCE:
                return [s for unit in _units(lines) for s in sentences(plain(unit))]
            case _:
                text = plain(" ".join(lines))
                return [text] if len(text) <= _LONGEST_ITEM else sentences(text)

    def _add(self, text: str) -> None:
        if any(c.isalnum() for c in text):
            self.found.append(
                Passage(
                    text=text,
                    kind=self._kind,
                    heading=self._heading,
                    block=self._block,
                    source=self._source,
                )
            )


def _units(lines: Sequence[str]) -> list[str]:
    """Lines of a paragraph: a long line was wrapped and goes on; short ones stand on their own."""
    units: list[list[str]] = []
    length_before = 0
    for line in lines:
        text = line.strip()
        goes_on = length_before >= _WRAPPED_FROM or (text[0].isascii() and text[0].islower())
        if units and goes_on:
            units[-1].append(text)
        else:
            units.append([text])
        length_before = len(text)
    return [" ".join(unit) for unit in units]


def _row_texts(lines: Sequence[str]) -> list[str]:
    """Table rows with their columns' names, or as plain cells when there is no header."""
    has_header = len(lines) > 1 and _SEPARATOR.match(lines[1]) is not None
    header = _cells(lines[0]) if has_header else []
    return [_row_text(header, _cells(line)) for line in (lines[2:] if has_header else lines)]


def _row_text(header: Sequence[str], cells: Sequence[str]) -> str:
    """'Staff: first half 470000; year 840000' where the first cell names the row, and
    'week: 1; site: Afula' where it doesn't. A remark beside its kind is 'Decision: …'."""
    names = itertools.chain(header, itertools.repeat(""))
    pairs = [(name, cell) for name, cell in zip(names, cells, strict=False) if cell]
    if not header or not pairs:
        return "; ".join(cell for _, cell in pairs)
    if len(pairs) == 2 and len(pairs[1][1].split()) >= _REMARK_WORDS:
        return f"{pairs[0][1]}: {pairs[1][1]}"
    if len(pairs) > 1 and not any(map(str.isdigit, cells[0])) and cells[0]:
        return f"{cells[0]}: " + "; ".join(f"{name} {cell}".strip() for name, cell in pairs[1:])
    return "; ".join(f"{name}: {cell}" if name else cell for name, cell in pairs)


def _cells(line: str) -> list[str]:
    return [plain(cell) for cell in line.strip().strip("|").split("|")]
