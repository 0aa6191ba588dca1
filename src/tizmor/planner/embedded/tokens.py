"""A request as tokens: words of two scripts, numbers, clocks, dates, files, marks.

Hebrew writes its conjunction, article and prepositions as letters before the word. Where such
letters stand before a number, a Latin word or a quotation mark they become the token's `prefix`;
before a Hebrew word they may as well be its first letters, so `peel` gives every reading.
"""

from __future__ import annotations

import enum
import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple

MAX_CHARACTERS = 20_000

_PREFIX_LETTERS = "ושהבלמכ"
_FINALS = str.maketrans("ךםןףץ", "כמנפצ")
_MARKS = str.maketrans(
    {"״": '"', "“": '"', "”": '"', "„": '"', "׳": "'", "’": "'", "‘": "'", "`": "'"}
    | dict.fromkeys("־‐‑–—", "-")
    | dict.fromkeys(map(chr, (*range(0x200B, 0x2010), *range(0x202A, 0x202F), 0xFEFF)), "")
    | dict.fromkeys(map(chr, (*range(0x0591, 0x05BE), 0x05BF, *range(0x05C1, 0x05C8))), "")
)

_EXTENSIONS = "pdf|docx?|txt|md|xlsx?|csv|pptx?|html?|eml|rtf|odt|json|ics"
_TOKEN = re.compile(
    rf"""
      (?P<email>[\w.+-]{{1,64}}@[\w-]{{1,63}}(?:\.[\w-]{{1,63}}){{1,5}})
    | (?P<file>[^\W_][\w./-]{{0,100}}\.(?:{_EXTENSIONS})(?!\w))
    | (?P<glue>[{_PREFIX_LETTERS}]{{1,3}}(?:-(?=[\w"])|(?=[\dA-Za-z])|(?="[^"\n]{{2,80}}")))
    | (?P<iso>\d{{4}}-\d{{2}}-\d{{2}}(?!\d))
    | (?P<clock>\d{{1,2}}:\d{{2}}(?!\d)(?:\s?[ap]\.?m\b\.?)?|\d{{1,2}}(?:\.\d\d)?\s?[ap]\.?m\b\.?)
    | (?P<date>\d{{1,2}}[./]\d{{1,2}}(?:[./]\d{{2,4}})?(?![\d/]))
    | (?P<ordinal>\d{{1,2}}(?:st|nd|rd|th)(?!\w))
    | (?P<number>\d{{1,9}})
    | (?P<word>[א-ת]{{1,4}}'(?![א-ת])
        | [א-ת]+(?:'[א-ת]+)*(?:"[א-ת]{{1,3}}(?![א-ת"]))?
        | [^\W\d_א-ת](?:[^\W_א-ת]|['-](?=[^\W\d_א-ת]))*)
    | (?P<mark>[^\w\s]|_)
    """,
    re.VERBOSE | re.IGNORECASE,
)


class Kind(enum.StrEnum):
    """What a token is written as; the names are the groups of the pattern above."""

    GLUE = "glue"
    """Hebrew prefix letters before something else; never leaves this module."""
    EMAIL = "email"
    FILE = "file"
    ISO = "iso"
    CLOCK = "clock"
    DATE = "date"
    ORDINAL = "ordinal"
    NUMBER = "number"
    WORD = "word"
    MARK = "mark"


class Token(NamedTuple):
    """One token. `word` is `text` in lower case with final letters folded, for look-up."""

    text: str
    word: str
    kind: Kind
    start: int
    end: int
    prefix: str = ""
    quoted: int = 0
    """Which quotation the token stands in, from 1; 0 is none."""
    lead: int = 0
    """Where the token begins in the text, its prefix letters included."""

    @property
    def capitalized(self) -> bool:
        return self.text[:1].isupper()

    @property
    def hebrew(self) -> bool:
        return "א" <= self.text[:1] <= "ת"


def clean(text: str) -> str:
    """`text` without points, direction marks and typographic variants, at most 20,000 long."""
    return unicodedata.normalize("NFC", text[:MAX_CHARACTERS].translate(_MARKS))


def fold(word: str) -> str:
    """The form by which words are compared: lower case, no final letters."""
    return word.lower().translate(_FINALS)


def tokenize(text: str) -> list[Token]:
    """The tokens of a cleaned text, in order. Linear in its length."""
    return list(_quotations(_glued(text)))


def language(text: str) -> str:
    """`he` or `en`, by the script of most letters."""
    hebrew = sum("א" <= c <= "ת" for c in text)
    latin = sum(c.isascii() and c.isalpha() for c in text)
    return "he" if hebrew >= latin and hebrew else "en"


def peel(word: str) -> Iterator[tuple[str, str]]:
    """Readings of a folded Hebrew word as (prefix letters, rest), the whole word first."""
    yield "", word
    for i in range(1, min(4, len(word) - 1)):
        if word[i - 1] not in _PREFIX_LETTERS:
            return
        yield word[:i], word[i:]


def surface(tokens: Sequence[Token], text: str) -> str:
    """What the request literally says over consecutive tokens, prefix letters included."""
    return text[tokens[0].lead : tokens[-1].end] if tokens else ""


def _glued(text: str) -> Iterator[Token]:
    prefix, lead = "", -1
    for match in _TOKEN.finditer(text):
        kind, said = Kind(match.lastgroup or "mark"), match.group()
        if kind is Kind.GLUE:
            prefix, lead = said.rstrip("-"), match.start()
            continue
        start = match.start()
        yield Token(
            said, fold(said), kind, start, match.end(), prefix, lead=start if lead < 0 else lead
        )
        prefix, lead = "", -1


def _quotations(tokens: Iterator[Token]) -> Iterator[Token]:
    """Quotation marks leave the stream; what stood between two of them knows its quotation."""
    listed = list(tokens)
    marks = [i for i, t in enumerate(listed) if t.text == '"']
    opening = dict(zip(marks[::2], marks[1::2], strict=False))
    number = until = 0
    before: Token | None = None
    for i, token in enumerate(listed):
        if i in opening:
            number, until, before = number + 1, opening[i], token
        elif token.text != '"':
            prefixed = before is not None and bool(before.prefix)
            yield token._replace(
                quoted=number if i < until else 0,
                prefix=before.prefix if before and prefixed else token.prefix,
                lead=before.lead if before and prefixed else token.lead,
            )
            before = None
